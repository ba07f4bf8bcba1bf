from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.hiring import SPECIFICATIONS, hiring_ladder, placebo_ladder

EXPOSURE = "placement_is_high_needs"


@pytest.fixture(scope="module")
def first_jobs() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    n = 900
    frame = pd.DataFrame(
        {
            "candidate_id": np.arange(n).astype(str),
            "provider_code": rng.choice(["89000001", "89000002", "89000003"], n),
            "completion_year": rng.choice([2017, 2018], n),
            "placement_school_code": rng.integers(0, 60, n).astype(str),
            EXPOSURE: rng.random(n) < 0.3,
            "is_practicum_equivalent": False,
            "license_field": rng.choice(["elementary", "mathematics"], n),
            "program_level": rng.choice(["Baccalaureate", "Post-Baccalaureate"], n),
            "grade_point_average": np.where(rng.random(n) < 0.2, np.nan, rng.normal(3.3, 0.3, n)),
            "gender": rng.choice(["F", "M"], n),
            "race_ethnicity": rng.choice(["White", "Black"], n),
        }
    )
    hired = rng.random(n) < 0.5 + 0.15 * frame[EXPOSURE]
    frame["hired_in_placement_district"] = pd.array(np.where(rng.random(n) < 0.05, None, hired), dtype="boolean")
    return frame


def fitted(first_jobs: pd.DataFrame, **changes: object):
    asked = dict(outcome="hired_in_placement_district", exposures=[EXPOSURE], sample_id="non_equivalents-0a")
    return hiring_ladder(first_jobs, **{**asked, **changes})  # type: ignore[arg-type]


def test_the_raw_linear_estimate_is_the_difference_of_two_shares(first_jobs: pd.DataFrame) -> None:
    raw = fitted(first_jobs)[0]
    known = first_jobs.dropna(subset=["hired_in_placement_district"])
    shares = known["hired_in_placement_district"].astype(float).groupby(known[EXPOSURE]).mean()
    assert raw[EXPOSURE]["estimate"] == pytest.approx(shares[True] - shares[False], rel=1e-9)
    assert raw.n == len(known)
    assert any("have no hired_in_placement_district" in sentence for sentence in raw.cautions)


def test_every_step_names_itself_and_counts_the_same_people(first_jobs: pd.DataFrame) -> None:
    for estimator in ("linear", "logit"):
        results = fitted(first_jobs, estimator=estimator)
        steps = SPECIFICATIONS if estimator == "linear" else SPECIFICATIONS[:3]
        assert tuple(result.specification for result in results) == steps
        assert len({(result.n, result.people, result.clusters) for result in results}) == 1


def test_within_provider_and_year_equals_least_squares_with_dummies(first_jobs: pd.DataFrame) -> None:
    within = fitted(first_jobs, traits=["license_field"])[2]
    known = first_jobs.dropna(subset=["hired_in_placement_district"])
    cells = known["provider_code"] + known["completion_year"].astype(str)
    design = pd.get_dummies(cells, dtype=float).assign(
        exposure=known[EXPOSURE].astype(float), field=(known["license_field"] == "mathematics").astype(float)
    )
    reference = sm.OLS(known["hired_in_placement_district"].astype(float), design).fit(
        cov_type="cluster", cov_kwds={"groups": known["placement_school_code"].astype(int)}
    )
    assert within[EXPOSURE]["estimate"] == pytest.approx(reference.params["exposure"], rel=1e-7)
    assert within[EXPOSURE]["std_error"] == pytest.approx(reference.bse["exposure"], rel=1e-4)


def test_the_logit_within_provider_and_year_equals_maximum_likelihood_with_dummies(first_jobs: pd.DataFrame) -> None:
    within = fitted(first_jobs, traits=["license_field"], estimator="logit")[2]
    known = first_jobs.dropna(subset=["hired_in_placement_district"])
    cells = known["provider_code"] + known["completion_year"].astype(str)
    design = pd.get_dummies(cells, dtype=float).assign(
        exposure=known[EXPOSURE].astype(float), field=(known["license_field"] == "mathematics").astype(float)
    )
    reference = sm.Logit(known["hired_in_placement_district"].astype(float), design).fit(
        disp=0,
        cov_type="cluster",
        cov_kwds={"groups": known["placement_school_code"].astype(int), "use_correction": False},
    )
    groups = known["placement_school_code"].nunique()
    assert within[EXPOSURE]["estimate"] == pytest.approx(reference.params["exposure"], rel=1e-6)
    expected = reference.bse["exposure"] * np.sqrt(groups / (groups - 1))
    assert within[EXPOSURE]["std_error"] == pytest.approx(expected, rel=1e-5)


