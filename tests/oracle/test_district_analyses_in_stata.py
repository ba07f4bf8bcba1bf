"""Rebuilds, from printed counts alone, regressions whose Stata logs the OpenSDP human-capital toolkit publishes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.binary import fit_binary
from partnerlib.models.linear import Question, linear


def rows_of_counts(counts: list[tuple[int, int]]) -> pd.DataFrame:
    """One row per teacher from (no, yes) counts per group."""
    return pd.DataFrame(
        {
            "group": np.repeat(np.arange(1, len(counts) + 1), [no + yes for no, yes in counts]),
            "outcome": np.concatenate([np.repeat([0.0, 1.0], pair) for pair in counts]),
        }
    )


def group_dummies(groups: pd.Series) -> pd.DataFrame:
    dummies = {f"q{level}": (groups == level).astype(float) for level in sorted(groups.unique())[1:]}
    return pd.DataFrame({"constant": 1.0, **dummies}, index=groups.index)


LOGITS = {
    "leaving by school poverty quartile": (
        [(11221, 1538), (11498, 1636), (10128, 1462), (8293, 1323)],
        [-1.987304, 0.0373855, 0.0518058, 0.1517927],
        [0.0271906, 0.0379152, 0.0390138, 0.0401969],
        (-17876.852, -17884.377, 15.23),
    ),
    "transferring by school poverty quartile": (
        [(12090, 669), (12437, 697), (10786, 804), (8815, 801)],
        [-2.89435, 0.0127041, 0.2979449, 0.496001],
        [0.0397179, 0.0556118, 0.0539818, 0.0542165],
        (-11026.353, None, 119.44),
    ),
    "leaving by value-added tercile": (
        [(1397, 245), (1461, 180), (1494, 147)],
        [-1.740824, -0.3530955, -0.5779556],
        [0.0692707, 0.10507, 0.1107791],
        (-1754.2603, None, 28.98),
    ),
    "transferring by value-added tercile": (
        [(1442, 200), (1525, 116), (1525, 116)],
        [-1.975469, -0.6006905, -0.6006905],
        [0.0754628, 0.122364, 0.122364],
        (-1446.6403, None, 34.92),
    ),
}


@pytest.mark.parametrize("analysis", LOGITS)
def test_a_logit_on_groups_equals_the_printed_log(analysis: str) -> None:
    counts, coefficients, std_errors, (log_likelihood, null, wald) = LOGITS[analysis]
    rows = rows_of_counts(counts)
    fit = fit_binary(rows["outcome"], group_dummies(rows["group"]), clusters=None)
    # Stata stops its iterations early on the quartile models; the reference agrees to 2e-6, the print has 7 digits.
    assert fit.coefficients == pytest.approx(coefficients, abs=2e-6)
    assert fit.std_errors == pytest.approx(std_errors, rel=2e-6, abs=5e-8)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=6e-4)
    assert fit.wald(*fit.names[1:]) == pytest.approx(wald, abs=5.1e-3)
    if null is not None:
        assert fit.null_log_likelihood == pytest.approx(null, abs=6e-4)


def test_the_shares_of_new_hires_equal_the_printed_linear_probability_model() -> None:
    rows = rows_of_counts([(3810 - 1068, 1068), (2478 - 558, 558), (1384 - 498, 498)])
    rows = rows.assign(
        lowest=(rows["group"] == 2).astype(float), highest=(rows["group"] == 3).astype(float), teacher=range(len(rows))
    )
    question = Question(
        "outcome", ("highest", "lowest"), "share of teachers newly hired", "teacher", "teacher", "printed"
    )
    fit = linear(rows, question, "raw")
    assert fit.n == fit.clusters == 7672
    assert fit["highest"]["estimate"] == pytest.approx(0.0795116, abs=5.1e-8)
    assert fit["lowest"]["estimate"] == pytest.approx(-0.0551334, abs=5.1e-8)
    assert fit["constant"]["estimate"] == pytest.approx(0.280315, abs=5.1e-7)
    for term, printed in {"highest": 0.0148147, "lowest": 0.0111089, "constant": 0.0072781}.items():
        assert fit[term]["std_error"] == pytest.approx(printed, abs=5.1e-8)


def test_the_printed_test_that_both_groups_differ_follows_from_a_change_of_reference() -> None:
    rows = rows_of_counts([(2478 - 558, 558), (3810 - 1068, 1068), (1384 - 498, 498)])
    rows = rows.assign(middle=rows["group"] == 2, highest=rows["group"] == 3, teacher=range(len(rows)))
    question = Question(
        "outcome", ("middle", "highest"), "share of teachers newly hired", "teacher", "teacher", "printed"
    )
    highest = linear(rows, question, "raw")["highest"]
    assert (highest["estimate"] / highest["std_error"]) ** 2 == pytest.approx(76.51, abs=5.1e-3)
