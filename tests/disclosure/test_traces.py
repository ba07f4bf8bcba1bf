"""Every number of a page is a printed one of its units, a year, a code or a fixed phrase; any other is told."""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from invented_cells import DISTRICT, PAIR, PROVIDER, TINY, invented_cells

from partnerlib.disclosure.audit import traces
from partnerlib.disclosure.audit.pages import read_page
from partnerlib.disclosure.audit.traces import Traces, of_remarks, untraced
from partnerlib.display.printed import detail, printed

CONSTANTS = ("A share of 3 in 4 is usual.", "in each of 12 months", "after 1, 2 or 3 years")
PATH = f"provider/{PROVIDER}-universite.html"


def told(body: str, path: str = PATH, cells: pd.DataFrame | None = None) -> list[str]:
    """What cannot be traced on a page with this body."""
    page = read_page(f"<html><head><title>A page</title></head><body><h1>A page</h1>{body}</body></html>")
    return [str(each) for each in untraced([(path, page)], invented_cells() if cells is None else cells, CONSTANTS)]


COUNT, SHARE, MEAN = (f"{name} provider:{PROVIDER} 2017 1" for name in ("completers_counted", "employed", "distance"))
STATES = "completers_counted state:00000000 2017 1"
PAIRS = f"completers_counted partnership:{PAIR} 2017 1"


def of(cell: str, text: str, tag: str = "td") -> str:
    """An element that prints a cell."""
    return f'<{tag} data-cell="{cell}">{text}</{tag}>'


CLEAN = {
    "an exact count": of(COUNT, "130"),
    "a count of the state": of(STATES, "2,400"),
    "a count of a partnership in a sentence": f"<p>{of(PAIRS, '40', 'span')} of them with Northmoor</p>",
    "a band": of(SHARE, "60–70%"),
    "an interval": of(SHARE, "60–70% (interval 52–84%)"),
    "a rounded size": of(SHARE, "<b>60–70%</b> <small>about 130 people</small>"),
    "a mean": of(MEAN, "13"),
    "a figure's own numbers in its words": f'<figure><img alt="Hired 60–70%, about 130 people" src="">'
    f"<table><tr><td>Hired</td>{of(SHARE, '60–70%')}</tr></table></figure>",
    "a school year and a span": "<p>2016-17, and 2014-15 to 2016–17</p>",
    "a year": "<p>October 2017</p>",
    "a code": f'<p>{PROVIDER} and {PAIR}</p><a href="../index.html">all</a>',
    "another format of the page": f'<a href="{PROVIDER}-universite.pdf" download>PDF</a>',
    "a sample": "<p>completers-00000000</p>",
    "words of the templates": "<p>A share of 3 in 4 is usual.</p>",
    "a phrase of the templates": "<p>Counted in each of 12 months of 2017.</p>",
    "a link to a section": '<a href="#section-2">Hiring</a><section id="section-2"></section>',
    "the size of a picture": '<td colspan="3" width="640">x</td>',
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=list(CLEAN))
def test_a_printed_number_is_traced(body: str) -> None:
    assert [each for each in told(body) if "src of" not in each] == []


