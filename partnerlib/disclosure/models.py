"""What a fitted model may publish: coefficients nobody can be read out of, rounded, with a size to the nearest five.

A regression is a table in other words. A dummy that is true for one candidate returns the candidate's outcome to six
decimals, and checking tools pass it. Here a model is refused unless every printed coefficient rests on enough people of
each outcome and no person makes up half of it. Only shapes are known: nothing of how models are fitted is imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
import pandas as pd

from partnerlib.disclosure.significance import nearest_five, round_to, significant, step_for
from partnerlib.errors import ReleaseRefused

MINIMUM_PEOPLE = 10
FEWEST_DEGREES_OF_FREEDOM = 10
"""Residual degrees of freedom below which a fit is close to its data. Source: the defaults of acro 1.0."""
MOST_LEVERAGE = 0.5
"""From here on a row makes up half of its own fitted value, at 1 all of it."""
MOST_PULL = 0.5
"""From here on one person makes up half of a coefficient."""

ROW_LEVEL_WORDS = ("resid", "fitted", "yhat", "leverage", "hat_diag", "cooks", "dfbeta", "dffits", "influence")
"""What names of columns about single rows of a model begin with or contain."""

PRINTED_COLUMNS = (
    "outcome", "specification", "estimand", "term", "estimate", "std_error", "low", "high", "n", "people", "clusters",
    "clustering", "sample_id",
)  # fmt: skip
"""No p-value (it gives the coefficient to more digits), no log likelihood, no caution (cautions count rows)."""


class Support(Protocol):
    """How many people stand behind the terms of a fit."""

    @property
    def terms(self) -> pd.DataFrame: ...
    @property
    def residual_degrees_of_freedom(self) -> int: ...
    @property
    def leverage(self) -> float: ...
    @property
    def exposure_leverage(self) -> float: ...
    @property
    def exposures(self) -> tuple[str, ...]: ...
    @property
    def is_binary(self) -> bool: ...
    @property
    def is_saturated(self) -> bool: ...
    @property
    def fewest_in_a_cell(self) -> int: ...


class FittedModel(Protocol):
    """The shape of a model's estimates."""

    @property
    def terms(self) -> pd.DataFrame: ...
    @property
    def estimand(self) -> str: ...
    @property
    def outcome(self) -> str: ...
    @property
    def specification(self) -> str: ...
    @property
    def clustering(self) -> str: ...
    @property
    def n(self) -> int: ...
    @property
    def people(self) -> int: ...
    @property
    def clusters(self) -> int: ...
    @property
    def sample_id(self) -> str: ...
    @property
    def support(self) -> Support | None: ...


@dataclass(frozen=True)
class ModelFinding:
    """One reason why a model may not be published. Holds no count and no value of anybody."""

    model: str
    rule: str
    where: str
    """The coefficient, the effect or the pair of models it is about."""
    remedy: str

    def __str__(self) -> str:
        return f"{self.model}: {self.where}: {self.rule}; {self.remedy}"


def check_model(model: FittedModel, minimum: int = MINIMUM_PEOPLE) -> tuple[ModelFinding, ...]:
    """Every reason why the printed coefficients of a model would tell about single people; empty when there is none.

    Only terms that are listed are asked for their people: a covariate kept in the model and out of the table, or an
    absorbed effect, takes its people's outcomes with it. Leverage is that of the exposures when nothing else is listed.
    """
    name = f"model of {model.outcome} ({model.specification})"
    support = model.support
    if support is None:
        return (
            ModelFinding(name, "the people behind its terms were not counted", "every term", "publish it as a study"),
        )
    found: list[ModelFinding] = []
    if model.people < minimum:
        found.append(ModelFinding(name, f"fewer than {minimum} people", "the sample", "pool years or units"))
    if support.residual_degrees_of_freedom < FEWEST_DEGREES_OF_FREEDOM:
        found.append(
            ModelFinding(
                name, f"fewer than {FEWEST_DEGREES_OF_FREEDOM} residual degrees of freedom", "the whole fit",
                "leave covariates or effects out, or pool years",
            )
        )  # fmt: skip
    listed = list(model.terms["term"])
    found += _small_terms(name, listed, support, minimum)
    is_exposures_only = bool(listed) and set(listed) <= set(support.exposures)
    if (support.exposure_leverage if is_exposures_only else support.leverage) >= MOST_LEVERAGE:
        advice = "merge small categories" if is_exposures_only else "list the exposures only, or merge small categories"
        found.append(
            ModelFinding(name, f"leverage of a row at or above {MOST_LEVERAGE}", "the listed terms together", advice)
        )
    if support.is_saturated and support.is_binary and support.fewest_in_a_cell < minimum:
        found.append(
            ModelFinding(
                name, f"a fitted group has fewer than {minimum} people with or without the outcome",
                "saturated: it is a table of groups by outcome", "publish the protected table instead",
            )
        )  # fmt: skip
    return tuple(found)


