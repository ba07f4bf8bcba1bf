"""A unit's released numbers, as a report notebook shows them. Nothing here computes an estimate.

A report is made of a sealed release and of nothing else, and everything it shows carries the release's identifier:
a page takes no block without it.

report = released("provider", unit_code, report_year, release_path)
report.title()
report.headline()
report.comparison("hiring")
report.table("hiring")
report.complete()
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd

from partnerlib.codes import STATE_CODE, year_label
from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.zones import SealedRelease, sealed_only
from partnerlib.display.blocks import Block, Cards, Completion, Facts, Words, seal
from partnerlib.display.text import cohort_label
from partnerlib.errors import ParameterError
from partnerlib.reports import answers, findings, headlines, statewide
from partnerlib.reports.cohorts import POOLED, Compared, compared
from partnerlib.reports.drawn import MAPPED, UNIT_OF, WITH_PARTNERSHIPS, Drawn, is_mapped
from partnerlib.reports.geography import read_places
from partnerlib.reports.printing import NOBODY, PUBLIC, audience_name, printing_facts, reason_for_nothing

Shown = TypeVar("Shown", bound=Block)


class Report:
    """The released numbers of one unit, and what has been shown of them so far."""

    def __init__(self, kind: str, unit_code: str, release: SealedRelease) -> None:
        sealed = sealed_only(release, f"report {kind}:{unit_code}")
        cells = sealed.cells
        self.release = sealed.manifest.release_id
        self.kind = kind
        self.unit_kind = UNIT_OF.get(kind, kind)
        self.unit_code = unit_code
        self.report_year = sealed.manifest.report_year
        self.is_synthetic = sealed.manifest.is_synthetic
        is_unit = (cells["unit_kind"] == self.unit_kind) & (cells["unit_code"] == unit_code)
        self.unit = cells[is_unit]
        is_state = cells["unit_kind"] == "state"
        is_tie = (cells["unit_kind"] == "partnership") & ~is_unit & _has_part(cells, unit_code)
        self.state = cells[is_state]
        self.partnerships = cells[is_tie]
        is_drawn = is_mapped(cells) & (kind == "state")
        self.mapped = cells[is_drawn]
        names = self.unit["unit_name"].dropna()
        name = str(names.iloc[-1]) if len(names) else unit_code
        self.unit_name = "The state" if kind == "state" else name
        self._is_owner = sealed.manifest.audience == f"{self.unit_kind}:{unit_code}"
        shown = pd.concat([self.unit, self.state, self.partnerships, self.mapped])
        drawn = Drawn.of_release(sealed, is_unit | is_state | is_tie | is_drawn).by(kind, unit_code)
        self._printing = printing_facts(sealed.manifest, shown, audience_name(sealed), drawn)
        self._shown: list[Block] = []
        self._everything: list[Compared] = []

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
            "printing": self._printing,
        }
        return self._show(Facts(facts))

    @property
    def reason_for_nothing(self) -> str:
        """Why there is nothing to report, in words; empty when at least one number is published."""
        return reason_for_nothing(self.unit)

    def headline(self) -> Words:
        """The page in a few sentences, each number with its interval, its n and the state beside it."""
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
        found = [pair for pair in self.compared(topic, *measures) if pair.is_rate and pair.best is not None]
        title = f"{topic.capitalize()}: {self.unit_name}"
        figure = found and findings.rate_comparison(found, title, self._who, self.kind != "state", self.is_synthetic)
        return self._show(figure) if figure else self._nothing_about(topic)

    def retention(self, prefix: str = "retained", who: str = "New teachers") -> Block:
        """Who is still there after 1, 2, 3 and 5 years, at the four levels of retention."""
        title = f"{who} still there, {self.unit_name}"
        figure = findings.retention_curves(self.compared("retention"), prefix, who, title, self.is_synthetic)
        return self._show(figure) if figure else self._nothing_about("retention")

    def outcomes(self, measure: str = "new_teacher_outcomes", who: str = "New teachers") -> Block:
        """Stayers, movers, changed roles and leavers a year later, in the newest cohort and in three."""
        known = self._newest_known(measure)
        title = f"{who} a year later: {self.unit_name}"
        figure = findings.level_shares(
            self._by_window(measure, known), "outcome", findings.OUTCOMES, title, self.is_synthetic
        )
        return self._show(figure) if figure else self._nothing_about("retention")

    def hosted(self, measure: str = "hosted_and_hired") -> Block:
        """Completers hosted here: hired here, hired elsewhere, not found, by the first October; the state beside."""
        known = self._newest_known(measure)
        title = f"Hosted completers by the first October: {self.unit_name}"
        figure = findings.level_shares(
            self._by_window(measure, known), "hired", findings.HIRED, title, self.is_synthetic
        )
        return self._show(figure) if figure else self._nothing_about("hiring")

    def readiness(self) -> Block:
        """How ready practitioners, principals, candidates and completers say new teachers are; the state beside."""
        sources = []
        for who in ("supervising_practitioner", "hiring_principal", "candidate", "completer"):
            measure = f"readiness_{who}"
            known = self._newest_known(measure)
            heading = f"{who.replace('_', ' ').capitalize()}s,\n{cohort_label(known, POOLED)}"
            sources += [(heading, series, measure, _at(cells, known, POOLED)) for series, cells in self._beside]
        title = f"How ready new teachers are: {self.unit_name}"
        figure = findings.level_shares(sources, "readiness", findings.READINESS, title, self.is_synthetic)
        return self._show(figure) if figure else self._nothing_about("surveys")

    def partners(self, measure: str, title: str) -> Block:
        """The unit's partners by one count, three cohorts pooled."""
        pooled = self.partnerships[self.partnerships["window_years"] == POOLED]
        figure = findings.partners(pooled, measure, self.unit_name, title, self.is_synthetic, self._is_owner)
        return self._show(figure or Words(findings.SMALL_PARTNERS if not self._is_owner else NOBODY))

    def answer(self, *measures: str) -> Words:
        """What some measures say in sentences ready to paste, with the cohort before and the state beside."""
        found = [pair for pair in self.compared("", *measures) if not pair.is_empty]
        return self._show(answers.answer(found))

    def evidence(self, title: str, *measures: str) -> Block:
        """Measures of any topic in one table, as they are named: the numbers behind an answer."""
        found = [pair for pair in self.compared("", *measures) if not pair.is_empty]
        if not found:
            return self._show(Words("The data hold nobody to count here."))
        return self._show(findings.measure_table(found, f"{title}: {self.unit_name}", with_state=self.kind != "state"))

    def scorecard(self, title: str, *measures: str) -> Block:
        """The unit's published partners, a row each, by some measures of the partnership."""
        heading = "District" if self.unit_kind == "provider" else "Provider"
        table = answers.scorecard(self.partnerships, self.unit_name, measures, f"{title}: {self.unit_name}", heading)
        return self._show(table or Words(NOBODY if self._is_owner else findings.SMALL_PARTNERS))

    def fields(self, measure: str, title: str, note: str) -> Block:
        """A measure of the whole state by field of licence, the highest first."""
        table = answers.by_group(self.state, measure, "license_field", title, "Field of licence", note)
        return self._show(table or Words("This release tells nothing by field of licence."))

    def placement_map(self, places: str) -> Block:
        """Candidates placed in every district, at its place; `places` as `partnerlib.reports.geography` writes them."""
        return self._show(statewide.placement_map(self.mapped, read_places(places), self.is_synthetic))

    def placement_flows(self) -> Block:
        """Candidates placed by each provider in each district, where the partnership's number is published."""
        names = statewide.names_of(self.mapped)
        return self._show(statewide.placement_flows(self.mapped, names, self.is_synthetic))

    def complete(self) -> Completion:
        """The seal over everything shown: without it, or with another, the page counts as failed."""
        blocks = [block.as_data() for block in self._shown]
        return Completion(seal(blocks), len(blocks), release=self.release)

    def compared(self, topic: str = "", *measures: str) -> list[Compared]:
        """The unit's measures of a topic (or all), each with the cohort before, the pooled number and the state."""
        everything = self._everything = self._everything or compared(self.unit, self.state)
        found = [pair for pair in everything if not topic or pair.topic == topic]
        by_name = {pair.measure: pair for pair in found}
        return [by_name[name] for name in measures if name in by_name] if measures else found

    @property
    def _beside(self) -> list[tuple[str, pd.DataFrame]]:
        """The unit's cells, and the state's where it is not the state itself."""
        return [(self._who, self.unit)] + ([] if self.kind == "state" else [(findings.STATE, self.state)])

    @property
    def _who(self) -> str:
        return "the state" if self.kind == "state" else f"this {self.unit_kind}"

    def _newest_known(self, measure: str) -> int:
        """The newest cohort for which the state has a number on a measure; the report year when it never has."""
        known = self.state[(self.state["measure"] == measure) & self.state["value"].notna()]
        newest = known[known["window_years"] == 1]["cohort"].max()
        return self.report_year if pd.isna(newest) else int(newest)

    def _by_window(self, measure: str, cohort: int) -> list[tuple[str, str, str, pd.DataFrame]]:
        """The cells of a measure with levels: the newest cohort and three pooled, of the unit and of the state."""
        return [
            (cohort_label(cohort, window), series, measure, _at(cells, cohort, window))
            for window in (1, POOLED)
            for series, cells in self._beside
        ]

    def _nothing_about(self, topic: str) -> Words:
        asked = self.unit[self.unit["topic"] == topic]
        words = "The data hold nobody to count here."
        if asked["withheld"].any():
            words = "Every number this would show is withheld to protect people."
        elif (asked["status"] == "not_yet_observed").any():
            words = "It is too early: the years that would tell have not been observed yet."
        return self._show(Words(words))

    def _show(self, block: Shown) -> Shown:
        """Keep what is shown for the seal at the end; from here on it carries the release it is drawn from."""
        sealed = replace(block, release=self.release)
        self._shown.append(sealed)
        return sealed


