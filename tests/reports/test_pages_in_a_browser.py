"""Pages in a real browser: axe finds nothing, no text runs, keys reach everything, a phone shows it all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, Tab, browser
from invented_page import invented_page, report_page
from invented_release import DISTRICT, PAIR, STATE, TINY, TYPICAL
from payloads import FORMULAS, SCRIPTS, STRANGE

from partnerlib.reports.formats import write
from partnerlib.reports.page import html_of, notice_page
from partnerlib.reports.plan import Page

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed")

KINDS = {"provider": TYPICAL, "district": DISTRICT, "partnership": PAIR, "state": STATE, "review": TYPICAL,
         "advisory": DISTRICT}  # fmt: skip
WINDOWS = {"desktop": (1200, False), "phone, dark": (390, True)}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory, release_file: Path) -> dict[str, Path]:
    """A page of every kind, each from its own notebook, and one that says why there is nothing."""
    folder = tmp_path_factory.mktemp("pages")
    for kind, code in KINDS.items():
        write(report_page(kind, code, release_file), folder / f"{kind}.html", ["html"])
    tiny = Page("provider", TINY, "Cranberry Residency", "Every number about it is withheld to protect people.")
    notice = notice_page("Provider report", tiny, "2017-18", "nothing to report", tiny.reason_for_nothing, True)
    (folder / "notice.html").write_text(notice, encoding="utf-8")
    return {file.stem: file for file in folder.iterdir()}


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kind", [*KINDS, "notice"])
def test_axe_finds_nothing_on_any_kind_of_page(kind: str, window: str, pages: dict[str, Path], tab: Tab) -> None:
    width, dark = WINDOWS[window]
    tab.open(pages[kind], width, dark=dark)
    tab.value("document.querySelectorAll('figure details').forEach(each => each.open = true)")
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


def press(tab: Tab, key: str, code: int) -> None:
    for kind in ("rawKeyDown", "char", "keyUp"):
        text = {"text": "\r"} if key == "Enter" else {}
        tab.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)


def test_the_tab_key_reaches_everything_and_enter_opens_it(tmp_path: Path, tab: Tab) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_of(invented_page()), encoding="utf-8")
    tab.open(page)
    count, found = tab.value(REACHED), set()
    for _ in range(count + 2):
        press(tab, "Tab", 9)
        found.add(tab.value(HERE))
    assert len(found - {-1}) == count > 12
    tab.value("document.querySelector('summary').focus()")
    press(tab, "Enter", 13)
    assert tab.value("document.querySelector('details').open")


def test_a_link_to_how_a_number_was_made_leads_there(tmp_path: Path, tab: Tab) -> None:
    page = tmp_path / "page.html"
    page.write_text(html_of(invented_page()), encoding="utf-8")
    tab.open(page)
    missing = "[...document.querySelectorAll('a[href^=\"#\"]')].filter(a => !document.getElementById(a.hash.slice(1)))"
    assert tab.value(f"{missing}.length") == 0 and tab.value("document.querySelectorAll('a.how').length") == 1