PLANTED = {
    "a count nobody prints": of(COUNT, "7"),
    "an exact share in a band": of(SHARE, "64%"),
    "the middle of a band": of(SHARE, "65%"),
    "a percent that is a count elsewhere": of(SHARE, "13%"),
    "a count that is a percent elsewhere": of(COUNT, "70"),
    "one end of an interval": of(SHARE, "84%"),
    "an interval of two cells": of(SHARE, "60–84%"),
    "an edge that is none of an end band": of(SHARE, "under 60%"),
    "a size printed as exact": of(SHARE, "about 128 people"),
    "a mean as a size": of(MEAN, "13 people"),
    "more digits than are printed": of(MEAN, "13.04"),
    "a thousand more": of(STATES, "12,400"),
    "a number of another provider": of(f"completers_counted provider:{TINY} 2017 1", "12"),
    "a number of another district": of("completers_counted district:97010000 2017 1", "60"),
    "a released number without its cell": "<td>130</td>",
    "a released number in a sentence without its cell": "<p>130 completers</p>",
    "a number of another cell of the page": of(MEAN, "130"),
    "a count of the state under the provider's name": of(COUNT, "2,400"),
    "a cell that is not there": of("completers_counted provider:89000001 2016 1", "130"),
    "a cell within a cell": of(COUNT, of(SHARE, "60–70%", "span")),
    "a cell that says more than its numbers": of(COUNT, "130, seven of them men"),
    "a year in a count's place": of(COUNT, "2017"),
    "a digit before a quoted number": f"<p>1{of(COUNT, '130', 'span')}</p>",
    "a digit after a quoted number": f"<p>{of(COUNT, '130', 'span')}7</p>",
    "a number beside a quoted one": f"<p>{of(COUNT, '130', 'span')} of 7</p>",
    "a number of a withheld cell": of(f"employed provider:{TINY} 2017 1", "60–70%"),
    "a number of the page in a figure that does not draw it": f"<figure><img alt='130' src=''><table><tr>"
    f"{of(SHARE, '60–70%')}</tr></table></figure>{of(COUNT, '130')}",
    "another unit's code with a digit more": "<td>890000021</td>",
    "an alternative text": '<img alt="7 of them stayed" src="">',
    "an attribute": '<td data-n="7">x</td>',
    "an attribute of our own": '<p people="7">x</p>',
    "a tooltip": '<span title="7 withheld">✱</span>',
    "a label": '<div aria-label="rests on 7 people"></div>',
    "a column's name": '<td data-head="Value (n=7)">x</td>',
    "a class": '<p class="n7">x</p>',
    "an identifier": '<p id="people-7">x</p>',
    "a word": "<p>n7</p>",
    "a year outside the data": "<p>2031</p>",
    "a span that is no school year": "<p>2016-19</p>",
    "digits of another script": "<p>٧ people</p>",
    "wide digits": "<p>７ people</p>",
    "an entity": "<p>&#55; people</p>",
    "invisible letters between": "<p>1\u200b7 people</p>",
    "a phrase with another number": "<p>Counted in each of 11 months of 2017.</p>",
    "a footnote": "<p>withheld: fewer than 7 people</p>",
    "two inline elements": "<p><b>1</b><i>7</i> people</p>",
    "a style sheet": "<style>p { width: 7px }</style>",
}


@pytest.mark.parametrize("body", PLANTED.values(), ids=list(PLANTED))
def test_a_number_nobody_published_is_told_with_page_place_and_words(body: str) -> None:
    page = read_page(f"<h1>A page</h1>{body}")
    found = told(body)
    assert found or page.problems
    assert all(each.startswith(f"{PATH}: '") for each in found)


def test_a_number_in_a_title_or_a_file_name_is_told() -> None:
    page = read_page("<html><head><title>A page (7)</title></head><body></body></html>")
    assert "(7)" in str(untraced([(PATH, page)], invented_cells(), ())[0])
    assert "the file's name" in told("", f"provider/{PROVIDER}-n-7.html")[0]


def test_a_page_may_print_its_own_units_numbers_and_no_others() -> None:
    district, tiny = f"completers_counted district:{DISTRICT} 2017 1", f"completers_counted provider:{TINY} 2017 1"
    body = f"<p>{of(district, '60', 'span')} placed, {of(PAIRS, '40', 'span')} of them by Harbor</p>"
    for kind in ("district", "advisory"):
        assert told(body, f"{kind}/{DISTRICT}-northmoor.html") == []
    assert told(of(tiny, "12"), f"provider/{TINY}-tiny.html") == []
    assert told(of(tiny, "12"), f"review/{TINY}-tiny.html") == []
    assert told(of(tiny, "12"), f"partnership/{PAIR}-both.html") != []


def test_a_row_of_a_table_prints_its_own_measures_numbers_only() -> None:
    row = '<table><tr><th>{} <a href="#how-{}">how</a></th>{}</tr></table>'
    assert told(row.format("Distance", "distance", of(MEAN, "13"))) == []
    assert told(row.format("Completers", "completers_counted", of(COUNT, "130"))) == []
    assert "another measure" in told(row.format("Completers", "completers_counted", of(MEAN, "13")))[0]


def test_a_planted_small_number_passes_in_no_cell_card_sentence_or_figure() -> None:
    """Whatever whole number up to a hundred takes the place of a result, other than the result itself, is told."""
    places = {COUNT: "130", SHARE: "60–70%", MEAN: "13", STATES: "2,400", PAIRS: "40"}
    forms = ("{}", "{}%", "about {} people", "{} people", "interval {}–{}%", "under {}%", "{}% or more", "index {}")
    passed = [
        (cell, text)
        for cell, own in places.items()
        for number in range(101)
        for form in forms
        if str(number) != own
        and (text := form.format(number, number)) != "about 40 people"  # the pair's own
        and not told(of(cell, text))
    ]
    assert passed == []


def test_a_withheld_cell_makes_no_number_printable() -> None:
    cells = invented_cells()
    rates = cells["measure"] == "employed"
    numbers = ["value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people"]
    cells.loc[rates, numbers] = pd.NA
    cells.loc[rates, ["status", "withheld", "rounding", "n_rounding"]] = ["suppressed", True, "", ""]
    band, mark = of(SHARE, "60–70%"), of(SHARE, "✱<i>withheld to protect people</i>")
    assert told(band) == [] and told(band, cells=cells) != []
    assert told(mark, cells=cells) == [] and told(mark) != []


