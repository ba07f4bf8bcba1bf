"""The data of Callaway & Sant'Anna: effects of minimum wages as their package prints them.

The data are under the GPL and are never kept here: they are fetched when the test runs, which is skipped without a
network. What the estimator is, is tested without them in tests/models.
"""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from in_r import in_r

from partnerlib.models.adoption import Adoption, AdoptionPanel, adoption_panel
from partnerlib.models.staggered_adoption import group_time_effects

ADDRESS = "https://raw.githubusercontent.com/bcallaway11/did/master/data/mpdta.rda"
COUNTIES = Adoption("lemp", "countyreal", "year", "first.treat", "change in log teen employment", "mpdta")


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> AdoptionPanel:
    try:
        with urllib.request.urlopen(ADDRESS, timeout=10) as answer:
            data = answer.read()
    except (urllib.error.URLError, TimeoutError):
        pytest.skip("the data cannot be reached")
    file = tmp_path_factory.mktemp("fetched") / "mpdta.rda"
    file.write_bytes(data)
    found = in_r(f"load('{file.as_posix()}'); write.csv(mpdta, 'cells.csv', row.names = FALSE)")
    return adoption_panel(found["cells"], COUNTIES)


def test_effects_after_the_start_equal_the_printed_ones(panel: AdoptionPanel) -> None:
    effects = group_time_effects(panel, "never treated", "year before each").effects.set_index(["cohort", "year"])
    printed = {
        2004: (-0.0105, -0.0704, -0.1373, -0.1008),
        2006: (0.0065, -0.0028, -0.0046, -0.0412),
        2007: (0.0305, -0.0027, -0.0311, -0.0261),
    }
    for cohort, values in printed.items():
        for year, value in zip(range(2004, 2008), values, strict=True):
            assert effects.loc[(cohort, year), "estimate"] == pytest.approx(value, abs=5.1e-5)


def test_their_mean_equals_the_printed_one(panel: AdoptionPanel) -> None:
    simple = group_time_effects(panel, "never treated").aggregate()["effect"]
    assert simple["estimate"] == pytest.approx(-0.039951, abs=5.1e-7)


def test_errors_are_within_what_methods_differ_by(panel: AdoptionPanel) -> None:
    """Analytic errors printed for the first cohort: .0233 .0310 .0364 .0344; bootstrap ones vary around them."""
    effects = group_time_effects(panel, "never treated").effects
    first = effects[(effects["cohort"] == 2004) & (effects["year"] >= 2004)]
    assert first["std_error"].to_numpy() == pytest.approx([0.0233, 0.0310, 0.0364, 0.0344], abs=0.002)
