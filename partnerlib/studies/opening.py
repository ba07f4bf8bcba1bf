"""The data of one report year, up to date: panels, estimates and value added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from partnerlib import pipeline
from partnerlib.codes import STATE_CODE
from partnerlib.measures import find
from partnerlib.models.value_added import ValueAdded
from partnerlib.panels import Panels, load_panels
from partnerlib.project import Project, project
from partnerlib.studies.series import statewide_retention


@dataclass(frozen=True)
class Study:
    """The data of one report year, ready to be questioned."""

    project: Project
    report_year: int
    panels: Panels
    estimates: pd.DataFrame = field(repr=False)
    """Every measure for every unit, before disclosure control: for the researcher's eyes."""

    @property
    def processed(self) -> Path:
        return self.project.processed

    @property
    def is_synthetic(self) -> bool:
        """Whether any organization is invented; then every figure says so."""
        return bool(self.panels.organizations["is_synthetic"].any())

    @cached_property
    def value_added(self) -> Mapping[str, ValueAdded]:
        """The value-added model of each tested subject."""
        return pipeline.value_added_models(self.panels)

    @property
    def teacher_effects(self) -> pd.DataFrame:
        """Value added of every teacher, subject and year, of all tested subjects."""
        return pd.concat([model.teacher_effects for model in self.value_added.values()], ignore_index=True)

    def cells(
        self,
        *measures: str,
        kind: str = "state",
        code: str | None = None,
        cohort: int | None = None,
        window: int = 3,
        group: str = "",
    ) -> pd.DataFrame:
        """The estimates of some measures, in their order: for one kind of unit, one window, all or one cohort.

        `group` is a subgroup dimension ('' for everybody). A measure that does not exist is an error with the nearest.
        """
        names = [find(name).name for name in measures]
        table = self.estimates
        chosen = table[
            table["measure"].isin(names)
            & (table["unit_kind"] == kind)
            & (table["window_years"] == window)
            & (table["group"] == group)
        ]
        if kind == "state" or code:
            chosen = chosen[chosen["unit_code"] == (code or STATE_CODE)]
        if cohort is not None:
            chosen = chosen[chosen["cohort"] == cohort]
        rank = chosen["measure"].map({name: place for place, name in enumerate(names)})
        return chosen.assign(rank=rank).sort_values(["rank", "unit_code", "cohort", "group_value"]).drop(columns="rank")

    def published_retention(self, published: str = "") -> pd.DataFrame:
        """The state's published retention series with the level of every point; no row when no such file was built.

        `published` is a processed folder that holds the real published series; this study's own when empty.
        """
        folder = Path(published).expanduser() if published else self.processed
        return statewide_retention(pd.read_parquet(folder / "staff_retention_published.parquet"))


def open_study(raw: str = "", processed: str = "", report_year: int = 0) -> Study:
    """Bring the tables up to date and open one report year; the sample and its newest year unless told otherwise.

    Raises
        DataError       the raw folder holds nothing known
        ParameterError  the year is outside the data; the message names the years inside
    """
    here = project(raw=raw or None, processed=processed or None)
    prepared = pipeline.prepare(here)
    year = pipeline.check_year(here, report_year or None)
    estimates = pd.read_parquet(pipeline.estimate(prepared, year))
    return Study(here, year, load_panels(here.processed, as_of=year), estimates)