def test_the_index_may_count_its_pages_and_each_row_print_its_own_unit() -> None:
    rows = "".join(
        f'<tr><th><a href="{kind}/{code}-x.html">x</a></th><td>done</td><td>{number}</td></tr>'
        for kind, code, number in (("provider", PROVIDER, 130), ("provider", TINY, 12), ("district", DISTRICT, 60))
    )
    assert [
        each for each in told(f"<p>3 pages; Providers (2)</p><table>{rows}</table>", "index.html") if "href" not in each
    ] == []
    wrong = told(f"<p>4 pages</p><table>{rows.replace('130', '12')}</table>", "index.html")
    assert sum("'4 pages'" in each for each in wrong) == 1 and sum("'12'" in each for each in wrong) == 1


def test_a_number_beside_another_is_not_cut_in_two() -> None:
    """A count of pages stands one snippet away from the next: neither is read by its last digit alone."""
    codes = [f"8900{place:04d}" for place in range(31)]
    rows = "".join(
        f'<tr><th><a href="provider/{code}-x.html">x</a></th><td>{"done" if code != codes[0] else "nothing to report"}'
        "</td></tr>"
        for code in codes
    )
    found = told(f"<p>30 pages report results, 1 says why there is nothing</p><table>{rows}</table>", "index.html")
    assert [each for each in found if "href" not in each] == []


def test_the_records_reasons_and_key_numbers_are_read_as_words() -> None:
    pages = [
        {"kind": "provider", "unit_code": PROVIDER, "path": PATH, "key_number": {"value": "130", "title": "Placed"}},
        {"kind": "provider", "unit_code": TINY, "path": "p", "key_number": {"value": "130"}, "reason": "7 people"},
    ]
    found = untraced([], invented_cells(), (), json.dumps({"pages": pages}))
    assert [each.snippet for each in found] == ["7 people", "130"]


def test_words_beside_the_cells_of_the_workbook_are_traced() -> None:
    assert of_remarks(invented_cells(), {"read me": ("2016-17", "95% interval", "rows")}, ()) == []
    assert len(of_remarks(invented_cells(), {"read me": ("suppressed rows: 1",)}, ())) == 1


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"rounding": "band 5", "value_low": 0.95, "value_high": 1.0, "value": 0.975, "high": 1.0},
        {"rounding": "band 5", "value_low": 0.0, "value_high": 0.05, "value": 0.025, "low": 0.0, "high": 0.2},
        {"rounding": "band 50", "value_low": 0.5, "value_high": 1.0, "value": 0.75, "high": 1.0},
        {"rounding": "nearest 0.01", "value_low": 0.715, "value_high": 0.725, "value": 0.72},
        {"people": 95.0},
        {"n": 1250.0, "n_low": 1248.0, "n_high": 1252.0},
    ],
)
def test_whatever_form_a_page_prints_a_share_in_is_traced(change: Mapping[str, float]) -> None:
    row = invented_cells().query("measure == 'employed' and unit_kind == 'district'").iloc[0].to_dict() | change
    own = Traces(pd.DataFrame([row]), CONSTANTS)
    text = f"{printed(row)} {detail(row)}"
    assert own.left_over(text, own.of_unit("district", DISTRICT)) == [], text


@pytest.mark.parametrize(
    ("rounding", "value", "low", "high"),
    [("nearest 0.1", 3.4, 3.2, 3.6), ("nearest 1", 13.0, 12.0, 14.0), ("nearest 10", 1240.0, 1230.0, 1250.0),
     ("nearest 0.01", -0.13, -0.2, -0.06)],
)  # fmt: skip
@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_whatever_form_a_page_prints_a_mean_in_is_traced(
    statistic: str, rounding: str, value: float, low: float, high: float
) -> None:
    row = invented_cells().query("measure == 'distance' and unit_kind == 'district'").iloc[0].to_dict()
    row |= {"statistic": statistic, "rounding": rounding, "value": value, "low": low, "high": high}
    own = Traces(pd.DataFrame([row]), CONSTANTS)
    text = f"{printed(row)} {detail(row)}"
    assert own.left_over(text, own.of_unit("district", DISTRICT)) == [], text


def test_the_reader_of_pages_shares_no_code_with_what_prints_them() -> None:
    for module in ("traces", "forms", "pages", "quotes"):
        source = Path(traces.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
        assert not {name for name in imported if "display" in name or "reports" in name or "files" in name}
