"""Saved copies of educator-preparation employment pages as rows: one table row a line, its cells joined by '|'.

Only the tables are parsed: banners above the title and prose on the page quote other numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from partnerlib.sources.reading import RawFile

CELLS = ("label", "completers", "ever_employed", "pct_ever_employed", "retention_cohort", "pct_remaining_2yr")
_TABLE = re.compile(r"^Employment by (Year|Program)", re.IGNORECASE)
_ADDRESS = re.compile(r"epp/student\.aspx\?(\S+)", re.IGNORECASE)
_STATED = {
    "organization": re.compile(r"^organization(?: name)?:\s*(.+)$", re.IGNORECASE),
    "orgcode": re.compile(r"^org(?:anization )?code:\s*(\S+)", re.IGNORECASE),
    "report_year": re.compile(r"^report_?\s*year[^:]*:\s*(\d{4})", re.IGNORECASE),
    "cohort_wording": re.compile(r"^wording:.*\b(numerator|denominator)\b", re.IGNORECASE),
}


def is_page(lines: Sequence[str]) -> bool:
    """True for a saved page of the educator-preparation profiles with an employment table."""
    return any(_ADDRESS.search(line) for line in lines[:10]) and any(_TABLE.match(line) for line in lines)


def page_rows(raw: RawFile) -> pd.DataFrame:
    """Every table row of a page: line, number of cells, what the page says of itself, table, program and cells."""
    about = stated(raw.lines)
    table = program = ""
    rows = []
    for number, line in enumerate(raw.lines, start=1):
        text = line.strip()
        if _TABLE.match(text) and "|" not in text:
            table, program = text, ""
        elif text.startswith("#"):
            program = text.lstrip("# ")
        elif table and "|" in text:
            cells = [cell.strip() for cell in text.split("|")]
            rows.append({"source_row": number, "source_cells": len(cells), "table": table, "program": program,
                         **named_cells(cells)})  # fmt: skip
    columns = ["source_row", "source_cells", "table", "program", *CELLS]
    return pd.DataFrame(rows, columns=columns).assign(**about)


def named_cells(cells: Sequence[str]) -> dict[str, str]:
    """A row's cells by name: without the count of employed in the four-column tables of old reports (EPP-7)."""
    names = CELLS if len(cells) >= len(CELLS) else tuple(name for name in CELLS if name != "ever_employed")
    return dict(zip(names, cells, strict=False))


def stated(lines: Sequence[str]) -> dict[str, str | None]:
    """What a page says of itself above its tables: organization, code, report year, wording; else its address does."""
    found: dict[str, str | None] = dict.fromkeys(_STATED)
    found["address_year"] = None
    for line in lines:
        if _TABLE.match(line):
            break
        for name, pattern in _STATED.items():
            if match := pattern.match(line.strip()):
                found[name] = match[1].strip()
        if match := _ADDRESS.search(line):
            query = dict(part.split("=", 1) for part in match[1].split("&") if "=" in part)
            found["orgcode"] = found["orgcode"] or query.get("orgcode")
            found["address_year"] = query.get("fycode")
    found["report_year"] = found["report_year"] or found["address_year"]
    return found
