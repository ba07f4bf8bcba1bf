"""The front page: a complete list without its script; with it a way to find and compare, inert whatever names hold."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest
from invented_release import DISTRICT, NAMES, ROOT, STATE, TYPICAL, YEAR, invented_cells

from partnerlib.disclosure.audit.pages import Page, read_page
from partnerlib.disclosure.audit.traces import untraced
from partnerlib.reports.comparison import as_data, numbers_of_units
from partnerlib.reports.constants import constants
from partnerlib.reports.index import index_page
from partnerlib.reports.record import DONE, FAILED, NOTHING, Entry
from partnerlib.reports.script import script, script_hash

PLACES = f"{DISTRICT} 42.100 -71.300\n97020000 42.300 -71.600"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HOSTILE = [
    "</script><script>document.title='run'</script>",
    "<!--<script>",
    '"><img src=x onerror="document.title=1">',
    "\u202eعربي reversed\u2066",
    "e\u0301\u0302\u0303" * 30,
    "{{ 7 * 7 }}",
    "x" * 4000,
]


def entry(kind: str, code: str, name: str, outcome: str = DONE) -> Entry:
    path = f"{kind}/{code}-page.html"
    made = ["html"] if outcome != DONE else ["html", "pdf", "docx", "xlsx", "csv"]
    reason = "" if outcome == DONE else "Every number about it is withheld to protect people."
    return Entry(kind, code, name, path, outcome, reason, files={path.replace("html", end): "0" for end in made})


def entries() -> list[Entry]:
    return [entry(kind, code, name) for (kind, code), name in NAMES.items()]


def front(listed: list[Entry] | None = None, cells: pd.DataFrame | None = None) -> str:
    return index_page(
        entries() if listed is None else listed, YEAR, True, "", invented_cells() if cells is None else cells, PLACES
    )


def read(html: str) -> Page:
    return read_page(html, frozenset((script_hash(),)))


def findings(html: str, listed: list[Entry]) -> list[str]:
    pages = [("index.html", read(html)), *((found.path, Page()) for found in listed)]
    return [str(found) for found in untraced(pages, invented_cells(), constants(ROOT / "notebooks" / "reports"))]


def data_of(html: str) -> dict:
    found = re.search(r'<script type="application/json" id="numbers">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def test_without_its_script_the_list_is_complete_with_every_file_of_every_page() -> None:
    html = re.sub(r"<script.*?</script>", "", front(), flags=re.DOTALL)
    for listed in entries():
        for path in listed.files:
            assert f'href="{path}"' in html
    assert "<input" not in html and "<select" not in html, "controls that do nothing without the script"


def test_a_page_without_a_result_says_why_and_offers_only_the_files_it_has() -> None:
    listed = [entry("provider", TYPICAL, "A", NOTHING), entry("district", DISTRICT, "B", FAILED)]
    html = front(listed)
    assert html.count("withheld to protect people.") >= 2 and ".pdf" not in html


def test_every_number_of_the_page_and_of_its_data_is_read_back_from_the_release() -> None:
    html = front()
    page = read(html)
    assert page.problems == [] and findings(html, entries()) == []
    cells = [words for words in page.words if words.place == "data of <script>" and words.cell]
    assert len(cells) > 60


def test_data_hold_no_text_of_units_that_are_not_listed() -> None:
    listed = [entry("review", TYPICAL, "A view"), entry("provider", TYPICAL, NAMES["provider", TYPICAL])]
    html = front(listed)
    assert findings(html, listed) == []
    assert [unit[:2] for unit in data_of(html)["units"]] == [["state", STATE], ["provider", TYPICAL]]


def changed(html: str, change: object) -> str:
    content = data_of(html)
    change(content)  # type: ignore[operator]
    start, end = html.index('id="numbers">') + 13, html.rindex("</script>\n<script>")
    return f"{html[:start]}{as_data(content)}{html[end:]}"


def test_a_number_changed_in_the_data_is_told() -> None:
    def other(content: dict) -> None:
        place = next(place for place, text in enumerate(content["texts"]) if re.search(r"\d", text))
        content["texts"][place] = content["texts"][place].replace("5", "7").replace("2", "9") + " 4"

    assert any("data of <script>" in found for found in findings(changed(front(), other), entries()))


def test_a_number_under_the_name_of_another_unit_is_told() -> None:
    assert findings(changed(front(), swapped_codes), entries())


def swapped_codes(content: dict) -> None:
    """The numbers of a provider under the code of a district."""
    units = {unit[0]: unit for unit in content["units"] if unit[4]}
    units["provider"][1], units["provider"][0] = units["district"][1], "district"


def test_a_number_that_no_unit_uses_is_told() -> None:
    told = findings(changed(front(), lambda content: content["texts"].append("41.7%")), entries())
    assert any("41.7%" in found for found in told)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(rows=[1]),
        lambda content: content["units"][0][4].append(3),
        lambda content: content["units"][0].append({"name": "hidden"}),
        lambda content: content["units"][0][4].__setitem__(0, -1),
        lambda content: content["texts"].__setitem__(1, 17),
    ],
)
def test_data_of_another_shape_are_a_problem(change: object) -> None:
    assert read(changed(front(), change)).problems == ["data of a shape no page has"]


def test_another_script_or_the_same_on_a_page_that_may_hold_none_is_a_problem() -> None:
    html = front()
    assert len(read_page(html).problems) == 2
    assert read(html.replace('"use strict";', '"use  strict";')).problems
    assert read(html.replace("<script>", '<script src="index.js">')).problems
    assert read(html[: html.rindex("</script>")]).problems


def test_only_the_hash_of_the_script_is_allowed_to_run() -> None:
    html = front()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)
    assert policy and f"script-src '{script_hash()}'" in policy[1].replace("&#39;", "'")
    assert "unsafe-inline" not in policy[1].replace("style-src 'unsafe-inline'", "").split("script-src")[1]
    assert not re.search(r"innerHTML|insertAdjacent|document\.write|eval\(|Function\(|fetch\(|import\(", script())
    assert "</script" not in script() and "<!--" not in script()


def test_names_that_are_markup_stay_names() -> None:
    listed = [entry("provider", f"8900000{place}", name) for place, name in enumerate(HOSTILE)]
    page = read(front(listed))
    assert page.problems == []
    names = [unit[2] for unit in data_of(front(listed))["units"]]
    assert [name for name in HOSTILE[:2] if name in names]


def shown(folder: Path, html: str, address: str, name: str = "index.html") -> str:
    """What a browser makes of the page, script and all, as text of its elements."""
    assert CHROMIUM
    (folder / name).write_text(html, encoding="utf-8")
    found = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
         f"--user-data-dir={folder / 'browser'}", "--dump-dom", f"{(folder / name).as_uri()}{address}"],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return found.stdout


in_a_browser = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium")


@in_a_browser
def test_in_a_browser_a_page_is_found_by_its_name(tmp_path: Path) -> None:
    listed = [*entries(), *(entry("provider", f"891000{place:02d}", f"Collège {place}") for place in range(5))]
    found = shown(tmp_path, front(listed), "#find=college%203")
    assert f">1 of {len(listed)} pages<" in found, "accents and capitals are no difference"
    assert re.search(r'<tr role="row"[^>]*hidden=""', found)


@in_a_browser
def test_in_a_browser_two_units_stand_side_by_side_with_the_state(tmp_path: Path) -> None:
    found = shown(tmp_path, front(), f"#compare=provider:{TYPICAL},district:{DISTRICT}")
    table = found[found.index("numbers compared") :]
    head = re.findall(r'<th scope="col">(.*?)</th>', table[: table.index("</thead>")])
    assert len(head) == 4 and "Harbor &amp; Hill &lt;College&gt;" in head[1] and "Northmoor" in head[2]
    numbers = re.search(r"Candidates placed</span>.*?</tr>", table, re.DOTALL)
    assert numbers and re.findall(r'class="value">([^<]*)<', numbers[0]) == ["130", "60", "2,400"]


@in_a_browser
def test_in_a_browser_hostile_names_run_nothing(tmp_path: Path) -> None:
    cells = invented_cells()
    typical = cells[(cells["unit_kind"] == "provider") & (cells["unit_code"] == TYPICAL)]
    listed = [entry("provider", f"8900000{place}", name) for place, name in enumerate(HOSTILE, 1)]
    more = pd.concat([cells[cells["unit_kind"] == "state"], *(
        typical.assign(unit_code=found.unit_code, unit_name=found.unit_name) for found in listed)])  # fmt: skip
    found = shown(tmp_path, front(listed, more), "#compare=provider:89000001,provider:89000003")
    assert "<title>Preparation partnerships" in found, "a name set the title"
    assert '<img src="x"' not in found
    assert found.count("<script") == 2 and "numbers compared" in found


@in_a_browser
def test_in_a_browser_a_thousand_pages_are_there_at_once(tmp_path: Path) -> None:
    cells = invented_cells()
    typical = cells[(cells["unit_kind"] == "provider") & (cells["unit_code"] == TYPICAL)]
    codes = [f"{89100000 + place}" for place in range(1000)]
    listed = [entry("provider", code, f"College {code}") for code in codes]
    rows = pd.concat([cells[cells["unit_kind"] == "state"], *(typical.assign(unit_code=code) for code in codes)])
    html = front(listed, rows)
    began = time.monotonic()
    found = shown(tmp_path, html, "#find=89100777")
    assert ">1 of 1000 pages<" in found
    assert time.monotonic() - began < 30 and len(html) < 3_000_000


def test_numbers_are_told_once_and_the_newest_and_pooled_only() -> None:
    content = numbers_of_units(invented_cells(), entries())
    assert len(content["texts"]) == len(set(content["texts"]))
    windows = {tuple(unit[4][at + 1 : at + 3]) for unit in content["units"] for at in range(0, len(unit[4]), 5)}
    assert {window for _, window in windows} == {1, 3}
