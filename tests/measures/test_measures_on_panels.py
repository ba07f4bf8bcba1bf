"""From processed tables through the real panels to estimates: the numbers are those of the panels themselves."""

from __future__ import annotations

import pandas as pd
import pytest
from panels.small_state import all_rows, write_tables

from partnerlib import samples
from partnerlib.errors import ParameterError
from partnerlib.measures import all_measures, estimate_all
from partnerlib.measures.evidence import evidence
from partnerlib.panels import Panels, load_panels


@pytest.fixture(scope="module")
def panels(tmp_path_factory: pytest.TempPathFactory) -> Panels:
    return load_panels(write_tables(tmp_path_factory.mktemp("processed"), all_rows()))


@pytest.fixture(scope="module")
def estimates(panels: Panels) -> pd.DataFrame:
    return estimate_all(panels, panels.as_of)


def of_state(estimates: pd.DataFrame, name: str) -> pd.DataFrame:
    is_wanted = (estimates["measure"] == name) & (estimates["unit_kind"] == "state") & (estimates["group"] == "")
    return estimates.loc[is_wanted & (estimates["window_years"] == 1)].set_index("cohort")


def test_every_measure_of_people_runs_on_real_panels(estimates: pd.DataFrame) -> None:
    """A population the small state has no table for is missing whole, never a single measure of one."""
    measured = set(estimates["measure"])
    present = {entry.sample for name, entry in all_measures().items() if name in measured}
    missing = {entry.sample for name, entry in all_measures().items() if name not in measured}
    assert "novice_effects" in missing, "no teacher effects were handed over"
    assert not missing & present
    assert {"placements", "completers", "new_hires", "new_teachers", "teachers"} <= present


@pytest.mark.parametrize("level", ["school", "district", "state_position", "state_any"])
def test_a_year_of_retention_is_that_of_the_careers(panels: Panels, estimates: pd.DataFrame, level: str) -> None:
    rows = of_state(estimates, f"teachers_retained_{level}_1y")
    teachers = panels.careers.loc[panels.careers["is_teacher"]]
    counted = teachers.groupby("school_year")[f"retained_{level}"].agg(["sum", "count"])
    counted = counted.loc[counted["count"] > 0]
    assert len(counted) and (rows.loc[counted.index, "numerator"] == counted["sum"]).all()
    assert (rows.loc[counted.index, "denominator"] == counted["count"]).all()
    assert rows.loc[panels.school_years[1], "status"] == "not_yet_observed"


def test_completers_and_their_employment_are_those_of_the_first_jobs(panels: Panels, estimates: pd.DataFrame) -> None:
    completed = panels.first_jobs.loc[panels.first_jobs["is_completer"]]
    counted = completed.groupby("completion_year")["employed_first_october"].agg(["sum", "count"])
    rows = of_state(estimates, "employed_first_october")
    for year, (found, known) in counted.iterrows():
        assert rows.loc[year, "denominator"] == known
        assert known == 0 or rows.loc[year, "numerator"] == found


def test_an_estimate_carries_the_identifier_of_the_sample_with_the_ledger(
    panels: Panels, estimates: pd.DataFrame
) -> None:
    named = estimates.groupby("measure")["sample_id"].agg(set)
    assert named["employed_first_october"] == {samples.completers(panels).sample_id}
    assert named["hired_in_placement_school"] == {samples.hired_completers(panels).sample_id}
    assert named["candidates_placed"] == {samples.placed_candidates(panels).sample_id}


def test_students_shared_by_two_teachers_count_once_in_all(panels: Panels) -> None:
    means = evidence(panels).classroom_means()
    tested = panels.classrooms().dropna(subset=["score"])
    students = tested.groupby(["school_year", "subject"])["sasid"].nunique()
    assert len(students)
    assert means.groupby(["school_year", "subject"])["students"].sum().loc[students.index].to_numpy() == pytest.approx(
        students.to_numpy()
    )


def test_panels_that_know_the_future_are_refused(panels: Panels) -> None:
    with pytest.raises(ParameterError, match="load them with as_of="):
        estimate_all(panels, panels.as_of - 1)
