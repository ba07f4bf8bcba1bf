"""Tables of a study notebook, for reading in JupyterLab: the same numbers as the printed ones, set by great-tables."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from great_tables import GT, loc, style

from partnerlib.display.style import INK, QUIET
from partnerlib.display.text import MARKS, cohort_label, interval, is_number, number, people


@dataclass(frozen=True, repr=False)
class StudyTable:
    """A set table: HTML for JupyterLab, its title and size for everything else."""

    title: str
    rows: int
    html: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return f"{self.title} ({self.rows} rows)"


def estimates_table(cells: pd.DataFrame, title: str, columns: dict[str, str], note: str = "") -> StudyTable:
    """Estimates as a table: the columns asked for (name -> heading), then cohort, value, 95% interval and people.

    A cell without a number shows the mark of its status: suppressed, missing, not applicable and not yet observed are
    four different marks, and zero is a number.
    """
    shown = pd.DataFrame({heading: cells[column].astype("str") for column, heading in columns.items()})
    shown["Cohort"] = [cohort_label(c, w) for c, w in zip(cells["cohort"], cells["window_years"], strict=True)]
    rows = cells[["value", "low", "high", "statistic", "status", "people"]].to_dict("records")
    shown["Value"] = [_value(row) for row in rows]
    shown["95% interval"] = [_interval(row) for row in rows]
    shown["People"] = [people(row["people"]).removesuffix(" people").removesuffix(" person") for row in rows]
    table = (
        GT(shown, id="estimates")
        .tab_header(title=title)
        .cols_align("right", ["Value", "95% interval", "People"])
        .tab_style(style.text(color=INK, weight="bold"), loc.body(columns="Value"))
        .tab_style(style.text(color=QUIET), loc.body(columns=["95% interval", "People"]))
    )
    noted = table.tab_source_note(note) if note else table
    return StudyTable(title, len(shown), noted.as_raw_html())


def _value(row: dict[str, object]) -> str:
    if is_number(row["value"]):
        return number(float(row["value"]), str(row["statistic"]))  # type: ignore[arg-type]
    return MARKS.get(str(row["status"]), MARKS["missing"]).symbol


def _interval(row: dict[str, object]) -> str:
    if not (is_number(row["low"]) and is_number(row["high"])):
        return ""
    return interval(float(row["low"]), float(row["high"]), str(row["statistic"]))  # type: ignore[arg-type]
