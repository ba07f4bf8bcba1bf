"""Leaks of models: coefficients, statistics and curves that give a person's outcome or a small count back."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from leak import Leak, Look, refusal
from leaky_state import PROVIDERS, people

from partnerlib.disclosure.models import check_group_effects, check_model, check_models, refuse_rows
from partnerlib.disclosure.statistics import TableStatistic, merge_steps, refuse_thin_steps, release_statistic
from partnerlib.models.linear import Question, linear
from partnerlib.models.logit import logit
from partnerlib.models.results import Estimates
from partnerlib.models.survival import life_table


@cache
def _people() -> pd.DataFrame:
    """Six hundred completers of three providers."""
    frame = people()
    return frame[frame["provider"].isin(PROVIDERS[:3])].sample(600, random_state=4).reset_index(drop=True)


def rows() -> pd.DataFrame:
    frame = _people()
    return frame.assign(person=frame.index.astype(str), is_woman=frame["gender"] == "F", school=frame.index % 60)


def asked(*exposures: str, outcome: str = "is_employed") -> Question:
    return Question(outcome, exposures, "difference in the probability", "school", "person", "completers-00000000")


def fit(frame: pd.DataFrame, *exposures: str, outcome: str = "is_employed", **options: object) -> Estimates:
    return linear(frame, asked(*exposures, outcome=outcome), str(options.pop("name", "raw")), **options)  # type: ignore[arg-type]


def safe() -> Estimates:
    return fit(rows(), "is_woman", "score")


def looks_at(model: Callable[[], Estimates]) -> Look:
    return lambda _: check_model(model())


def tables(_: Path | None = None, **more: pd.DataFrame) -> list[str]:
    coefficients = safe().to_frame()
    return refusal(lambda: refuse_rows({"coefficients": coefficients, **more}, rows=[len(rows())]))


def one_person() -> Estimates:
    return fit(rows().assign(is_one=lambda f: f["person"] == "17"), "is_one", outcome="score")


def two_people() -> Estimates:
    return fit(rows().assign(are_two=lambda f: f["person"].isin(["17", "18"])), "are_two", outcome="score")


def listed_providers() -> Estimates:
    frame = rows()
    few = (frame["provider"] != PROVIDERS[2]) | (frame.index % 20 == 0)
    return linear(frame[few], asked("is_woman"), "with providers", covariates=["provider"])


def all_of_one_outcome() -> Estimates:
    frame = rows()
    return fit(frame.assign(is_employed=frame["is_employed"] | (frame["gender"] == "M")), "is_woman")


def saturated() -> Estimates:
    frame = rows().assign(is_third=lambda f: (f["provider"] == PROVIDERS[2]) & (f.index % 3 == 0))
    frame["both"] = frame["is_third"] & ~frame["is_woman"]
    return fit(frame, "is_woman", "is_third", "both")


def few_degrees() -> Estimates:
    rng = np.random.default_rng(2)
    frame = rows().sample(40, random_state=3).assign(**{f"x{i}": rng.normal(size=40) for i in range(30)})
    return fit(frame, *[f"x{i}" for i in range(30)], outcome="score")


def nearly_separated() -> Estimates:
    """A group in which all but two are employed; with nobody else in it, the logit is refused by itself."""
    frame = rows()
    is_other = ~frame["is_employed"] & ((~frame["is_employed"]).cumsum() <= 2)
    is_rare = ((frame.index < 30) & frame["is_employed"]) | is_other
    return logit(frame.assign(is_rare=is_rare), asked("is_rare"), "logit")


def two_samples(without: int) -> Look:
    frame = rows()
    return lambda _: check_models(
        [fit(frame, "is_woman", name="all"), fit(frame.iloc[without:], "is_woman", name="part")]
    )


def curve() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    spells = pd.DataFrame({"entry": 0, "duration": rng.integers(1, 9, 400), "event": rng.random(400) < 0.5})
    return life_table(spells, sample_id="spells-00000000", event="left").table


def statistic(name: str, people: int = 240, **options: object) -> Look:
    asked_for = TableStatistic(name, 0.7, people, **options)  # type: ignore[arg-type]
    return lambda _: refusal(lambda: release_statistic(asked_for))


def last_step() -> pd.DataFrame:
    last = pd.DataFrame({"from_time": [8.0], "to_time": [9.0], "at_risk": [1], "survival": [0.25],
                         "survival_low": [0.25], "survival_high": [0.25]})  # fmt: skip
    return pd.concat([merge_steps(curve()), last], ignore_index=True)


def effects(fewest: int) -> pd.DataFrame:
    return pd.DataFrame({"provider": ["a", "b"], "effect": [0.02, 0.01], "people": [80, fewest]})


def _model(name: str, planted: Callable[[], Estimates], says: str) -> Leak:
    return Leak(name, "models", looks_at(safe), looks_at(planted), says)


LEAKS = [
    _model("regression with a dummy for one person", one_person, "term 'is_one': one person makes up 50%"),
    _model("regression with a dummy for two people", two_people, "term 'are_two': rests on fewer than 10"),
    _model("model with SO fixed effects listed", listed_providers, f"term 'provider: {PROVIDERS[2]}'"),
    _model("model of a group all of one outcome", all_of_one_outcome, "term 'is_woman': rests on fewer than 10"),
    _model("saturated model of groups by outcome", saturated, "saturated: it is a table"),
    _model("model with as many terms as people", few_degrees, "residual degrees of freedom"),
    _model("logit with a nearly separated group", nearly_separated, "term 'is_rare'"),
    Leak("two regressions whose n differ by 1", "models", two_samples(20), two_samples(1), "differ by fewer than 10"),
    Leak("two regressions whose n differ by 9", "models", two_samples(20), two_samples(9), "differ by fewer than 10"),
    Leak("residuals beside a model", "models", tables,
         lambda _: tables(extra=pd.DataFrame({"residual": [0.25]})), "column residual"),
    Leak("fitted values under another name", "models", tables,
         lambda _: tables(extra=pd.DataFrame({"z": np.arange(len(rows()))})), "as many lines as the model has rows"),
    Leak("influence of single rows", "models", tables,
         lambda _: tables(extra=pd.DataFrame({"cooks_d": [0.25]})), "column cooks_d"),
    Leak("chi-square with margins", "models", statistic("chi-square", fewest_in_a_cell=20),
         statistic("chi-square", fewest_in_a_cell=20, has_margins=True), "with the margins"),
    Leak("alpha of a handful", "models", statistic("alpha"), statistic("alpha", 7), "fewer than 10 people"),
    Leak("intraclass correlation of a small table", "models", statistic("intraclass correlation", fewest_in_a_cell=30),
         statistic("intraclass correlation", fewest_in_a_cell=3), "a cell of fewer than 10"),
    Leak("log likelihood to fourteen digits", "models", statistic("correlation"), statistic("log likelihood"),
         "gives counts"),
    Leak("largest value", "models", statistic("correlation"), statistic("maximum"), "a person's value"),
    Leak("life table as it was computed", "models", lambda _: refusal(lambda: refuse_thin_steps(merge_steps(curve()))),
         lambda _: refusal(lambda: refuse_thin_steps(curve())), "counts people exactly"),
    Leak("last survival step", "models", lambda _: refusal(lambda: refuse_thin_steps(merge_steps(curve()))),
         lambda _: refusal(lambda: refuse_thin_steps(last_step())), "are at risk"),
    Leak("list of group effects", "models", lambda _: check_group_effects(effects(40), "people"),
         lambda _: check_group_effects(effects(4), "people"), "groups of fewer than 10"),
    Leak("value added of single teachers", "models", lambda _: check_group_effects(effects(40), "people"),
         lambda _: check_group_effects(effects(40), "people", is_person=True), "about one person"),
]  # fmt: skip
