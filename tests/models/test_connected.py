"""Programs are compared within schools only where schools connect them, and at a price that least squares confirms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from partnerlib.errors import DataError
from partnerlib.models.connected import connected_sets, unit_estimates


def people(pairs: list[tuple[str, str, int]], seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(program, school) for program, school, count in pairs for _ in range(count)]
    return pd.DataFrame(rows, columns=["program", "school"]).assign(
        teacher=range(len(rows)), score=rng.normal(size=len(rows)), district=rng.integers(0, 12, len(rows))
    )


# Amber, Birch and Cedar hang together through two schools; Dogwood and Elm through one; Fir is alone.
TWO_SETS = people(
    [
        ("Amber", "S1", 8), ("Birch", "S1", 5), ("Birch", "S2", 4), ("Cedar", "S2", 6), ("Cedar", "S3", 7),
        ("Dogwood", "S4", 5), ("Elm", "S4", 3), ("Fir", "S5", 9),
    ]
)  # fmt: skip


def random_people(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"program": rng.integers(0, 6, 60).astype(str), "school": rng.integers(0, 25, 60).astype(str)})
    return frame.assign(score=rng.normal(size=60), district=rng.integers(0, 12, 60))


def test_sets_are_found_and_the_largest_comes_first() -> None:
    found = connected_sets(TWO_SETS, "program", "school")
    assert found.sets.to_numpy().tolist() == [[1, 3, 3, 30], [2, 1, 1, 9], [3, 2, 1, 8]]
    table = found.programs.set_index("program")
    assert table["set"].to_dict() == {"Amber": 1, "Birch": 1, "Cedar": 1, "Dogwood": 3, "Elm": 3, "Fir": 2}
    assert table.index[table["is_identified"]].tolist() == ["Amber", "Birch", "Cedar"]
    assert found.share_identified == 0.5
    assert "3 of 6 programs (30 of 47 people) are connected" in found.sentence
    assert any("3 of 6 programs share no school with the rest" in sentence for sentence in found.cautions)


@pytest.mark.parametrize("seed", range(8))
def test_the_number_of_sets_is_what_the_rank_of_all_dummies_lacks(seed: int) -> None:
    frame = random_people(seed)
    dummies = pd.get_dummies(frame[["program", "school"]], dtype=float).to_numpy()
    found = connected_sets(frame, "program", "school")
    assert len(found.sets) == dummies.shape[1] - np.linalg.matrix_rank(dummies)


def test_variance_inflation_is_the_ratio_of_least_squares_variances() -> None:
    frame = TWO_SETS[TWO_SETS["school"].isin(["S1", "S2", "S3"])]
    programs = pd.get_dummies(frame["program"], dtype=float)
    schools = pd.get_dummies(frame["school"], dtype=float).iloc[:, 1:]
    share = programs.mean().to_numpy()
    away = np.eye(3) - share
    ratio = []
    for design in (np.column_stack([programs, schools]), programs.to_numpy()):
        inverse = np.linalg.inv(design.T @ design)[:3, :3]
        ratio.append(np.diag(away @ inverse @ away.T))
    found = connected_sets(TWO_SETS, "program", "school").programs.head(3)
    assert found["variance_inflation"].to_numpy() == pytest.approx(ratio[0] / ratio[1], rel=1e-9)


def test_thin_chains_are_called_thin() -> None:
    thin = people([("Amber", "S1", 40), ("Birch", "S1", 1), ("Birch", "S2", 40)])
    sentences = connected_sets(thin, "program", "school").cautions
    assert any("hang on thin chains" in sentence for sentence in sentences)


def test_raw_estimates_are_distances_of_means_and_within_schools_those_of_dummies() -> None:
    frame = people([(f"P{p}", f"S{s}", 3 + (p * s) % 4) for p in range(4) for s in range(5)], seed=2)
    raw = unit_estimates(frame, "score", "program", "district").table
    means = frame.groupby("program")["score"].mean()
    assert raw["estimate"].to_numpy() == pytest.approx((means - frame["score"].mean()).to_numpy())
    design = np.column_stack([pd.get_dummies(frame[c], dtype=float).iloc[:, int(c == "school"):] for c in
                              ("program", "school")])  # fmt: skip
    fit = sm.OLS(frame["score"], design).fit(
        cov_type="cluster", cov_kwds={"groups": frame["district"], "use_correction": False}
    )
    share = frame["program"].value_counts(normalize=True).sort_index().to_numpy()
    away = np.eye(4) - share
    found = unit_estimates(frame, "score", "program", "district", within="school").table
    assert found["estimate"].to_numpy() == pytest.approx(away @ fit.params.to_numpy()[:4], abs=1e-10)
    errors = np.sqrt(np.diag(away @ fit.cov_params().to_numpy()[:4, :4] @ away.T) * 12 / 11)
    assert found["std_error"].to_numpy() == pytest.approx(errors, rel=1e-8)


def test_without_clusters_errors_are_those_of_one_variance_for_all() -> None:
    frame = people([(f"P{p}", f"S{s}", 3 + (p * s) % 4) for p in range(4) for s in range(5)], seed=2)
    away = np.eye(4) - frame["program"].value_counts(normalize=True).sort_index().to_numpy()
    for within, columns in (("", ["program"]), ("school", ["program", "school"])):
        design = np.column_stack(
            [pd.get_dummies(frame[column], dtype=float).iloc[:, int(column == "school") :] for column in columns]
        )
        fit = sm.OLS(frame["score"], design).fit()
        found = unit_estimates(frame, "score", "program", within=within).table
        errors = np.sqrt(np.diag(away @ fit.cov_params().to_numpy()[:4, :4] @ away.T))
        assert found["std_error"].to_numpy() == pytest.approx(errors, rel=1e-8)


def test_within_schools_only_the_connected_programs_are_compared_and_the_rest_is_said() -> None:
    found = unit_estimates(TWO_SETS, "score", "program", "teacher", within="school")
    assert found.table["unit"].tolist() == ["Amber", "Birch", "Cedar"]
    assert any("3 of 6 programs share no school" in sentence for sentence in found.cautions)


def test_programs_without_a_shared_school_are_refused() -> None:
    apart = people([("Amber", "S1", 5), ("Birch", "S2", 5)])
    with pytest.raises(DataError, match="no two share a school"):
        unit_estimates(apart, "score", "program", "teacher", within="school")


def test_a_unit_in_one_cluster_has_no_error_and_is_left_out() -> None:
    frame = TWO_SETS.assign(district=TWO_SETS["district"].where(TWO_SETS["program"] != "Fir", 3))
    found = unit_estimates(frame, "score", "program", "district")
    assert "Fir" not in set(found.table["unit"])
    assert any("1 program have people in one district only" in sentence for sentence in found.cautions)
