"""Effects from sums per teacher, school and year: the numbers of a regression on every row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyfixest
import pytest
from pyfixest.estimation import LsmrDemeaner
from scipy import sparse

from partnerlib import engine
from partnerlib.errors import DataError
from partnerlib.models.absorption_in_cells import CellFit, fit_in_cells
from partnerlib.models.conjugate_gradients import solve_singular

TERMS = ("lag", "lag_squared", "poor")


def students(seed: int = 8, teachers: int = 60, islands: int = 1, n: int = 3000) -> pd.DataFrame:
    """Students on a reported scale (around 500), of teachers who move now and then, in islands that share nobody."""
    rng = np.random.default_rng(seed)
    teacher = rng.integers(0, teachers, n)
    island = teacher % islands
    year = rng.integers(0, 5, n)
    home = (teacher // islands) % 6
    moved = (rng.random((teachers, 5)) < 0.15)[teacher, year]
    school = island * 6 + np.where(moved, (home + 1) % 6, home)
    lag = 500 + 20 * rng.normal(size=n)
    poor = (rng.random(n) < 0.4).astype(float)
    effect, shock = rng.normal(0, 3, teachers), rng.normal(0, 2, (6 * islands, 5))
    score = 100 + 0.7 * lag + 0.0001 * lag**2 - 4 * poor + effect[teacher] + shock[school, year]
    return pd.DataFrame(
        {
            "mepid": np.char.add("9", np.char.zfill(teacher.astype(str), 7)).astype(object),
            "school_code": np.char.add("95", np.char.zfill(school.astype(str), 6)).astype(object),
            "school_year": 2015 + year, "lag": lag, "lag_squared": lag**2 / 500, "poor": poor,
            "weight": rng.choice([0.5, 1.0], n), "score": score + rng.normal(0, 10, n),
        }
    )  # fmt: skip


def fit(rows: pd.DataFrame, **options: object) -> CellFit:
    terms = options.pop("terms", TERMS)
    return fit_in_cells(engine.from_pandas(rows), "score", terms, sample_id="invented", **options)  # type: ignore[arg-type]


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")
@pytest.mark.parametrize("weight", [None, "weight"])
@pytest.mark.parametrize("islands", [1, 3])
def test_coefficients_and_errors_equal_pyfixest_on_every_row(weight: str | None, islands: int) -> None:
    rows = students(islands=islands)
    found = fit(rows, weight=weight)
    data = rows.assign(level=rows.groupby(["school_code", "school_year"]).ngroup())
    reference = pyfixest.feols(
        f"score ~ {' + '.join(TERMS)} | mepid + level", data, vcov={"CRV1": "mepid"}, weights=weight,
        demeaner=LsmrDemeaner(fixef_atol=1e-13, fixef_btol=1e-13),
    )  # fmt: skip
    terms = found.coefficients.terms
    assert terms["term"].tolist() == list(TERMS)
    assert terms["estimate"].to_numpy() == pytest.approx(reference.coef()[list(TERMS)].to_numpy(), rel=1e-8)
    assert terms["std_error"].to_numpy() == pytest.approx(reference.se()[list(TERMS)].to_numpy(), rel=1e-6)
    assert found.coefficients.n == len(rows)


def test_teacher_effects_equal_least_squares_with_dummies_inside_a_connected_set() -> None:
    rows = students(teachers=30, islands=2, n=1200)
    found = fit(rows)
    level = rows["school_code"] + rows["school_year"].astype(str)
    dummies = pd.concat([pd.get_dummies(rows["mepid"], dtype=float), pd.get_dummies(level, dtype=float)], axis=1)
    design = np.column_stack(
        [rows[["lag", "lag_squared", "poor"]] - rows[["lag", "lag_squared", "poor"]].mean(), dummies]
    )
    solution = np.linalg.lstsq(design, rows["score"] - 450, rcond=None)[0]
    expected = pd.Series(solution[3 : 3 + 30], index=dummies.columns[:30])
    effects = found.teacher_effects.set_index("mepid")
    for number in (0, 1):
        inside = effects[effects["connected_set"] == number]
        gap = inside["effect"] - expected.loc[inside.index]
        assert np.ptp(gap) < 1e-6
        assert np.average(inside["effect"], weights=inside["rows"]) == pytest.approx(0, abs=1e-9)
    residual = rows["score"] - 450 - design @ solution
    freedom = len(rows) - np.linalg.matrix_rank(design)
    assert found.residual_variance == pytest.approx(float(residual @ residual) / freedom, rel=1e-8)


def test_islands_are_counted_and_said() -> None:
    found = fit(students(islands=3))
    assert found.connected_sets["teachers"].tolist() == [20, 20, 20]
    assert found.connected_sets["rows"].sum() == 3000
    assert any("3 connected sets" in sentence for sentence in found.coefficients.cautions)


def test_a_file_gives_the_numbers_of_its_rows_whatever_their_order(tmp_path: Path) -> None:
    rows = students()
    rows.sample(frac=1, random_state=1).to_parquet(tmp_path / "rows.parquet")
    again = fit_in_cells(engine.scan_parquet(tmp_path / "rows.parquet"), "score", TERMS, sample_id="invented")
    expected = fit(rows).coefficients.terms
    assert again.coefficients.terms["estimate"].to_numpy() == pytest.approx(expected["estimate"].to_numpy(), rel=1e-9)


def test_rows_with_a_missing_value_are_left_out_and_counted() -> None:
    rows = students()
    holed = rows.assign(lag=rows["lag"].where(np.arange(len(rows)) % 100 > 0))
    found = fit(holed)
    assert found.coefficients.n == 2970
    assert any("30 rows have a missing value" in sentence for sentence in found.coefficients.cautions)


def test_a_term_that_follows_from_teacher_and_school_is_left_out_and_named() -> None:
    rows = students()
    rows["new_school"] = (rows["school_code"] > "95000003").astype(float)
    found = fit(rows, terms=(*TERMS, "new_school"))
    assert found.coefficients.terms["term"].tolist() == list(TERMS)
    assert any("new_school" in sentence for sentence in found.coefficients.cautions)
    assert found.coefficients["poor"]["estimate"] == pytest.approx(fit(rows).coefficients["poor"]["estimate"], rel=1e-8)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"score": 500.0}, "same in all"), ({"mepid": "90000001"}, "one mepid only"), ({"lag": np.nan}, "no row")],
)
def test_what_rows_cannot_answer_is_refused(change: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        fit(students().assign(**change))


def test_a_column_the_table_has_not_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"'lag_squred'.*lag_squared"):
        fit(students(), terms=("lag", "lag_squred"))


def test_a_barely_connected_chain_of_schools_is_solved_to_the_last_digits() -> None:
    """Two hundred schools in a row, each sharing one teacher with the next: the worst case of conjugate gradients."""
    size = 200
    laplacian = np.diag(np.full(size, 2.0)) - np.diag(np.ones(size - 1), 1) - np.diag(np.ones(size - 1), -1)
    laplacian[0, 0] = laplacian[-1, -1] = 1.0

    right = np.random.default_rng(1).normal(size=(size, 3))
    right -= right.mean(axis=0)
    solved = solve_singular(sparse.csr_array(laplacian), right, np.zeros(size, dtype=int))
    assert solved.converged
    assert laplacian @ solved.solution == pytest.approx(right, abs=1e-9)
    assert solved.solution.mean(axis=0) == pytest.approx(np.zeros(3), abs=1e-9)
