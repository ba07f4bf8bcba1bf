"""Leaks of pages: numbers in words, captions, attributes and names of files that no cell prints."""

from __future__ import annotations

from functools import cache

import pandas as pd
from invented_cells import PROVIDER, invented_cells
from leak import Leak, Look

from partnerlib.disclosure.audit.pages import read_page
from partnerlib.disclosure.audit.traces import of_remarks, untraced
from partnerlib.disclosure.sealed import normal

CONSTANTS = (
    "Where candidates are hired", "95% interval from the printed numbers", "Withheld, whatever the reason.",
    "Three cohorts pooled", "of the first October",
)  # fmt: skip
"""What the templates and notebooks of a release say on every page."""
COUNT, HIRED = (f"{name} provider:{PROVIDER} 2017 1" for name in ("completers_counted", "employed"))
PAGE = f"provider/{PROVIDER}-universite.html"


@cache
def cells() -> pd.DataFrame:
    return normal(invented_cells())


def html(body: str = "") -> str:
    return (
        "<html><head><title>Provider 89000001, 2016-17</title></head><body><h1>Where candidates are hired</h1>"
        f'<p><b data-cell="{COUNT}">130</b> completed in 2016-17; hired: '
        f'<b data-cell="{HIRED}">60–70% (interval 52–84%), about 130 people</b>.</p>'
        '<figure><img alt="Hired 60–70%" width="740" src="data:image/png;base64,iVBORw0KGgo=">'
        f'<table><tr><td data-cell="{HIRED}">60–70%</td></tr></table></figure>'
        f"<p>Withheld, whatever the reason.</p>{body}</body></html>"
    )


def looks_at(body: str = "", path: str = PAGE) -> Look:
    return lambda _: untraced([(path, read_page(html(body)))], cells(), CONSTANTS)


def remark(text: str) -> Look:
    return lambda _: of_remarks(cells(), {"cells.xlsx, sheet read me": (text,)}, CONSTANTS)


def _page(name: str, body: str, says: str) -> Leak:
    return Leak(name, "traces of pages", looks_at(), looks_at(body), says)


LEAKS = [
    _page("threshold in a footnote", "<p>Fewer than 6 people: withheld.</p>", "'Fewer than 6 people"),
    _page("number in alt text", '<img alt="7 of 9 retained" src="">', "in alt of <img>"),
    _page("number in a caption", "<figcaption>Retained, n = 17</figcaption>", "n = 17"),
    _page("tooltip", '<td title="0.6512">60–70%</td>', "in title of <td>"),
    _page("data attribute of a table", '<td data-value="0.6512">60–70%</td>', "in data-value of <td>"),
    _page("label for readers of screens", '<p aria-label="7 people">Withheld</p>', "in aria-label of <p>"),
    _page("top-k cut-off value", "<p>Districts with at least 17 placed are listed.</p>", "at least 17 placed"),
    _page("number of suppressed rows", "<p>Suppressed rows: 1</p>", "Suppressed rows: 1"),
    _page("class of a map's legend", "<p>31 to 47 people</p>", "31 to 47"),
    _page("response rate with invited n", "<p>Response rate 47% of 19 invited</p>", "47%"),
    _page("sample size in regression notes", "<p>Linear model, n = 614, 31 clusters</p>", "n = 614"),
    _page("interval to the last digit", "<p>60–70% (95% interval 53.17–82.41%)</p>", "53.17"),
    _page("share to the last digit", "<p>hired: 65.12%</p>", "65.12%"),
    _page("number of another provider", "<p>The other has 12 completers.</p>", "has 12 completers"),
    _page("small number in a cell's place", f'<td data-cell="{COUNT}">7</td>', "does not print '7'"),
    _page("another unit's cell", '<td data-cell="completers_counted provider:89000002 2017 1">12</td>', "another unit"),
    _page("released number without its cell", "<td>130</td>", "'130'"),
    _page("number in other digits", "<p>٧ of ٩ retained</p>", "7 of 9"),
    _page("number in pieces", "<p>n is <b>1</b><i>7</i></p>", "n is 17"),
    _page("number in a link", '<a href="#n-17-left">more</a>', "17"),
    Leak("number in the name of a page", "traces of pages", looks_at(),
         looks_at(path=f"provider/{PROVIDER}-n-17.html"), "the file's name"),
    Leak("number in a sheet of remarks", "traces of pages", remark("Withheld, whatever the reason."),
         remark("17 cells are withheld"), "17 cells"),
]  # fmt: skip
