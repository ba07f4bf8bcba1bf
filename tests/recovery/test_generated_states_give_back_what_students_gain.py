"""Ten generated states with students: are the planted effects on value added found from scores alone?

What was decided beforehand
    states      seeds 1 to 10, all of them; effects are estimated from scores by `value_added`
    match, mentor, strength
                unbiased: within providers, with experience and the level of the grades taught, and all three beside
                each other; classes with one teacher (a shared class shows the team). The level is needed because an
                effect compares with the teachers of the same grade, while novices of grades 6 to 8 are matched more
                often than those of 4 and 5: without it the match looks 0.01 better (seen in 40 states, and confirmed
                in 36 others before it was written down here)
    experience  unbiased: within teachers and years; teachers with ten years and more hold the calendar still
    providers   unbiased: variance of the means of all their candidates' lasting value added, net of strength and
                mentor, less their mean squared error, before the floor at zero. From the scores of novices nothing
                can be found: some 15 of a provider are seen, their mean is known to 0.05 and the planted spread is 0.02
    criteria    `Recovery.is_unbiased` over the six effects of this file as one family, and `Recovery.covers`
    naive       the mentor alone (stronger candidates get better mentors: too large); mean scores of classes by
                experience (new teachers get weaker classes: too large); the spread of the means of providers' novices
                (sampling error is in it: too large). Nothing in the generator selects on match: there the raw
                difference has no direction to be wrong in, and none is claimed
What falls short
    the mentor is a covariate here, and the errors are clustered by job school: candidates of one mentor share what is
    unknown of it. Over 76 other states the 95% intervals of match and strength held the planted value in 73 each, the
    mentor's in 66. `mentors.mentor_ladder` clusters by mentor, and `make validate` holds it to 95%. Ten states cannot
    show the difference; it is said here
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.heterogeneity import Heterogeneity, heterogeneity
from partnerlib.models.linear import Question, linear
from partnerlib.models.new_teachers import novice_effects
from partnerlib.models.novice_matches import match_ladder
from partnerlib.models.results import Estimates
from partnerlib.models.value_added import value_added
from partnerlib.synth.classrooms import ELA
from partnerlib.synth.parameters import PARAMETERS
from partnerlib.synth.state import State
from validation.states import Recovery, generated, new_teachers, recovery

SEEDS = range(1, 11)
FAMILY = 6
STUDENTS = 60_000
EXPOSURES = ("is_match", "mentor_value_added", "strength")
PLANTED = {
    "is_match": PARAMETERS.match_on_value_added,
    "mentor_value_added": PARAMETERS.mentor_share_of_value_added,
    "strength": PARAMETERS.strength_share_of_value_added * PARAMETERS.value_added_sd_math,
}
RETURNS = {f"experience {year}": PARAMETERS.experience_math[year] for year in range(1, 11)}
UPPER = "teaches_grade_6_or_above"
TESTED_TWICE = (4, 8)
"""Grades of the students who have a score of the year before."""


@dataclass(frozen=True)
class Fits:
    """What is kept of one state: the models, not the state."""

    right: Estimates
    mentor_alone: Estimates
    returns: Estimates
    returns_in_scores: Estimates
    providers: Heterogeneity
    spread_of_means: float
    provider_variance: float
    """From the lasting value added of all candidates, which is on no file."""
    planted_provider_variance: float


def math_classrooms(state: State) -> pd.DataFrame:
    """Rows of the classrooms panel in math: one per student and year, in the generator's SD of scores."""
    parts = []
    for year in state.scale.student_years:
        if year - 1 in state.school_years:
            parts.append(_one_year(state, year))
    return pd.concat(parts, ignore_index=True)


def _one_year(state: State, year: int) -> pd.DataFrame:
    done, before, students = state.school_years[year], state.school_years[year - 1], state.students
    assert students is not None
    is_math = done.sections.kind[done.seat_section] != ELA
    section = np.full(len(students.sasid), -1)
    section[done.seat_student[is_math]] = done.seat_section[is_math]
    prior = np.full((len(students.sasid), 2), np.nan)
    prior[before.tested] = before.score
    who, at = done.tested, section[done.tested]
    rows = pd.DataFrame(
        {
            "mepid": done.sections.teacher[at].astype(str), "sasid": who.astype(str), "school_year": year,
            "subject": "math", "school_code": done.tested_school.astype(str), "class_id": at.astype(str),
            "grade": done.tested_grade.astype(str), "weight": 1.0, "score": done.score[:, 0],
            "lag_score": prior[who, 0], "lag_score_other": prior[who, 1], "is_low_income": students.low_income[who],
            "is_english_learner": students.learner_until[who] >= done.tested_grade,
            "has_disability": students.disability[who] > 0,
            "gender": np.where(students.is_female[who], "F", "M"), "race_ethnicity": students.race[who].astype(str),
        }
    )  # fmt: skip
    alone = (at >= 0) & (done.sections.co_teacher[at] < 0)
    return rows[alone & pd.Series(done.tested_grade).between(*TESTED_TWICE).to_numpy()]


