"""The stacked estimator equals least squares with dummies; with its weights it averages cohorts by their units."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from adoption_worlds import ASKED, invented_cells

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.adoption import adoption_panel
from partnerlib.models.stacked import stacked_effect, two_way_fixed_effects


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return invented_cells(7, units=40)


def experiments(cells: pd.DataFrame) -> pd.DataFrame:
    """Windows of one year before to one after, written out."""
    parts = []
    for cohort in (2013, 2014, 2016):
        window = cells[cells["school_year"].between(cohort - 1, cohort + 1)]
        start = window["grant_year"]
        part = window[(start == cohort) | start.isna() | (start > cohort + 1)]
        parts.append(part.assign(experiment=cohort, treated=part["grant_year"] == cohort))
    stack = pd.concat(parts)
    return stack.assign(
        effect=(stack["treated"] & (stack["school_year"] >= stack["experiment"])).astype(float),
        unit=stack["district_code"] + stack["experiment"].astype(str),
        when=stack["school_year"].astype(str) + stack["experiment"].astype(str),
    )


def test_it_equals_weighted_least_squares_with_dummies(cells: pd.DataFrame) -> None:
    stack = experiments(cells)
    counts = stack.groupby(["experiment", "treated"])["unit"].nunique().unstack()
    share = (counts[True] / counts[True].sum()) / (counts[False] / counts[False].sum())
    weights = np.where(stack["treated"], 1.0, stack["experiment"].map(share))
    columns = [pd.get_dummies(stack[name], dtype=float).iloc[:, int(name == "when") :] for name in ("unit", "when")]
    others, effect, y = np.column_stack(columns), stack["effect"].to_numpy(), stack["share_hired"].to_numpy()
    for is_weighted, chosen in ((True, weights), (False, np.ones(len(stack)))):
        root = np.sqrt(chosen)
        both = np.column_stack([effect, y]) * root[:, None]
        net = both - others * root[:, None] @ np.linalg.lstsq(others * root[:, None], both, rcond=None)[0]
        slope = net[:, 0] @ net[:, 1] / (net[:, 0] @ net[:, 0])
        found = stacked_effect(adoption_panel(cells, ASKED), 1, 1, is_weighted=is_weighted)
        assert found["effect"]["estimate"] == pytest.approx(slope, rel=1e-8)
        scores = pd.Series(net[:, 0] * (net[:, 1] - slope * net[:, 0])).groupby(stack["district_code"].to_numpy()).sum()
        error = np.sqrt((scores**2).sum()) / (net[:, 0] @ net[:, 0])
        # CR1's factor with years counted, units not: they lie within clusters.
        districts, n, k = len(scores), len(stack), 1 + 1 + stack["when"].nunique() - 1
        factor = np.sqrt(districts / (districts - 1) * (n - 1) / (n - k))
        assert found["effect"]["std_error"] == pytest.approx(error * factor, rel=1e-7)
    assert found.clusters == cells["district_code"].nunique()


def test_with_weights_cohorts_count_by_their_treated_units(cells: pd.DataFrame) -> None:
    exact = invented_cells(7, units=40, noise=1e-9)
    since = exact["school_year"] - exact["grant_year"]
    truth = exact.loc[since.between(0, 1), "gain"].mean()
    panel = adoption_panel(exact, ASKED)
    assert stacked_effect(panel, 1, 1)["effect"]["estimate"] == pytest.approx(truth, abs=1e-6)
    assert abs(stacked_effect(panel, 1, 1, is_weighted=False)["effect"]["estimate"] - truth) > 1e-3


def test_a_cohort_without_its_whole_window_is_left_out_and_named(cells: pd.DataFrame) -> None:
    found = stacked_effect(adoption_panel(cells, ASKED), 3, 2)
    assert any("Starts in 2013 do not have the whole window" in sentence for sentence in found.cautions)


def test_a_window_nobody_has_is_refused(cells: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="no cohort of 2013, 2014, 2016 has 7 years before"):
        stacked_effect(adoption_panel(cells, ASKED), 7, 2)
    with pytest.raises(ParameterError, match="one before"):
        stacked_effect(adoption_panel(cells, ASKED), 0, 2)


def test_two_way_fixed_effects_is_what_least_squares_with_unit_and_year_dummies_gives(cells: pd.DataFrame) -> None:
    treated = cells.assign(effect=(cells["school_year"] >= cells["grant_year"]).astype(float))
    fit = smf.ols("share_hired ~ effect + C(district_code) + C(school_year)", treated).fit()
    found = two_way_fixed_effects(adoption_panel(cells, ASKED))
    assert found["effect"]["estimate"] == pytest.approx(fit.params["effect"], rel=1e-8)
    assert "count negatively" in found.estimand
