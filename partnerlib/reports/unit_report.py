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
from partnerlib.display import style
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
        self.partnerships = cells[(cells["unit_kind"] == "partnership") & ~is_unit]
        names = self.unit["unit_name"].dropna()
        name = str(names.iloc[-1]) if len(names) else unit_code
        self.unit_name = "The state" if kind == "state" else name
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

    def table(self, topic: str, *measures: str) -> Block:
        """Measures of a topic (all, or those named): newest cohort, the one before, three pooled, and the state."""
        found = [pair for pair in self.compared(topic, *measures) if not pair.is_empty]
        if not found:
            return self._nothing_about(topic)
        caption = f"{topic.capitalize()}: {self.unit_name}"
        return self._show(findings.measure_table(found, caption, with_state=self.kind != "state"))

    def comparison(self, topic: str, *measures: str) -> Block:
        """Rates of a topic (all, or those named) with their intervals: this unit, a cohort earlier, and the state."""
        found = [pair for pair in self.compared(topic, *measures) if pair.is_rate and pair.value is not None]
        title = f"{topic.capitalize()}: {self.unit_name}"
        figure = found and findings.rate_comparison(found, title, self._who, self.kind != "state", self.is_synthetic)
        return self._show(figure) if figure else self._nothing_about(topic)

    def retention(self, prefix: str = "retained", who: str = "New teachers") -> Block:
        """Who is still there after 1, 2, 3 and 5 years, at the four levels of retention."""
        title = f"{who} still there, {self.unit_name}"
        figure = findings.retention_curves(self.compared("retention"), prefix, who, title, self.is_synthetic)
        return self._show(figure) if figure else self._nothing_about("retention")

    def outcomes(self, measure: str = "new_teacher_outcomes", who: str = "New teachers") -> Block:
        """Stayers, movers, changed roles and leavers a year later: shares that add to one."""
        sources = [(self._who, self.unit, measure)] + (
            [] if self.kind == "state" else [("the state", self.state, measure)]
        )
        figure = findings.shares_of_levels(
            sources,
            self._newest_known(measure),
            "outcome",
            findings.OUTCOMES,
            f"{who} a year later",
            style.PARTS,
            self.is_synthetic,
        )
        return self._show(figure) if figure else self._nothing_about("retention")

    def readiness(self) -> Block:
        """How ready practitioners, principals, candidates and completers say new teachers are; the state beside."""
        units = [("", self.unit)] if self.kind == "state" else [("", self.unit), (", state", self.state)]
        sources = [
            (f"{who.replace('_', ' ')}s{where}", cells[cells["window_years"] == 3], f"readiness_{who}")
            for who in ("supervising_practitioner", "hiring_principal", "candidate", "completer")
            for where, cells in units
        ]
        title = f"How ready new teachers are: {self.unit_name}"
        figure = findings.shares_of_levels(
            sources,
            self._newest_known("readiness_candidate"),
            "readiness",
            findings.READINESS,
            title,
            style.LEVELS,
            self.is_synthetic,
        )
        return self._show(figure) if figure else self._nothing_about("surveys")

    def partners(self, measure: str, title: str) -> Block:
        """The unit's partners by one count, three cohorts pooled."""
        figure = findings.partners(self.partnerships, measure, self.unit_name, title, self.is_synthetic)
        words = "Every partner's number rests on fewer than ten people and is not published."
        return self._show(figure or Words(words if len(self.partnerships) else NOBODY))

    def complete(self) -> Completion:
        """The seal over everything shown: without it, or with another, the page counts as failed."""
        blocks = [{"kind": block.kind, **block.data_for_page()} for block in self._shown]
        return Completion(seal(blocks), len(blocks))

    def compared(self, topic: str = "", *measures: str) -> list[Compared]:
        """The unit's measures of a topic (or all), each with the cohort before, the pooled number and the state."""
        found = compared(self.unit, self.state, topic)
        by_name = {pair.measure: pair for pair in found}
        return [by_name[name] for name in measures if name in by_name] if measures else found

    @property
    def _who(self) -> str:
        return "the state" if self.kind == "state" else f"this {self.kind}"

    def _newest_known(self, measure: str) -> int:
        """The newest cohort for which the state has a number on a measure; the report year when it never has."""
        known = self.state[(self.state["measure"] == measure) & self.state["value"].notna()]
        newest = known[known["window_years"] == 1]["cohort"].max()
        return self.report_year if pd.isna(newest) else int(newest)

    def _nothing_about(self, topic: str) -> Words:
        asked = self.unit[self.unit["topic"] == topic]
        words = "The data hold nobody to count here."
        if asked["withheld"].any():
            words = "Every number this would show rests on fewer than ten people and is not published."
        elif (asked["status"] == "not_yet_observed").any():
            words = "It is too early: the years that would tell have not been observed yet."
        return self._show(Words(words))

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