def test_a_missing_trait_drops_nobody_and_is_flagged(first_jobs: pd.DataFrame) -> None:
    raw, with_traits, *_ = fitted(first_jobs)
    assert raw.n == with_traits.n
    assert "grade_point_average missing" in set(with_traits.terms["term"])


def test_teachers_of_record_are_refused_where_the_answer_is_true_by_construction(first_jobs: pd.DataFrame) -> None:
    with_one = first_jobs.assign(is_practicum_equivalent=[True, *[False] * (len(first_jobs) - 1)])
    with pytest.raises(DataError, match="1 practicum equivalents in the sample"):
        fitted(with_one)


def test_a_mistyped_outcome_and_a_mistyped_column_are_answered_with_the_nearest(first_jobs: pd.DataFrame) -> None:
    with pytest.raises(ParameterError, match="did you mean 'employed_first_october'"):
        fitted(first_jobs, outcome="employed_first_octobr")
    with pytest.raises(DataError, match="did you mean 'placement_is_high_needs'"):
        fitted(first_jobs, exposures=["placement_is_highneeds"])


def test_a_provider_year_where_everybody_was_hired_leaves_the_logit_and_is_counted(first_jobs: pd.DataFrame) -> None:
    cell = (first_jobs["provider_code"] == "89000001") & (first_jobs["completion_year"] == 2017)
    all_hired = first_jobs.assign(
        hired_in_placement_district=first_jobs["hired_in_placement_district"].mask(cell, True)
    )
    raw, _, within = fitted(all_hired, estimator="logit")
    assert raw.n - within.n == int(cell.sum())
    assert any("everybody or nobody" in sentence for sentence in within.cautions)


def test_within_placement_schools_equals_least_squares_with_dummies_of_both(first_jobs: pd.DataFrame) -> None:
    found = fitted(first_jobs, traits=[])[3]
    known = first_jobs.dropna(subset=["hired_in_placement_district"]).reset_index(drop=True)
    cell = known["provider_code"] + known["completion_year"].astype(str)
    dummies = pd.get_dummies(pd.DataFrame({"cell": cell, "school": known["placement_school_code"]}), dtype=float)
    design = dummies.assign(exposure=known[EXPOSURE].astype(float)).to_numpy()
    reference = np.linalg.lstsq(design, known["hired_in_placement_district"].astype(float).to_numpy(), rcond=None)[0]
    assert found[EXPOSURE]["estimate"] == pytest.approx(reference[-1], rel=1e-6)


def test_what_never_varies_within_a_school_is_left_out_of_that_step_and_told(first_jobs: pd.DataFrame) -> None:
    fixed = first_jobs.assign(is_large=first_jobs["placement_school_code"].astype(int) < 20)
    last = fitted(fixed, exposures=[EXPOSURE, "is_large"], traits=[])[3]
    assert list(last.terms["term"]) == [EXPOSURE]
    assert any("Never different within a school: is_large" in sentence for sentence in last.cautions)
    assert len(fitted(fixed, exposures=["is_large"], traits=[])) == 3


def test_a_placebo_is_something_from_before_the_placement(first_jobs: pd.DataFrame) -> None:
    found = placebo_ladder(first_jobs, exposures=[EXPOSURE], sample_id="non_equivalents-0a")
    assert abs(found[0][EXPOSURE]["estimate"]) < 3 * found[0][EXPOSURE]["std_error"]
    assert "grade_point_average" not in set(found[1].terms["term"])
    with pytest.raises(ParameterError, match="placebo outcome"):
        placebo_ladder(first_jobs, exposures=[EXPOSURE], sample_id="non_equivalents-0a", outcome="first_job_year")
