"""Pages in a real browser: axe finds nothing, no text runs, keys reach everything, a phone shows it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Tab, browser
from invented_page import invented_page, report_page
from invented_release import DISTRICT, NAMES, PAIR, STATE, TINY, TYPICAL, YEAR
from payloads import FORMULAS, SCRIPTS, STRANGE

from partnerlib.disclosure.sealed import read_release
from partnerlib.display.keys import key_of
from partnerlib.reports.drawn import UNIT_OF
from partnerlib.reports.formats import write
from partnerlib.reports.index import index_page
from partnerlib.reports.page import html_of, notice_page
from partnerlib.reports.plan import Page
from partnerlib.reports.record import DONE, Entry

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")

KINDS = {"provider": TYPICAL, "district": DISTRICT, "partnership": PAIR, "state": STATE, "review": TYPICAL,
         "advisory": DISTRICT}  # fmt: skip
WINDOWS = {"desktop": (1200, False), "phone, dark": (390, True)}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def front(release_file: Path) -> str:
    """The front page of the invented release: a unit of every kind, with its files and key number."""
    release, places = read_release(release_file), f"{DISTRICT} 42.100 -71.300"
    key = {"value": "130", "title": "Candidates placed", "cohort": "2017-18"}
    cells = release.cells[release.cells["measure"] == "candidates_placed"]
    keys = {row["unit_code"]: key_of(row) for row in cells.to_dict("records")}
    entries = [
        Entry(kind, code, NAMES[UNIT_OF.get(kind, kind), code], f"{kind}.html", DONE,
              key_number={**key, "key": keys[code]}, files={f"{kind}.{end}": "0" for end in ("html", "csv")})
        for kind, code in KINDS.items()
    ]  # fmt: skip
    return index_page(entries, YEAR, True, "", release.cells, places)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, release_file: Path) -> dict[str, Path]:
    """A page of every kind, each from its own notebook, and one that says why there is nothing."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "index.html").write_text(front(release_file), encoding="utf-8")
    for kind, code in KINDS.items():
        write(report_page(kind, code, release_file), folder / f"{kind}.html", ["html"])
    tiny = Page("provider", TINY, "Cranberry Residency", "Every number about it is withheld to protect people.")
    notice = notice_page("Provider report", tiny, "2017-18", "nothing to report", tiny.reason_for_nothing, True)
    (folder / "notice.html").write_text(notice, encoding="utf-8")
    return {file.stem: file for file in folder.iterdir()}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", [*KINDS, "notice", "index"])
def test_axe_finds_nothing_on_any_kind_of_page(kind: str, window: str, pages: dict[str, Path], tab: Tab) -> None:
    width, dark = WINDOWS[window]
    tab.open(pages[kind], width, dark=dark)
    tab.value("document.querySelectorAll('figure details, #compare').forEach(each => each.open = true)")
    assert tab.violations() == []
    assert tab.value("document.documentElement.scrollWidth") <= width


def test_no_text_runs_fetches_or_becomes_an_element(tmp_path: Path, tab: Tab) -> None:
    """Every payload in every field of a page: as many elements as without, nothing said, nothing asked for."""
    shape = "[...document.querySelectorAll('*')].map(each => each.tagName).join()"
    page = tmp_path / "page.html"
    page.write_text(html_of(invented_page("A")), encoding="utf-8")
    tab.open(page)
    plain = tab.value(shape)
    for payload in [*SCRIPTS, *FORMULAS, *(text for text in STRANGE.values() if text)]:
        page.write_text(html_of(invented_page(payload)), encoding="utf-8", errors="strict")
        tab.open(page)
        assert tab.value("typeof pwned") == "undefined", payload
        assert tab.value(shape) == plain, payload
        assert not tab.said("Page.javascriptDialogOpening"), payload
        asked = {event["params"]["request"]["url"][:5] for event in tab.said("Network.requestWillBeSent")}
        assert asked <= {"file:", "data:"}, payload


def test_a_page_of_long_names_needs_no_sideways_scroll_on_a_phone(tmp_path: Path, tab: Tab) -> None:
    for name in ("four thousand letters without a blank", "combining characters", "from right to left"):
        page = tmp_path / "page.html"
        page.write_text(html_of(invented_page(STRANGE[name])), encoding="utf-8")
        tab.open(page, 390)
        assert tab.value("document.documentElement.scrollWidth") <= 390, name


