"""A unit's released numbers, as a report notebook shows them. Nothing here computes an estimate.

report = released("provider", unit_code, report_year, release_path)
report.title()
report.headline()
report.comparison("hiring")
report.table("hiring")
report.complete()
"""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import pandas as pd

from partnerlib.codes import STATE_CODE, year_label
from partnerlib.disclosure import read_release
from partnerlib.display.blocks import Block, Cards, Completion, Facts, Words, seal
from partnerlib.errors import ParameterError
from partnerlib.reports import findings, headlines
from partnerlib.reports.cohorts import Compared, compared

Shown = TypeVar("Shown", bound=Block)

WITHHELD = "Every number about it rests on fewer than ten people, or on nobody, and is therefore not published."
NOBODY = "The data hold no candidate, hire or teacher of it in the years this report covers."


class Report:
    """The released numbers of one unit in one report year, and what has been shown of them so far."""

    def __init__(self, kind: str, unit_code: str, report_year: int, cells: pd.DataFrame) -> None:
        self.kind = kind
        self.unit_code = unit_code
        self.report_year = report_year
        self.is_synthetic = bool(cells["is_synthetic"].any())
        is_unit = (cells["unit_kind"] == kind) & (cells["unit_code"] == unit_code)
        self.unit = cells[is_unit]
        self.state = cells[cells["unit_kind"] == "state"]
        self.partners = cells[(cells["unit_kind"] == "partnership") & ~is_unit]
        names = self.unit["unit_name"].dropna()
        self.unit_name = str(names.iloc[-1]) if len(names) else unit_code
        self._shown: list[Block] = []

    def title(self) -> Facts:
        """Whose page it is and for which year; the frame of the page is made from it."""
        facts = {
            "title": self.unit_name,
            "kind": self.kind,
            "unit_code": self.unit_code,
            "report_year": self.report_year,
            "year": year_label(self.report_year),
            "is_synthetic": self.is_synthetic,
            "reason_for_nothing": self.reason_for_nothing,
            "key_number": headlines.key_number(self.kind, self.compared()),
        }
        return self._show(Facts(facts))

    @property
    def reason_for_nothing(self) -> str:
        """Why there is nothing to report, in words; empty when at least one number is published."""
        return reason_for_nothing(self.unit)

    def headline(self) -> Words:
        """The page in a sentence, each number with its interval, its n and the state beside it."""
        if self.reason_for_nothing:
            return self._show(Words(f"Nothing to report. {self.reason_for_nothing}", "nothing"))
        return self._show(headlines.headline(self.kind, self.compared()))

    def cards(self) -> Cards:
        """The key numbers of the page, printed large; none when nothing is published."""
        return self._show(headlines.cards(self.kind, self.compared()))

    def sample(self) -> Block:
        """The samples the numbers rest on, by identifier."""
        found = self.compared()
        return self._show(findings.sample_table(found) if found else Words(NOBODY))

    def table(self, topic: str) -> Block:
        """Every measure of a topic: the newest cohort, the cohort before, three pooled, and the state beside them."""
        found = [pair for pair in self.compared(topic) if not pair.is_empty]
        if not found:
            return self._show(Words(self._nothing_about(topic)))
        caption = f"{topic.capitalize()}: {self.unit_name}"
        return self._show(findings.measure_table(found, caption, with_state=self.kind != "state"))

    def comparison(self, topic: str) -> Block:
        """The rates of a topic with their intervals: this unit, a cohort earlier, and the state."""
        found = [pair for pair in self.compared(topic) if pair.is_rate and pair.value is not None]
        if not found:
            return self._show(Words(self._nothing_about(topic)))
        unit = "the state" if self.kind == "state" else f"this {self.kind}"
        title = f"{topic.capitalize()}: {self.unit_name}"
        return self._show(
            findings.rate_comparison(found, title, unit, self.kind != "state", is_synthetic=self.is_synthetic)
        )

    def complete(self) -> Completion:
        """The seal over everything shown: without it, or with another, the page counts as failed."""
        blocks = [{"kind": block.kind, **block.data_for_page()} for block in self._shown]
        return Completion(seal(blocks), len(blocks))

    def compared(self, topic: str = "") -> list[Compared]:
        """The unit's measures of a topic (or all), each with the cohort before, the pooled number and the state."""
        return compared(self.unit, self.state, topic)

    def _nothing_about(self, topic: str) -> str:
        asked = self.unit[self.unit["topic"] == topic]
        if asked["withheld"].any():
            return "Every number on this rests on fewer than ten people and is not published."
        if (asked["status"] == "not_yet_observed").any():
            return "It is too early: the years that would tell have not been observed yet."
        return "The data hold nobody to count here."

    def _show(self, block: Shown) -> Shown:
        self._shown.append(block)
        return block


def reason_for_nothing(cells: pd.DataFrame) -> str:
    """Why a unit's page has nothing to report, in words; empty when at least one number is published."""
    if (cells["value"].notna() & (cells["people"].fillna(0) > 0)).any():
        return ""
    return WITHHELD if cells["withheld"].any() else NOBODY


def released(kind: str, unit_code: str, report_year: int, release_path: str = "") -> Report:
    """The released numbers of one unit; of the committed sample when no release is named.

    Reads the unit's rows, the state's and those of the unit's partnerships, and nothing else of the release.
    """
    path = Path(release_path) if release_path else _newest_release(report_year)
    partnerships: list[tuple[str, str, object]] = [("unit_kind", "==", "partnership"), ("window_years", "==", 3)]
    wanted: list[list[tuple[str, str, object]]] = [
        [("unit_kind", "==", kind), ("unit_code", "==", unit_code)],
        [("unit_kind", "==", "state"), ("unit_code", "==", STATE_CODE)],
        *([partnerships] if kind in {"provider", "district"} else []),
    ]
    cells = read_release(path, wanted)
    years = sorted(cells["report_year"].unique())
    if len(years) and list(years) != [report_year]:
        raise ParameterError(f"report_year={report_year}: the release is about {', '.join(map(str, years))}")
    is_partner = cells["unit_code"].str.startswith(f"{unit_code}-") | cells["unit_code"].str.endswith(f"-{unit_code}")
    is_other = (cells["unit_kind"] == "partnership") & (cells["unit_code"] != unit_code) & ~is_partner
    return Report(kind, unit_code, report_year, cells[~is_other])


def _newest_release(report_year: int) -> Path:
    from partnerlib.project import project

    return project().processed / "releases" / f"{report_year}.parquet"
