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


CLEAN = {
    "an exact count": "<td>130</td>",
    "a count of the state": "<td>2,400 completers</td>",
    "a count of a partnership": "<p>40 of them with Northmoor</p>",
    "a band": "<td>60–70%</td>",
    "an interval": "<td>60–70% (95% interval 52–84%)</td>",
    "a rounded size": "<td>about 130 people</td>",
    "a mean": "<td>13</td>",
    "a school year and a span": "<p>2016-17, and 2014-15 to 2016–17</p>",
    "a year": "<p>October 2017</p>",
    "a code": f'<p>{PROVIDER} and {PAIR}</p><a href="../index.html">all</a>',
    "a sample": "<p>completers-00000000</p>",
    "words of the templates": "<p>A share of 3 in 4 is usual.</p>",
    "a phrase of the templates": "<p>Counted in each of 12 months of 2017.</p>",
    "a link to a section": '<a href="#section-2">Hiring</a><section id="section-2"></section>',
    "the size of a picture": '<td colspan="3" width="640">x</td>',
}


@pytest.mark.parametrize("body", CLEAN.values(), ids=list(CLEAN))
def test_a_printed_number_is_traced(body: str) -> None:
    assert told(body) == []


PLANTED = {
    "a count nobody prints": "<td>7</td>",
    "an exact share in a band": "<td>64%</td>",
    "the middle of a band": "<td>65%</td>",
    "a percent that is a count elsewhere": "<td>13%</td>",
    "a count that is a percent elsewhere": "<td>70</td>",
    "one end of an interval": "<td>84%</td>",
    "an interval of two cells": "<td>60–84%</td>",
    "an edge that is none of an end band": "<td>under 60%</td>",
    "a size printed as exact": "<td>about 128 people</td>",
    "a mean as a size": "<td>13 people</td>",
    "more digits than are printed": "<td>13.04</td>",
    "a thousand more": "<td>12,400</td>",
    "a number of another provider": "<td>12</td>",
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
    found = told(body)
    assert found and all(each.startswith(f"{PATH}: '") for each in found)


def test_a_number_in_a_title_or_a_file_name_is_told() -> None:
    page = read_page("<html><head><title>A page (7)</title></head><body></body></html>")
    assert "(7)" in str(untraced([(PATH, page)], invented_cells(), ())[0])
    assert "the file's name" in told("", f"provider/{PROVIDER}-n-7.html")[0]


def test_a_page_may_print_its_own_units_numbers_and_no_others() -> None:
    assert told("<td>60 placed, 40 of them by Harbor</td>", f"district/{DISTRICT}-northmoor.html") == []
    assert told("<td>12</td>", f"provider/{TINY}-tiny.html") == []
    assert told("<td>12</td>", f"partnership/{PAIR}-both.html") != []


def test_a_row_of_a_table_prints_its_own_measures_numbers_only() -> None:
    row = '<table><tr><th>{} <a href="#how-{}">how</a></th><td>{}</td></tr></table>'
    assert told(row.format("Distance", "distance", "13")) == []
    assert told(row.format("Completers", "completers_counted", "130")) == []
    assert "'13'" in told(row.format("Completers", "completers_counted", "13"))[0]
    assert "'130'" in told(row.format("Distance", "distance", "130"))[0]


def test_a_withheld_cell_makes_no_number_printable() -> None:
    cells = invented_cells()
    rates = cells["measure"] == "employed"
    numbers = ["value", "value_low", "value_high", "low", "high", "n", "n_low", "n_high", "people"]
    cells.loc[rates, numbers] = pd.NA
    cells.loc[rates, ["status", "withheld", "rounding", "n_rounding"]] = ["suppressed", True, "", ""]
    assert told("<td>60–70%</td>") == [] and told("<td>60–70%</td>", cells=cells) != []


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
    for module in ("traces", "forms", "pages"):
        source = Path(traces.__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
        imported = {node.module or "" for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom)}
        assert not {name for name in imported if "display" in name or "reports" in name or "files" in name}