def _small_terms(name: str, listed: Sequence[str], support: Support, minimum: int) -> list[ModelFinding]:
    counted = support.terms.set_index("term")
    found = []
    for term in listed:
        if term not in counted.index:
            found.append(ModelFinding(name, "the people behind it were not counted", f"term '{term}'", "leave it out"))
            continue
        row = counted.loc[term]
        if row["fewest"] < minimum or row["people"] < minimum:
            side = "of one outcome " if support.is_binary else ""
            rule = f"rests on fewer than {minimum} people {side}on one side"
            found.append(ModelFinding(name, rule, f"term '{term}'", "merge the category, or keep() other terms only"))
        if row["pull"] >= MOST_PULL:
            rule = f"one person makes up {MOST_PULL:.0%} of the coefficient or more"
            found.append(ModelFinding(name, rule, f"term '{term}'", "merge the category, or keep() other terms only"))
    return found


def check_models(models: Sequence[FittedModel], minimum: int = MINIMUM_PEOPLE) -> tuple[ModelFinding, ...]:
    """The findings of each model, and of every pair whose difference is a handful of people.

    Two models of one outcome or one sample whose rows or people differ by 1-9: their difference is an answer about
    those few. Both are refused; fitted on the rows they share, both may go out.
    """
    found = [finding for model in models for finding in check_model(model, minimum)]
    for one, other in combinations(models, 2):
        if one.outcome != other.outcome and one.sample_id != other.sample_id:
            continue
        if any(0 < abs(a - b) < minimum for a, b in ((one.n, other.n), (one.people, other.people))):
            found.append(
                ModelFinding(
                    f"models of {one.outcome}", f"their samples differ by fewer than {minimum} people",
                    f"'{one.specification}' and '{other.specification}'", "fit both on the rows they share",
                )
            )  # fmt: skip
    return tuple(found)


def release_models(models: Sequence[FittedModel], minimum: int = MINIMUM_PEOPLE) -> pd.DataFrame:
    """The printed coefficients of models that may be published together; none of them when one may not.

    Rounding
        coefficients 3 significant figures (of a saturated fit, steps that hold three possible counts); standard errors
        3 figures or the step that leaves n open by five, whichever is coarser; intervals from the printed two;
        n, people and clusters to the nearest 5
    Errors
        ReleaseRefused with every finding of every model
    """
    if found := check_models(models, minimum):
        raise ReleaseRefused("models: nothing is published\n" + "\n".join(f"- {finding}" for finding in found))
    frames = [_printed(model) for model in models]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(PRINTED_COLUMNS))


def _printed(model: FittedModel) -> pd.DataFrame:
    errors = np.array([round_to(value, step_for(value, model.people)) for value in model.terms["std_error"]])
    estimates = np.array([_coefficient(model, term, value) for term, value in _coefficients(model)])
    reach = 1.96 * errors
    return pd.DataFrame(
        {
            "outcome": model.outcome,
            "specification": model.specification,
            "estimand": model.estimand,
            "term": model.terms["term"].to_numpy(),
            "estimate": estimates,
            "std_error": errors,
            "low": [significant(value) for value in estimates - reach],
            "high": [significant(value) for value in estimates + reach],
            "n": nearest_five(model.n),
            "people": nearest_five(model.people),
            "clusters": nearest_five(model.clusters),
            "clustering": model.clustering,
            "sample_id": model.sample_id,
        }
    )


def _coefficients(model: FittedModel) -> list[tuple[str, float]]:
    return list(zip(model.terms["term"], model.terms["estimate"].astype(float), strict=True))


def _coefficient(model: FittedModel, term: str, value: float) -> float:
    support = model.support
    if support is None or not (support.is_saturated and support.is_binary):
        return significant(value)
    smaller_side = float(support.terms.set_index("term").loc[term, "people"])
    return round_to(value, step_for(1.0, smaller_side, values=3))


def check_group_effects(
    effects: pd.DataFrame,
    people: str,
    minimum: int = MINIMUM_PEOPLE,
    fewest: str | None = None,
    is_person: bool = False,
) -> tuple[ModelFinding, ...]:
    """Whether a list of group effects (providers, districts) may be printed: every group at the threshold.

    people   column with the people of a group; fewest: column with those of its rarer outcome, if yes or no
    is_person  the groups are people (teachers): never listed, whatever their number of students
    """
    if is_person:
        return (ModelFinding("group effects", "each is about one person", "every effect", "publish their spread only"),)
    smallest = effects[people] if fewest is None else effects[[people, fewest]].min(axis="columns")
    if (smallest.fillna(0) < minimum).any():
        return (
            ModelFinding(
                "group effects", f"groups of fewer than {minimum} people of one outcome", "some of the groups",
                "list the groups at the threshold, and the others as one",
            ),
        )  # fmt: skip
    return ()


def refuse_rows(tables: Mapping[str, pd.DataFrame], rows: Sequence[int] = ()) -> None:
    """Refuse residuals, fitted values and influence: tables with a line per person, under any name.

    rows: numbers of rows of the models published beside; a table as long as one of them is one of rows.
    """
    wrong = []
    for name, table in tables.items():
        columns = [str(c) for c in table.columns if any(word in str(c).lower() for word in ROW_LEVEL_WORDS)]
        if columns:
            wrong.append(f"{name}: column {', '.join(columns)} holds a number per person; publish coefficients only")
        elif len(table) >= MINIMUM_PEOPLE and len(table) in set(rows):
            wrong.append(f"{name}: as many lines as the model has rows; publish coefficients only")
    if wrong:
        raise ReleaseRefused("models: " + "; ".join(wrong))