def _at(cells: pd.DataFrame, cohort: int, window: int) -> pd.DataFrame:
    return cells[(cells["cohort"] == cohort) & (cells["window_years"] == window)]


def _has_part(cells: pd.DataFrame, unit_code: str) -> pd.Series:
    codes = cells["unit_code"]
    return codes.str.startswith(f"{unit_code}-") | codes.str.endswith(f"-{unit_code}")


def released(kind: str, unit_code: str, report_year: int, release_path: str = "") -> Report:
    """The released numbers of one unit, from a sealed release; of the newest one when none is named.

    Reads the unit's cells, the state's and those of the unit's partnerships, and keeps nothing else of the release.
    """
    folder = Path(release_path) if release_path else _newest_release(report_year)
    unit_kind = UNIT_OF.get(kind, kind)
    wanted: list[list[tuple[str, str, Any]]] = [
        [("unit_kind", "==", unit_kind), ("unit_code", "==", unit_code)],
        [("unit_kind", "==", "state"), ("unit_code", "==", STATE_CODE)],
        *([[("unit_kind", "==", "partnership")]] if unit_kind in WITH_PARTNERSHIPS else []),
        *([[("measure", "==", MAPPED)]] if kind == "state" else []),
    ]
    release = read_release(folder, wanted)
    owner_kind, _, owner_code = release.manifest.audience.partition(":")
    if release.manifest.audience not in {PUBLIC, f"{unit_kind}:{unit_code}"}:  # its name stands on every page
        owner: list[tuple[str, str, Any]] = [("unit_kind", "==", owner_kind), ("unit_code", "==", owner_code)]
        release = read_release(folder, [*wanted, owner])
    if release.manifest.report_year != report_year:
        raise ParameterError(f"report_year={report_year}: the release is about {release.manifest.report_year}")
    return Report(kind, unit_code, release)


def _newest_release(report_year: int) -> Path:
    from partnerlib.project import project

    return project().processed / "releases" / str(report_year)
