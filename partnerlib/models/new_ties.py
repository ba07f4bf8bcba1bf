"""Did a new tie between a provider and a district change where its graduates are hired?

A tie starts with the first practicum of the provider in the district, after years without one. What follows is compared
with pairs without a tie. The answer begins with what could have been found at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import ADOPTION_CAN_BE_WRONG, Adoption, AdoptionPanel, adoption_panel
from partnerlib.models.design import require_columns
from partnerlib.models.event_study import EventStudy, JointTest
from partnerlib.models.few_treated import RandomizationTest, randomization_test
from partnerlib.models.imputation import imputed_effects
from partnerlib.models.power import Detectable, detectable_effect
from partnerlib.models.results import Estimates
from partnerlib.models.stacked import stacked_effect, two_way_fixed_effects
from partnerlib.models.staggered_adoption import group_time_effects

QUIET_YEARS = 2
"""Years without a practicum before a first one counts as a start: earlier ties may have begun before the data do."""

TIES_CAN_BE_WRONG = (
    *ADOPTION_CAN_BE_WRONG[:2],
    "A practicum is where candidates live or want to work: those who would have been hired there anyway begin the tie.",
    "Hires of one pair are missed by another: pairs of a provider share its completers, pairs of a district its posts.",
)


@dataclass(frozen=True)
class NewTies:
    """What new ties changed, beginning with what could have been found."""

    panel: AdoptionPanel
    detectable: Detectable
    ladder: tuple[Estimates, ...]
    """Two-way fixed effects (to be compared, not believed), group-time, imputed and stacked."""
    study: EventStudy
    """Group-time effects by years since the start."""
    pretrend: JointTest
    """Whether pairs with a tie to come already differed, from the imputation's untreated cells."""
    chance: RandomizationTest

    @property
    def sentence(self) -> str:
        """The finding: effect, interval, years before, chance; and whether it was to be found at all."""
        effect = self.ladder[1]["effect"]
        told = "can" if effect["low"] > 0 or effect["high"] < 0 else "cannot"
        before = f"{self.pretrend.effects} year{'s' if self.pretrend.effects > 1 else ''} before"
        differed = "differed" if self.pretrend.p_value < 0.05 else "did not differ"
        return (
            f"{effect['estimate']:+.2f} hires a year (95% {effect['low']:+.2f} to {effect['high']:+.2f}), which {told} "
            f"be told from nothing; pairs with a tie to come {differed} from the others {before} "
            f"(p = {self.pretrend.p_value:.2f}). {self.chance.sentence}"
        )

    @property
    def cautions(self) -> tuple[str, ...]:
        everything = (*(sentence for fit in self.ladder for sentence in fit.cautions), *self.chance.cautions)
        return tuple(dict.fromkeys(everything))


def tie_cells(candidates: pd.DataFrame, last_year: int, quiet_years: int = QUIET_YEARS) -> pd.DataFrame:
    """How many of a provider's completers of a year had their first job in a district by the first October after.

    One row per provider, district (that ever hosted or hired) and completion year: pair, provider_code, district_code,
    completion_year, hires, completers, tie_year (of the first practicum; missing where there is none).

    Parameters
        candidates   rows of first jobs: placed and completed, teachers of record left out
        last_year    last completion year whose first October is known
        quiet_years  pairs with a practicum in the first so many years are left out: their start is not seen
    """
    needed = ["provider_code", "completion_year", "placement_year", "placement_district_code",
              "first_job_district_code", "employed_first_october"]  # fmt: skip
    require_columns(candidates, needed, "ties of providers and districts")
    placed = candidates.dropna(subset=["provider_code", "placement_district_code", "placement_year"])
    done = candidates.dropna(subset=["provider_code", "completion_year"])
    done = done[done["completion_year"] <= last_year]
    if placed.empty or done.empty:
        raise DataError("ties of providers and districts: no practicum, or no completer whose first October is known")
    first_seen = int(min(placed["placement_year"].min(), done["completion_year"].min()))
    years = range(first_seen, last_year + 1)
    hired = done[done["employed_first_october"].fillna(False).astype(bool)].dropna(subset=["first_job_district_code"])
    hired = hired.rename(columns={"first_job_district_code": "district_code"})
    key = ["provider_code", "district_code"]
    hires = hired.groupby([*key, "completion_year"]).size().rename("hires")
    starts = (
        placed.rename(columns={"placement_district_code": "district_code"}).groupby(key)["placement_year"].min()
    ).rename("tie_year")
    every_year = done.groupby("provider_code")["completion_year"].nunique() == len(years)
    providers = pd.Series(every_year.index[every_year], name="provider_code")
    districts = pd.Series(sorted({*hired["district_code"], *starts.index.get_level_values(1)}), name="district_code")
    grid = (
        providers.to_frame().merge(districts, how="cross").merge(pd.Series(years, name="completion_year"), how="cross")
    )
    completers = done.groupby(["provider_code", "completion_year"]).size().rename("completers")
    cells = (
        grid.join(hires, on=[*key, "completion_year"])
        .join(completers, on=["provider_code", "completion_year"])
        .join(starts, on=key)
    )
    seen_to_start = cells["tie_year"].isna() | (cells["tie_year"] >= first_seen + quiet_years)
    return (
        cells[seen_to_start]
        .assign(
            pair=cells["provider_code"] + "-" + cells["district_code"],
            hires=cells["hires"].fillna(0).astype(float),
            tie_year=cells["tie_year"].astype("Float64"),
        )
        .reset_index(drop=True)
    )


def new_ties(
    cells: pd.DataFrame, *, sample_id: str, rng: np.random.Generator, before: int = 2, after: int = 1
) -> NewTies:
    """Hires a year that a new tie brought, by four estimators, with the smallest effect that could have been found.

    Formula
        hires of a pair and year, as in `staggered_adoption`, `imputation` and `stacked` (window `before`, `after`);
        compared with pairs that have no tie yet
    Errors
        by pair; pairs of one provider or district hang together, which is not counted
    """
    if "hires" not in cells:
        raise ParameterError("new ties: cells as `tie_cells` gives them are needed")
    asked = Adoption(
        outcome="hires",
        unit="pair",
        year="completion_year",
        first_year="tie_year",
        estimand="change in the completers of a year hired by the district by the first October after completion",
        sample_id=sample_id,
        wrong_if=TIES_CAN_BE_WRONG,
    )
    panel = adoption_panel(cells, asked)
    people = int(cells.drop_duplicates(["provider_code", "completion_year"])["completers"].sum())
    panel = replace(panel, people=people)
    detectable = detectable_effect(panel, _group_time)
    found = group_time_effects(panel)
    imputed = imputed_effects(panel)
    ladder = (
        two_way_fixed_effects(panel),
        found.aggregate(),
        imputed.overall(),
        stacked_effect(panel, before, after),
    )
    return NewTies(
        panel=panel,
        detectable=detectable,
        ladder=ladder,
        study=found.event_study(),
        pretrend=imputed.event_study().pretrend(),
        chance=randomization_test(panel, _group_time, rng),
    )


def _group_time(panel: AdoptionPanel) -> float:
    return float(group_time_effects(panel).aggregate()["effect"]["estimate"])
