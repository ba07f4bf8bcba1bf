"""What a study notebook starts from: the panels, the estimates and the value added of one report year, up to date.

Studies work on panels with the library's own functions, so that every step of a report can be questioned. Here is the
little that all of them share: opening the data, picking cells of the estimates, and printing them always the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from partnerlib import pipeline
from partnerlib.codes import STATE_CODE, year_label
from partnerlib.disclosure.policy import PRIMARY
from partnerlib.disclosure.sealed import read_release
from partnerlib.display import style
from partnerlib.display.text import cohort_label
from partnerlib.measures import find
from partnerlib.models.value_added import ValueAdded
from partnerlib.panels import Panels, load_panels
from partnerlib.project import Project, project
from partnerlib.samples import Sample

LEVEL_WORDS = {
    "school": "school",
    "district": "district",
    "state_school_rollup": "state, sum of schools: a move inside a district is a loss",
    "state_district_rollup": "state, sum of districts: a move inside a district is no loss",
    "state_unduplicated": "state, people counted once: only leaving the position is a loss",
}
"""What each level of a published retention rate counts as lost."""


_PLACE_WORDS = {
    "school": "same school",
    "district": "same district",
    "state_position": "same position in the state",
    "state_any": "any position in the state",
}


SHORT_TITLES = {
    "Placed in a high-needs school": "high-needs school",
    "Placed within 25 miles of the provider": "within 25 miles",
    "Eligible supervising practitioners": "eligible practitioner",
    "Practitioner teaches the candidate's field and grades": "same field and grades",
    "Employed by the first October": "by the first October",
    "Employed within 2 years": "within 2 years",
    "Employed within 3 years": "within 3 years",
    "Ever employed by June of the report year (official)": "ever (official)",
}
"""What a figure's legend has room for."""


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


def statewide_retention(published: pd.DataFrame) -> pd.DataFrame:
    """The state's points of a published retention series: those printed, and the sum of the school rows for every year.

    The sum is computed where a file lists schools and prints no state row. Of several files about one year the one with
    the most people counts. `is_computed` tells the two apart; a year whose file lacks a large district is a lower base,
    so read the rate beside its base.
    """
    counted = published[published["status"].isin(["reported", "zero"])]
    printed_rows = counted[counted["level"].str.startswith("state_")].assign(is_computed=False)
    schools = counted[counted["level"] == "school"]
    sums = schools.groupby(["source_file", "school_year", "role"], as_index=False).agg(
        from_year=("from_year", "first"),
        to_year=("to_year", "first"),
        base_count=("base_count", "sum"),
        retained_count=("retained_count", "sum"),
    )
    sums = sums.assign(level="state_school_rollup", retained_rate=sums["retained_count"] / sums["base_count"])
    points = pd.concat([printed_rows, sums.assign(is_computed=True)], ignore_index=True)
    largest = points.sort_values(["is_computed", "base_count", "source_file"], ascending=[True, False, True])
    chosen = largest.drop_duplicates(["role", "level", "school_year"])
    words = chosen["level"].map(LEVEL_WORDS)
    return chosen.assign(level_in_words=words).sort_values(["role", "level", "school_year"], ignore_index=True)


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


def printed(cells: pd.DataFrame, columns: Sequence[str] = ("measure",), digits: int = 3) -> str:
    """Cells as a plain table, the same on every run: the columns asked for, then value, interval and people."""
    shown = pd.DataFrame(
        {
            **{column: cells[column].astype("str") for column in columns},
            "cohort": [
                cohort_label(cohort, window)
                for cohort, window in zip(cells["cohort"], cells["window_years"], strict=True)
            ],
            "value": _rounded(cells["value"], digits),
            "low": _rounded(cells["low"], digits),
            "high": _rounded(cells["high"], digits),
            "denominator": _rounded(cells["denominator"], 0),
            "people": _rounded(cells["people"], 0),
            "status": cells["status"],
        }
    )
    return shown.to_string(index=False)


def _rounded(numbers: pd.Series, digits: int) -> list[str]:
    return ["" if pd.isna(value) else f"{value + 0.0:,.{digits}f}" for value in numbers]