def experience(state: State) -> pd.DataFrame:
    """mepid, school_year and a dummy for each year of experience after the first, ten standing for ten and more."""
    parts = [
        pd.DataFrame({"mepid": october["person"].astype(str), "school_year": year, "seniority": october["seniority"]})
        for year, october in state.histories.octobers.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    years = np.minimum(rows["seniority"].to_numpy(), 10)
    return rows[["mepid", "school_year"]].assign(**{name: years == i for i, name in enumerate(RETURNS, start=1)})


def returns_to_experience(rows: pd.DataFrame, outcome: str, effects: list[str]) -> Estimates:
    question = Question(outcome, tuple(RETURNS), "gain over the first year", "mepid", "mepid", "generated")
    return linear(rows, question, "experience", effects=effects, weights="n_students")


def provider_means(novices: pd.DataFrame) -> pd.DataFrame:
    """Mean effect of each provider's novices, with its standard error over teachers; ten teachers or more."""
    teachers = novices.groupby(["provider_code", "mepid"])["effect"].mean()
    means = teachers.groupby("provider_code").agg(["mean", "std", "size"])
    means = means[means["size"] >= 10]
    return means.assign(std_error=means["std"] / np.sqrt(means["size"]))


def provider_variance(state: State) -> tuple[float, float]:
    """Variance of what providers add, found from all candidates' lasting value added; and as planted."""
    people = state.histories.people
    who = np.flatnonzero((people["mentor"] >= 0) & ~people["is_resident"])
    provider = pd.Series(people["provider"][who])
    frame = pd.DataFrame(
        {
            "value": people["va_math"][who],
            "strength": people["strength"][who],
            "mentor": people["va_math"][people["mentor"][who]],
        }
    )
    within = frame - frame.groupby(provider).transform("mean")
    slopes = np.linalg.lstsq(within[["strength", "mentor"]], within["value"], rcond=None)[0]
    net = (frame["value"] - frame[["strength", "mentor"]] @ slopes).groupby(provider).agg(["mean", "std", "size"])
    net = net[net["size"] >= 10]
    noise = float((net["std"] ** 2 / net["size"]).mean())
    return float(net["mean"].var() - noise), float(np.var(state.geography.provider_effect[net.index], ddof=1))


def fits(seed: int) -> Fits:
    state = generated(seed, STUDENTS)
    classrooms = math_classrooms(state)
    model = value_added(classrooms, "math", sample_id="generated")
    effects = model.teacher_effects
    level = classrooms.groupby("mepid")["grade"].first().astype(int).ge(6).rename(UPPER).reset_index()
    jobs = new_teachers(state).drop(columns=["value_added"]).merge(level, on="mepid", how="left", validate="1:1")
    jobs = jobs.assign(first_job_grade_level=jobs[UPPER].map({True: "middle", False: "elementary"}))
    right, mentor_alone = (
        match_ladder([model], jobs, sample_id="generated", exposures=exposures, covariates=())
        for exposures in (EXPOSURES, ["mentor_value_added"])
    )
    seen = experience(state)
    classes = classrooms.groupby(["mepid", "school_year"])["score"].agg(mean_score="mean", n_students="size")
    returns = returns_to_experience(effects.merge(seen), "effect", ["mepid", "school_year"])
    in_scores = returns_to_experience(classes.reset_index().merge(seen), "mean_score", ["school_year"])
    means = provider_means(novice_effects(effects, jobs))
    found, planted = provider_variance(state)
    return Fits(
        right=right[-1],
        mentor_alone=mentor_alone[0],
        returns=returns,
        returns_in_scores=in_scores,
        providers=heterogeneity(means["mean"].to_list(), means["std_error"].to_list()),
        spread_of_means=float(means["mean"].std()),
        provider_variance=found,
        planted_provider_variance=planted,
    )


@pytest.fixture(scope="module")
def states() -> list[Fits]:
    return [fits(seed) for seed in SEEDS]


@pytest.mark.parametrize("term", PLANTED)
def test_within_providers_match_mentor_and_strength_have_the_planted_effects(states: list[Fits], term: str) -> None:
    found = recovery(PLANTED[term], [state.right[term] for state in states])
    assert found.is_unbiased(FAMILY), str(found)
    assert found.covers(), str(found)
    assert found.error_of_mean < 0.5 * found.planted


def test_the_mentor_alone_takes_the_credit_for_stronger_candidates(states: list[Fits]) -> None:
    excess = [
        s.mentor_alone["mentor_value_added"]["estimate"] - s.right["mentor_value_added"]["estimate"] for s in states
    ]
    assert np.mean(excess) > 2 * np.std(excess, ddof=1) / np.sqrt(len(excess)) > 0


@pytest.mark.parametrize("term", ["experience 1", "experience 2"])
def test_within_teachers_the_returns_to_experience_are_found(states: list[Fits], term: str) -> None:
    found = recovery(RETURNS[term], [state.returns[term] for state in states])
    assert found.is_unbiased(FAMILY), str(found)
    assert found.covers(), str(found)
    assert found.error_of_mean < 0.02


def test_mean_scores_overstate_returns_because_new_teachers_get_weaker_classes(states: list[Fits]) -> None:
    term = "experience 2"
    assert np.mean([state.returns_in_scores[term]["estimate"] for state in states]) > 2 * RETURNS[term]


def test_providers_differ_by_the_planted_variance_once_sampling_error_is_taken_off(states: list[Fits]) -> None:
    errors = np.array([state.provider_variance - state.planted_provider_variance for state in states])
    found = Recovery(0.0, errors, np.full(len(errors), np.nan))
    assert found.is_unbiased(FAMILY), str(found)
    assert 4 * found.error_of_mean < PARAMETERS.provider_value_added_sd**2


def test_the_spread_of_provider_means_as_they_are_is_mostly_noise_and_the_model_says_so(states: list[Fits]) -> None:
    spread = np.array([state.spread_of_means for state in states])
    assert spread.mean() - 2 * spread.std(ddof=1) / np.sqrt(len(spread)) > PARAMETERS.provider_value_added_sd
    assert np.mean([any("mostly noise" in caution for caution in state.providers.cautions) for state in states]) > 0.5
