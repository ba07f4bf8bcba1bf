"""Do candidates of better mentors become better teachers? A mentor's value added from years without the candidate.

In the year of student teaching the candidate teaches part of the mentor's class: the year's luck is in both. A mentor's
effect here never rests on that year, and is shrunken, because it stands on the right of the regression.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.few_clusters import climb, linear_few_clusters, written_out
from partnerlib.models.linear import Question
from partnerlib.models.new_teachers import novice_effects
from partnerlib.models.regression_calibration import regression_calibration
from partnerlib.models.results import Estimates
from partnerlib.models.value_added import ValueAdded
from partnerlib.models.value_added_drift import Drift
from partnerlib.models.variance_components import as_regressor

MENTORS_CAN_BE_WRONG = (
    "Mentors are not given by lot: stronger candidates get better mentors, and what makes a candidate strong is seen "
    "in part only.",
    "Only pairs are seen in which mentor and novice both teach tested grades and subjects.",
    "A mentor and a novice in one school share its students and its luck; look at those hired elsewhere alone, too.",
    "A shrunken effect stands for the true one only as far as the model of teacher effects holds.",
)
TRAITS = ("license_field", "program_level", "grade_point_average", "gender", "race_ethnicity")


def mentor_effects(
    model: ValueAdded | Drift, placements: pd.DataFrame, hosted: pd.DataFrame | None = None
) -> pd.DataFrame:
    """A mentor's effect for every placement, from years in which no candidate of the placement was in the room.

    With `ValueAdded` the lasting effect; with `Drift` the effect forecast for the year of student teaching.

    Parameters
        placements  practitioner_mepid, placement_year
        hosted      practitioner_mepid, placement_year of every placement known: all years a mentor hosted are left out,
                    not only that of the candidate
    Returns
        practitioner_mepid, placement_year, mentor_effect (shrunken), mentor_reliability, mentor_mean (unshrunken; as
        precise as the forecast allows) and mentor_noise (its variance around the mentor's effect); no row for a mentor
        without another year
    """
    pair = ["practitioner_mepid", "placement_year"]
    require_columns(placements, pair, "mentor effects")
    asked = placements[pair].dropna().drop_duplicates()
    asked = asked.set_axis(["mepid", "school_year"], axis=1).astype({"school_year": "int64"})
    asked = asked.sort_values(["mepid", "school_year"], ignore_index=True)
    barred = asked.rename(columns={"school_year": "barred"}).assign(school_year=asked["school_year"])
    if hosted is not None:
        years = hosted[pair].dropna().drop_duplicates().set_axis(["mepid", "barred"], axis=1)
        barred = pd.concat([barred, asked.merge(years.astype({"barred": "int64"}), on="mepid")], ignore_index=True)
    if isinstance(model, Drift):
        left_out = barred.groupby(["mepid", "school_year"])["barred"].agg(tuple).rename("also_left_out").reset_index()
        found = model.forecast(left_out).rename(columns={"forecast": "effect_shrunken"})
    else:
        years = asked.rename(columns={"school_year": "hosting"}).merge(model.teacher_years, on="mepid")
        keys = pd.MultiIndex.from_frame(years[["mepid", "hosting", "school_year"]])
        inside = keys.isin(pd.MultiIndex.from_frame(barred[["mepid", "school_year", "barred"]]))
        found = as_regressor(years[~inside], model.variances, ["mepid", "hosting"])
        found = found.rename(columns={"hosting": "school_year"})
    variance = model.by_lag[0] if isinstance(model, Drift) else model.variances.persistent
    known = found[found["reliability"] > 0]
    return pd.DataFrame(
        {
            "practitioner_mepid": known["mepid"],
            "placement_year": known["school_year"],
            "mentor_effect": known["effect_shrunken"],
            "mentor_reliability": known["reliability"],
            "mentor_mean": known["effect_shrunken"] / known["reliability"],
            "mentor_noise": variance * (1 / known["reliability"] - 1),
        }
    ).reset_index(drop=True)


def mentor_ladder(
    models: Sequence[ValueAdded],
    hired: pd.DataFrame,
    *,
    sample_id: str,
    hosted: pd.DataFrame | None = None,
    drifting: Sequence[Drift] = (),
    covariates: Sequence[str] = TRAITS,
    cluster: str = "practitioner_mepid",
) -> tuple[Estimates, ...]:
    """Value added of novices per unit of their mentor's: raw, with experience, traits, within providers and schools.

    One unit is one SD of student scores on both sides: 0.2 means that a fifth of what a mentor is better by is found
    again in the novice's own students. All subjects together, each novice with the mentor's effect in the same subject.

    Formula
        novice's effect (unshrunken, weighted by precision) = b x mentor's effect (other years) + covariates, where the
        mentor's effect is shrunken towards what the covariates of the rung predict (`regression_calibration`)
    Errors
        CR2 by mentor (or `placement_school_code`), Satterthwaite degrees of freedom
    Parameters
        drifting  drift of each model, in the same order: mentors' effects are then forecast for the placement year
        hosted    see `mentor_effects`
    """
    require_columns(hired, ["practitioner_mepid", "placement_year", cluster], "mentors and novices")
    pair = ["practitioner_mepid", "placement_year"]
    parts = []
    for place, model in enumerate(models):
        effects = mentor_effects(drifting[place] if drifting else model, hired, hosted)
        novices = novice_effects(model.teacher_effects, hired).astype({"placement_year": "Int64"})
        parts.append(novices.merge(effects.astype({"placement_year": "Int64"}), on=pair, how="inner"))
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        raise DataError(
            "mentors and novices: no novice in a tested grade has a mentor with scores in another year; "
            "use both subjects, or more years"
        )
    question = Question(
        outcome="effect",
        exposures=("mentor_effect",),
        estimand="value added of a novice's students per unit of the mentor's value added in other years",
        cluster=cluster,
        person="mepid",
        sample_id=sample_id,
        wrong_if=MENTORS_CAN_BE_WRONG,
    )
    level = [name for name in ("first_job_grade_level",) if name in rows]
    adjusted = ("experience_years", "subject", *level)
    everything = (*adjusted, *(trait for trait in covariates if trait in rows))
    rungs: list[tuple[str, Sequence[str], Sequence[str]]] = [
        ("raw", (), ()),
        ("+ experience", adjusted, ()),
        ("+ candidate traits", everything, ()),
        ("+ provider", everything, ("provider_code",)),
        ("+ placement school", everything, ("placement_school_code",)),
    ]
    possible = [rung for rung in rungs if all(effect in rows for effect in rung[2])]
    return climb(possible, lambda name, terms, effects: _rung(rows, question, name, terms, effects))


def _rung(
    rows: pd.DataFrame, question: Question, name: str, covariates: Sequence[str], effects: Sequence[str]
) -> Estimates:
    """One specification, with mentors' effects shrunken towards what its covariates say of the mentor."""
    needed = [question.cluster, *(factor for effect in effects for factor in effect.split("^"))]
    known = rows.dropna(subset=needed).reset_index(drop=True)
    beside, _ = written_out(known, replace(question, exposures=()), covariates, effects)
    shrunken, variance = regression_calibration(
        known["mentor_mean"], known["mentor_noise"], known["precision"], known["practitioner_mepid"], beside
    )
    asked = known.assign(mentor_effect=shrunken)
    found = linear_few_clusters(asked, question, name, covariates, effects, weights="precision")
    reliability = float((variance / (variance + known["mentor_noise"])).mean())
    return replace(found, statistics={**found.statistics, "reliability beside covariates": reliability})
