"""The checks of the retention study: levels as a family, a frailty, gaps in traits and doubtful links."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from partnerlib import samples
from partnerlib.errors import ParameterError
from partnerlib.models.new_teachers import exits_of_new_teachers, spells_of_new_teachers
from partnerlib.models.retention_checks import (
    first_year_controls_ladder,
    frailty_of_new_teachers,
    levels_family,
    missing_traits_ladder,
    retention_over_links,
)
from partnerlib.panels import Panels, load_panels

PLACED = "hired_in_placement_district"


@pytest.fixture(scope="module")
def panels() -> Panels:
    return load_panels(Path("data/processed/sample"))


@pytest.fixture(scope="module")
def hired(panels: Panels) -> pd.DataFrame:
    return samples.hired_teachers(panels).frame


def test_exits_and_spells_of_new_teachers_tell_the_same_of_leaving_the_schools(
    hired: pd.DataFrame, panels: Panels
) -> None:
    """Two ways of following the same people: yearly exits that end in leaving, and spells at the widest level."""
    exits = exits_of_new_teachers(hired, panels.careers, exits=["left", "changed_role"])
    spells = spells_of_new_teachers(hired, panels.careers, "state_position").set_index("mepid")
    found = exits.groupby("mepid").agg(duration=("period", "max"), event=("exited", "any"))
    assert found["duration"].to_dict() == spells["duration"].to_dict()
    assert found["event"].to_dict() == spells["event"].to_dict()


def test_four_levels_are_one_family(hired: pd.DataFrame, panels: Panels) -> None:
    found = levels_family(hired, panels.careers, exposure=PLACED, sample_id="sample")
    assert len(found.table) == 4 and (found.table["holm"] >= found.table["p_value"]).all()


def test_a_frailty_among_the_few_districts_of_the_sample_says_they_are_few(hired: pd.DataFrame, panels: Panels) -> None:
    spells = spells_of_new_teachers(hired, panels.careers)
    found = frailty_of_new_teachers(spells, exposures=[PLACED], sample_id="sample")
    assert found.groups < 20
    assert any(f"Only {found.groups} levels" in sentence for sentence in found.shared.cautions)


def test_the_first_year_is_asked_about_with_no_listed_and_chosen_controls(hired: pd.DataFrame, panels: Panels) -> None:
    steps = first_year_controls_ladder(hired, panels.careers, exposure=PLACED, sample_id="sample")
    first = spells_of_new_teachers(hired, panels.careers)
    assert [step.n for step in steps] == [len(first)] * 3
    left = first["event"] & (first["duration"] == 1)
    gap = left[first[PLACED].astype(bool)].mean() - left[~first[PLACED].astype(bool)].mean()
    assert steps[0][PLACED]["estimate"] == pytest.approx(gap)


def test_gaps_in_traits_of_people_are_filled_before_their_years_are_made(hired: pd.DataFrame, panels: Panels) -> None:
    spells = spells_of_new_teachers(hired, panels.careers)
    gap = np.random.default_rng(0).random(len(spells)) < 0.3
    spells = spells.assign(grade_point_average=spells["grade_point_average"].mask(gap))
    complete, flagged, imputed = missing_traits_ladder(
        spells, exposures=[PLACED], traits=["grade_point_average", "gender"], sample_id="sample",
        rng=np.random.default_rng(1), versions=3,
    )  # fmt: skip
    assert complete.people < flagged.people == imputed.people
    assert 0 <= imputed.statistics[f"share from imputations: {PLACED}"] < 0.5


def test_undone_links_cost_people_and_widen_the_interval(panels: Panels) -> None:
    links = panels.processed.collect("links")
    linked, over = retention_over_links(
        panels, links, exposures=[PLACED], rng=np.random.default_rng(0), draws=3, doubt=0.2
    )
    assert over.people < 0.9 * linked.people
    assert over.statistics[f"share from draws of links: {PLACED}"] > 0
    with pytest.raises(ParameterError, match="1 draws of links: expected two or more"):
        retention_over_links(panels, links, exposures=[PLACED], rng=np.random.default_rng(0), draws=1)
