"""Double selection against R's hdm: its printed example where the data can be had, and its Python port's numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from in_r import in_r

from partnerlib.models.double_selection import double_selection
from partnerlib.models.linear import Question, linear

GROWTH = "https://github.com/MartinSpindler/hdm/raw/master/data/GrowthData.rda"


def asked(outcome: str, exposure: str) -> Question:
    return Question(outcome, (exposure,), "difference", "row", "row", "printed")


def hdm_error(std_error: float, n: int, chosen: float) -> float:
    """hdm multiplies by n/(n - chosen - 1), HC1 by n/(n - chosen - 2): it does not count the exposure."""
    return float(std_error * np.sqrt((n - chosen - 2) / (n - chosen - 1)))


# What hdmpy 0.1.0 (rlassoEffect, gamma = 0.1/log n) gives on the data of `invented`: seed, rows, controls, effect,
# error, controls chosen for the exposure, for the outcome.
PORT = [
    (4, 242, 114, 0.501294186167, 0.0425941748, (0, 1, 2), (0, 1, 2, 110, 111, 112, 113)),
    (11, 118, 32, 0.538986847625, 0.0894451249, (0, 1, 2), (0, 1, 28, 31)),
    (23, 97, 89, 0.570992675035, 0.0640586026, (1,), (0, 1, 58, 86, 87, 88)),
    (27, 90, 89, 0.448188804846, 0.1062367497, (0, 1, 2), (0, 1, 2, 3, 86, 87, 88)),
]


def invented(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Controls, an exposure and an outcome; both depend on the first five controls, the outcome on the last too."""
    rng = np.random.default_rng(seed)
    n, p = int(rng.integers(90, 300)), int(rng.integers(20, 120))
    x = rng.normal(size=(n, p)) @ (np.eye(p) + 0.3 * rng.normal(size=(p, p)) / np.sqrt(p))
    b = np.zeros(p)
    b[:5] = [1, 0.8, 0.5, 0.3, 0.2]
    exposure = x @ b + rng.normal(size=n) * (1 + 0.5 * np.abs(x[:, 0]))
    return x, exposure, 0.5 * exposure + x @ b[::-1] + x @ b * 0.5 + rng.normal(size=n)


@pytest.mark.parametrize("port", PORT)
def test_selection_estimate_and_error_equal_the_python_port(port: tuple) -> None:
    seed, n, p, effect, error, for_exposure, for_outcome = port
    x, exposure, outcome = invented(seed)
    assert x.shape == (n, p)
    controls = pd.DataFrame(x, columns=[f"x{place}" for place in range(p)])
    frame = pd.DataFrame({"row": np.arange(n), "exposure": exposure, "outcome": outcome})
    found = double_selection(frame, asked("outcome", "exposure"), controls, clustered=False)
    told = " ".join(found.cautions)
    for name, chosen in (("exposure", for_exposure), ("outcome", for_outcome)):
        assert f"go with {name}: {', '.join(f'x{place}' for place in chosen)}." in told
    assert found["exposure"]["estimate"] == pytest.approx(effect, rel=1e-9)
    assert hdm_error(found["exposure"]["std_error"], n, found.statistics["chosen"]) == pytest.approx(error, rel=1e-6)


def test_growth_of_nations_has_the_printed_numbers() -> None:
    """-.05000585 (.01579138) in hdm's vignette; least squares on all 60 controls says -.00937799 (.02988773)."""
    found = in_r(
        f"""options(timeout = 20)
        got <- try(suppressWarnings(load(url("{GROWTH}"))), silent = TRUE)
        if (!inherits(got, "try-error")) write.csv(GrowthData, "growth.csv", row.names = FALSE)"""
    )
    if "growth" not in found:
        pytest.skip("the data of the printed example cannot be fetched from here")
    growth = found["growth"].assign(row=lambda rows: np.arange(len(rows)))
    controls = growth.drop(columns=["Outcome", "intercept", "gdpsh465", "row"], errors="ignore")
    question = asked("Outcome", "gdpsh465")
    ours = double_selection(growth, question, controls, clustered=False)
    assert ours["gdpsh465"]["estimate"] == pytest.approx(-0.05000585, abs=5.1e-9)
    error = hdm_error(ours["gdpsh465"]["std_error"], len(growth), ours.statistics["chosen"])
    assert error == pytest.approx(0.01579138, abs=5.1e-9)
    everything = linear(growth, question, "all", list(controls.columns))
    assert everything["gdpsh465"]["estimate"] == pytest.approx(-0.00937799, abs=5.1e-9)