REACHED = """
(() => { const all = [...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
  .filter(each => each.checkVisibility({contentVisibilityAuto: true}));
  return all.length })()
"""
HERE = "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')].indexOf(document.activeElement)"


KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowDown": 40, " ": 32}


def press(tab: Tab, key: str) -> None:
    text = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
    for kind in ("keyDown" if text else "rawKeyDown", "keyUp"):
        tab.ask("Input.dispatchKeyEvent", type=kind, key=key, code="Space" if key == " " else key,
                windowsVirtualKeyCode=KEYS[key], **(text if kind == "keyDown" else {}))  # fmt: skip


def test_the_tab_key_reaches_everything_and_enter_opens_it(tmp_path: Path, tab: Tab) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_of(invented_page()), encoding="utf-8")
    tab.open(page)
    count, found = tab.value(REACHED), set()
    for _ in range(count + 2):
        press(tab, "Tab")
        found.add(tab.value(HERE))
    assert len(found - {-1}) == count > 12
    tab.value("document.querySelector('summary').focus()")
    press(tab, "Enter")
    assert tab.value("document.querySelector('details').open")


def test_a_link_to_how_a_number_was_made_leads_there(tmp_path: Path, tab: Tab) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_of(invented_page()), encoding="utf-8")
    tab.open(page)
    missing = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
    assert tab.value(f"{missing}.length") == 0 and tab.value("document.querySelectorAll('a.how').length") == 1


FOCUS = "(e => e.id || e.getAttribute('aria-label') || e.textContent.trim())(document.activeElement)"


def tabbed_to(tab: Tab, name: str, most: int = 60) -> int:
    """How often the tab key is pressed until the focus is where it should be."""
    for count in range(1, most):
        press(tab, "Tab")
        if tab.value(FOCUS).startswith(name):
            return count
    raise AssertionError(f"the tab key never reaches {name}")


def test_the_front_page_is_searched_filtered_and_compared_by_keys_alone(pages: dict[str, Path], tab: Tab) -> None:
    tab.open(pages["index"])
    shown = "document.querySelector('output').textContent"
    everything = tab.value(shown)
    assert tabbed_to(tab, "search") <= 12, "the search stands behind the links of the contents and before the lists"
    tab.ask("Input.insertText", text="northmoor")
    found = tab.value(shown)
    assert found != everything and found.startswith("3 of 6"), found
    press(tab, "Enter")
    assert tab.value(shown) == found and tab.value("location.pathname").endswith("index.html"), "Enter sent the form"
    press(tab, "Escape")
    assert tab.value(shown) == everything and tab.value(FOCUS) == "search"
    tabbed_to(tab, "show-provider")
    press(tab, " ")
    assert tab.value(shown).startswith("5 of 6") and tab.value("document.getElementById('provider').hidden")
    press(tab, " ")
    tabbed_to(tab, "Compare two units")
    press(tab, "Enter")
    assert tab.value("document.getElementById('compare').open")
    for name, downs in (("compare-first", 1), ("compare-second", 2)):
        tabbed_to(tab, name, 3)
        for _ in range(downs):
            press(tab, "ArrowDown")
    assert "side by side" in tab.value("document.querySelector('#compare [role=status]').textContent")
    tabbed_to(tab, "Address of this comparison", 3)
    press(tab, "Escape")
    assert not tab.value("document.getElementById('compare').open") and tab.value(FOCUS) == "Compare two units"
    tabbed_to(tab, "State")
    tab.events.clear()
    press(tab, "Enter")
    tab.wait_for_load()
    assert tab.value("location.pathname").endswith("/state.html")


def test_key_numbers_of_the_front_page_name_their_cells(pages: dict[str, Path], tab: Tab) -> None:
    tab.open(pages["index"])
    numbers = "[...document.querySelectorAll('table.index .value')]"
    assert tab.value(f"{numbers}.length") == len(KINDS)
    assert tab.value(f"{numbers}.every(each => each.dataset.cell.split(' ').length > 2)")
