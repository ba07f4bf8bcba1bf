"""Variances of teacher effects from products of different years: equal to brute-force sums, right on average."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError
from partnerlib.models.unbiased_variances import unbiased_variances

LASTING = {"math": 0.15, "ela": 0.11}
CORRELATION = 0.6


def invented(rng: np.random.Generator, teachers: int = 150) -> dict[str, pd.DataFrame]:
    """Year means of both subjects: skill, a shock that both subjects of a year share, and noise; one to four years."""
    skill = rng.multivariate_normal([0.3, -0.1], [[1, CORRELATION], [CORRELATION, 1]], teachers)
    skill = skill * list(LASTING.values())
    teacher = np.repeat(np.arange(teachers), 4)
    year = np.tile(np.arange(2015, 2019), teachers)
    shared = rng.normal(0, 0.2, len(teacher))
    frames = {}
    for place, subject in enumerate(LASTING):
        taught = rng.random(len(teacher)) < 0.7
        effect = skill[teacher, place] + shared + rng.normal(0, 0.1, len(teacher))
        frames[subject] = pd.DataFrame({"mepid": teacher.astype(str), "school_year": year, "effect": effect})[taught]
    return frames


def brute_force(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Every pair of different years of one teacher, less every pair of different teachers."""
    own, means = [], []
    for mepid in sorted(set(one["mepid"]) & set(other["mepid"])):
        x, y = one[one["mepid"] == mepid], other[other["mepid"] == mepid]
        products = [
            a.effect * b.effect for a in x.itertuples() for b in y.itertuples() if a.school_year != b.school_year
        ]
        if products:
            own.append(np.mean(products))
            means.append((x["effect"].mean(), y["effect"].mean()))
    between = [a[0] * b[1] for a, b in permutations(means, 2)]
    return float(np.mean(own) - np.mean(between))


def test_variances_and_covariance_equal_sums_over_all_pairs() -> None:
    frames = invented(np.random.default_rng(1), teachers=25)
    found = unbiased_variances(frames, sample_id="invented")
    assert found["variance of math"]["estimate"] == pytest.approx(brute_force(frames["math"], frames["math"]))
    assert found["variance of ela"]["estimate"] == pytest.approx(brute_force(frames["ela"], frames["ela"]))
    covariance = found["covariance of math and ela"]["estimate"]
    assert covariance == pytest.approx(brute_force(frames["math"], frames["ela"]))


def test_without_noise_it_is_the_variance_of_the_teachers_themselves() -> None:
    skill = pd.Series([0.1, -0.2, 0.4, 0.0], index=list("abcd"))
    frame = pd.DataFrame({"mepid": list("abcd") * 3, "school_year": np.repeat([1, 2, 3], 4)})
    frame = frame.assign(effect=frame["mepid"].map(skill))
    found = unbiased_variances({"math": frame}, sample_id="x")
    assert found["variance of math"]["estimate"] == pytest.approx(skill.var(ddof=1))


def test_the_jackknife_leaves_out_whole_teachers_of_all_subjects() -> None:
    frames = invented(np.random.default_rng(2), teachers=12)
    found = unbiased_variances(frames, sample_id="invented")
    names = sorted(set(frames["math"]["mepid"]) | set(frames["ela"]["mepid"]))
    without = [
        unbiased_variances({s: f[f["mepid"] != name] for s, f in frames.items()}, sample_id="x").terms["estimate"]
        for name in names
    ]
    replicates = np.array(without)
    expected = np.sqrt((len(names) - 1) / len(names) * ((replicates - replicates.mean(axis=0)) ** 2).sum(axis=0))
    assert found.terms["std_error"].to_numpy() == pytest.approx(expected)


@pytest.fixture(scope="module")
def estimates() -> list[pd.DataFrame]:
    found = [unbiased_variances(invented(np.random.default_rng(seed)), sample_id="x") for seed in range(60)]
    return [each.terms.set_index("term") for each in found]


@pytest.mark.parametrize(
    ("term", "planted"),
    [
        ("variance of math", LASTING["math"] ** 2),
        ("variance of ela", LASTING["ela"] ** 2),
        ("covariance of math and ela", CORRELATION * LASTING["math"] * LASTING["ela"]),
    ],
)
def test_planted_variances_are_found_although_both_subjects_share_the_shocks_of_a_year(
    estimates: list[pd.DataFrame], term: str, planted: float
) -> None:
    rows = pd.DataFrame([each.loc[term] for each in estimates])
    assert abs(rows["estimate"].mean() - planted) < 3 * rows["estimate"].std(ddof=1) / np.sqrt(len(rows))
    assert rows["estimate"].std(ddof=1) < 0.5 * planted
    covered = ((rows["low"] <= planted) & (planted <= rows["high"])).sum()
    assert covered >= 52  # of 60; fewer would happen once in a hundred


def test_products_inside_a_year_would_count_its_shock_as_skill() -> None:
    """The covariance with same-year products is larger by about the variance of the shared shock over the years."""
    excess = []
    for seed in range(20):
        frames = invented(np.random.default_rng(seed))
        wide = frames["math"].merge(frames["ela"], on=["mepid", "school_year"])
        naive = wide.groupby("mepid")[["effect_x", "effect_y"]].mean().cov().iloc[0, 1]
        honest = unbiased_variances(frames, sample_id="x")["covariance of math and ela"]["estimate"]
        excess.append(naive - honest)
    assert np.mean(excess) > 0.01


def test_classes_paired_inside_years_count_what_a_year_shares() -> None:
    frame = invented(np.random.default_rng(3))["math"]
    classes = pd.concat([frame.assign(class_number=0), frame.assign(class_number=1)], ignore_index=True)
    classes["class_number"] = np.arange(len(classes))
    inside = unbiased_variances({"math": classes}, sample_id="x", apart="class_number")["variance of math"]["estimate"]
    across = unbiased_variances({"math": classes}, sample_id="x")["variance of math"]["estimate"]
    assert inside > across + 0.005


def test_pairs_as_weights_count_teachers_with_more_years_more_often() -> None:
    frames = {"math": invented(np.random.default_rng(5), teachers=20)["math"]}
    found = unbiased_variances(frames, sample_id="x", weights="pairs")["variance of math"]["estimate"]
    own, means, weights = [], [], []
    for _, teacher in frames["math"].groupby("mepid"):
        products = [a * b for a, b in combinations(teacher["effect"], 2)]
        if products:
            own.append(np.mean(products))
            means.append(teacher["effect"].mean())
            weights.append(2 * len(products))
    index = list(permutations(range(len(own)), 2))
    between = np.average([means[a] * means[b] for a, b in index], weights=[weights[a] * weights[b] for a, b in index])
    assert found == pytest.approx(np.average(own, weights=weights) - between)


def test_teachers_seen_once_cannot_tell_skill_from_luck() -> None:
    frame = pd.DataFrame({"mepid": list("abcd"), "school_year": 2018, "effect": [0.1, 0.2, -0.3, 0.4]})
    with pytest.raises(DataError, match="at least three are needed"):
        unbiased_variances({"math": frame}, sample_id="x")
