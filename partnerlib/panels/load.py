"""Processed tables in, panels out: everything a measure, a model or a study notebook starts from."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import narwhals as nw
import pandas as pd

from partnerlib import engine
from partnerlib.panels.careers import build_careers, lazy_careers, october_years, retention
from partnerlib.panels.classrooms import collect_classrooms, lazy_classrooms, section_match
from partnerlib.panels.distances import latest_organizations
from partnerlib.panels.first_jobs import build_first_jobs
from partnerlib.panels.high_needs import TOP_QUARTILE, HighNeedsRule, high_needs_schools
from partnerlib.panels.homes import home_places
from partnerlib.panels.inputs import Processed
from partnerlib.panels.placements import placements_with_hosts
from partnerlib.panels.positions import TEACHER_JOBS, october_positions, successors
from partnerlib.restricted import Restricted


@dataclass(frozen=True, repr=False)
class Panels(Restricted):
    """The panels of one processed folder, as they could be known at the end of `as_of`."""

    processed: Processed
    teacher_jobs: tuple[str, ...]
    """EPIMS job codes counted as teacher."""
    high_needs_rule: HighNeedsRule
    school_years: tuple[int, int]
    """First and last school year with an October collection. The first cannot say who is new, the last who stayed."""
    organizations: pd.DataFrame
    """Every organization as last listed, by code and role."""
    high_needs: pd.DataFrame
    """School by year: share of high-needs students and whether the school counts as high-needs."""
    placements: pd.DataFrame
    """Every practicum placement with its host; `first_jobs` holds one of them per candidate."""
    careers: pd.DataFrame
    """Person by October at work."""
    first_jobs: pd.DataFrame
    """Candidate: practicum, completion, link and first job."""
    lazy_classrooms: nw.LazyFrame = field(repr=False)
    """Teacher by student by subject by year, not computed: aggregate it before collecting at state scale."""
    _positions: nw.LazyFrame = field(repr=False)
    _histories: nw.LazyFrame = field(repr=False)
    _places: nw.LazyFrame | None = field(repr=False, default=None)
    """Successors of closed organizations, when they count as the same place."""

    @property
    def as_of(self) -> int:
        """The school year the panels look from: the one asked for, else the last with a collection."""
        return self.processed.as_of or self.school_years[1]

    def classrooms(self) -> pd.DataFrame:
        """The classroom panel in pandas, its grain and weights checked."""
        return collect_classrooms(self.lazy_classrooms)

    def homes(self) -> pd.DataFrame:
        """Where each candidate came from, as the place of the home town."""
        return home_places(self.processed, self.organizations)

    def section_match(self) -> pd.DataFrame:
        """Sections of tested subjects with and without a teacher, by year."""
        return section_match(self.processed)

    def retention(self, years: int) -> pd.DataFrame:
        """Who is still there after `years` years at each level, with returners and without: a row per career row."""
        return retention(self._positions, self._histories, years, self._places)


def load_panels(
    processed: Path,
    as_of: int | None = None,
    teacher_jobs: Collection[str] = TEACHER_JOBS,
    high_needs: HighNeedsRule = TOP_QUARTILE,
    follow_successors: bool = False,
) -> Panels:
    """The panels of a processed folder, using only school years up to `as_of`, its end-of-year collections included.

    Parameters
        teacher_jobs: EPIMS job codes counted as teacher (TEACHER_JOBS, or BROAD_TEACHER_JOBS)
        high_needs: when a school counts as a high-needs school
        follow_successors: whether the staff of a closed school who went on to the one that took it over have stayed;
            by default they have moved, as in the published rates, where a school is its code
    """
    tables = Processed(Path(processed), as_of)
    positions = october_positions(tables, teacher_jobs)
    octobers = october_years(positions)
    histories = engine.hold(lazy_careers(tables, positions))
    places = successors(tables) if follow_successors else None
    careers = build_careers(positions, histories, places)
    organizations = latest_organizations(tables)
    schools = high_needs_schools(tables, high_needs)
    placements = placements_with_hosts(tables, careers, organizations, schools)
    return Panels(
        processed=tables,
        teacher_jobs=tuple(sorted(teacher_jobs)),
        high_needs_rule=high_needs,
        school_years=(octobers[0], octobers[-1]),
        organizations=organizations,
        high_needs=schools,
        placements=placements,
        careers=careers,
        first_jobs=build_first_jobs(tables, placements, careers, organizations, schools),
        lazy_classrooms=lazy_classrooms(tables),
        _positions=positions,
        _histories=histories,
        _places=places,
    )