def charted(
    cells: pd.DataFrame, label: str = "cohort", series: str = "measure", names: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Cells as the frame a figure draws: label and series taken from two columns, cohorts printed as school years."""
    words = cells.assign(
        cohort=[cohort_label(c, w) for c, w in zip(cells["cohort"], cells["window_years"], strict=True)],
        measure=cells["measure"].map(lambda name: find(name).title),
    )
    spoken = {**SHORT_TITLES, **(names or {})}
    chosen = words[series].astype("str").map(lambda word: spoken.get(word, word))
    return pd.DataFrame(
        {"label": words[label].astype("str"), "series": chosen}
        | {column: cells[column] for column in ("value", "low", "high", "people")}
    ).sort_values("label", kind="stable", ignore_index=True)


def curve(cells: pd.DataFrame) -> pd.DataFrame:
    """Retention cells as the frame of a curve: a line per level, from everybody at the start to the last horizon.

    Of every measure the newest window all of whose cohorts are old enough for it, so that a point never rests on fewer
    cohorts than its neighbours. Measures are named retained_<level>_<years>y.
    """
    whole = cells[cells["value"].notna() & ~cells["note"].str.contains("rests on")]
    known = whole.sort_values("cohort").groupby("measure", sort=False).tail(1)
    parts = known["measure"].str.extract(r"^retained_(?P<level>.+)_(?P<years>\d+)y")
    points = pd.DataFrame({"series": parts["level"].map(_PLACE_WORDS), "years": parts["years"].astype(int)})
    points = points.assign(**{column: known[column] for column in ("value", "low", "high", "people")})
    starts = points.drop_duplicates("series").assign(years=0, value=1.0, low=1.0, high=1.0)
    order = {words: place for place, words in enumerate(_PLACE_WORDS.values())}
    joined = pd.concat([starts, points])
    return joined.assign(rank=joined["series"].map(order)).sort_values(["rank", "years"]).drop(columns="rank")


def retention_series(published: pd.DataFrame) -> str:
    """A published state series as a table: every point with the level it was counted at."""
    shown = pd.DataFrame(
        {
            "year": published["school_year"].map(year_label),
            "role": published["role"],
            "base": [f"{count:,.0f}" for count in published["base_count"]],
            "retained": [f"{count:,.0f}" for count in published["retained_count"]],
            "rate": [f"{100 * rate:.2f}" for rate in published["retained_rate"]],
            "source": published["is_computed"].map({True: "computed", False: "printed"}),
            "level": published["level_in_words"],
        }
    )
    return shown.drop_duplicates().to_string(index=False)


OUTCOME_WORDS = {
    "stayer": "stayed",
    "mover_in_district": "moved in the district",
    "mover_other_district": "moved to another district",
    "changed_role": "changed role",
    "left": "left",
}


def outcome_shares(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells of an outcomes measure as parts of a whole, a bar per cohort: stayed, moved, changed role, left."""
    order = list(OUTCOME_WORDS)
    known = cells[cells["value"].notna() & cells["group_value"].isin(order)]
    frame = charted(known, label="cohort", series="group_value", names=OUTCOME_WORDS)
    rank = {words: place for place, words in enumerate(OUTCOME_WORDS.values())}
    ranked = frame.assign(rank=frame["series"].map(rank)).sort_values(["label", "rank"], ignore_index=True)
    return ranked.rename(columns={"series": "part"}).drop(columns="rank")


PAIR_MEASURES = ("candidates_placed", "completers_hired", "host_yield_1y", "tie_years", "share_of_beginners")


def pairs(study: Study, minimum_placed: int = 10) -> pd.DataFrame:
    """Partnerships of the last three years, the largest first: what passes from the provider to the district."""
    cells = study.cells(*PAIR_MEASURES, kind="partnership", cohort=study.report_year)
    wide = cells.pivot(index=["unit_code", "unit_name"], columns="measure", values="value")
    wide = wide.reindex(columns=list(PAIR_MEASURES)).reset_index().rename_axis(columns=None)
    large = wide.loc[wide["candidates_placed"] >= minimum_placed]
    return large.sort_values(["candidates_placed", "unit_code"], ascending=[False, True], ignore_index=True)


def looks(frame: pd.DataFrame) -> dict[str, style.Series]:
    """A look for every series of a frame, in the order they first appear: colour and marker, never colour alone."""
    return dict(zip(dict.fromkeys(frame["series"]), style.CYCLE, strict=False))


def ledger(sample: Sample) -> str:
    """A sample's account in words: who is in it, and who was left out at each step and why."""
    lines = [f"Sample {sample.sample_id}"]
    for step in sample.ledger.itertuples():
        if step.step == 0:
            lines.append(f"{step.rows:>9,} rows, {step.people:,} people: {step.reason}")
        else:
            lines.append(f"{-step.dropped_rows:>9,} left out: {step.reason}")
    last = sample.ledger.iloc[-1]
    lines.append(f"{last['rows']:>9,} rows, {last['people']:,} people remain")
    return "\n".join(lines)


ATTACKERS = ("public", "provider", "district", "pair")


def certificate(study: Study) -> str:
    """What the sealed release of the study's year says of itself: attackers, questions, findings, and what it cost.

    A year without a sealed release is said in words: making one takes longer than reading a study.
    """
    folder = study.processed / "releases" / str(study.report_year)
    if not (folder / "manifest.json").is_file():
        return f"No sealed release of {study.report_year} yet: `partnerlib release` makes one."
    manifest = read_release(folder).manifest
    attackers = pd.DataFrame(
        [
            {"attacker": name, "asked": found["asked"], "found": found["exposed"]}
            for name, found in sorted(manifest.audit.items(), key=lambda each: [*ATTACKERS, PRIMARY].index(each[0]))
        ]
    )
    loss = pd.DataFrame(
        [
            {"units": kind, "withheld cells": f"{share['cells']:.1%}", "withheld people": f"{share['people']:.1%}"}
            for kind, share in manifest.loss.items()
        ]
    )
    return "\n".join([f"Policy {manifest.policy}", attackers.to_string(index=False), "", loss.to_string(index=False)])
