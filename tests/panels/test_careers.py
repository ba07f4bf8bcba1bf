from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from small_state import (
    ELM,
    EXPERIENCED,
    FORMER_AIDE,
    LEAVER,
    MERGED,
    MOVER,
    NEIGHBOR,
    PROMOTED,
    RETURNER,
    SHORE,
    SOUTH,
    SPLITTER,
    STAYER,
    TWO_DISTRICTS,
    all_rows,
    write_tables,
)

from partnerlib.errors import DataError
from partnerlib.panels import BROAD_TEACHER_JOBS, LEVELS, OUTCOMES, Panels, load_panels, outcome_shares
from partnerlib.panels.inputs import checked_grain

RETAINED = [f"retained_{level}" for level in LEVELS]


@pytest.mark.parametrize(
    ("person", "year", "outcome", "school", "district", "position", "anyhow"),
    [
        (STAYER, 2016, "stayer", True, True, True, True),
        (NEIGHBOR, 2016, "mover_in_district", False, True, True, True),
        (MOVER, 2016, "mover_other_district", False, False, True, True),
        (PROMOTED, 2016, "changed_role", False, False, False, True),
        (LEAVER, 2016, "left", False, False, False, False),
        (RETURNER, 2015, "left", False, False, False, False),
        (SPLITTER, 2015, "stayer", True, True, True, True),
        (MERGED, 2016, "mover_in_district", False, True, True, True),
        (FORMER_AIDE, 2016, "changed_role", False, False, False, True),
    ],
)
def test_a_career_step_is_told_at_all_four_levels(
    careers: pd.DataFrame,
    person: str,
    year: int,
    outcome: str,
    school: bool,
    district: bool,
    position: bool,
    anyhow: bool,
) -> None:
    row = careers.loc[(person, year)]
    assert row["outcome"] == outcome
    assert list(row[RETAINED]) == [school, district, position, anyhow]


def test_the_last_october_cannot_say_who_stayed(careers: pd.DataFrame) -> None:
    last = careers.xs(2018, level="school_year")
    assert last[RETAINED].isna().all().all() and last["outcome"].isna().all()
    assert careers.xs(2017, level="school_year")[RETAINED].notna().all().all()


def test_stayers_movers_changed_roles_and_leavers_add_up_to_one(panels: Panels) -> None:
    shares = outcome_shares(panels.careers, by=["school_year"])
    assert list(shares.columns) == list(OUTCOMES)
    assert shares.sum(axis=1).to_numpy() == pytest.approx(1.0)
    # October of 2014-15: STAYER, NEIGHBOR, MOVER, PROMOTED, LEAVER, TWO_DISTRICTS, SPLITTER, MERGED; RETURNER leaves.
    assert shares.loc[2015].to_dict() == pytest.approx(
        {"stayer": 8 / 9, "mover_in_district": 0, "mover_other_district": 0, "changed_role": 0, "left": 1 / 9}
    )


def test_an_exited_person_on_file_is_not_at_work(careers: pd.DataFrame) -> None:
    assert (LEAVER, 2017) not in careers.index


def test_someone_in_two_districts_is_one_row_where_the_fte_is_larger(careers: pd.DataFrame) -> None:
    row = careers.loc[(TWO_DISTRICTS, 2015)]
    assert (row["school_code"], row["fte"], row["total_fte"]) == (SHORE, pytest.approx(0.6), pytest.approx(1.0))


def test_experience_counts_octobers_as_a_teacher_and_is_censored_at_the_start(careers: pd.DataFrame) -> None:
    assert list(careers.loc[NEIGHBOR, "experience_years"]) == [0, 1, 2, 3]
    assert not careers.loc[(NEIGHBOR, 2018), "is_experience_censored"]
    assert careers.loc[(STAYER, 2018), "is_experience_censored"]
    assert careers.loc[(RETURNER, 2017), "experience_years"] == 1


def test_beginners_are_first_time_teachers_and_unknown_in_the_first_october(careers: pd.DataFrame) -> None:
    assert pd.isna(careers.loc[(STAYER, 2014), "is_beginner"])
    assert not careers.loc[(STAYER, 2015), "is_beginner"]
    assert careers.loc[(NEIGHBOR, 2015), "is_beginner"]
    assert not careers.loc[(RETURNER, 2017), "is_beginner"]
    assert not careers.loc[(FORMER_AIDE, 2016), "is_beginner"] and careers.loc[(FORMER_AIDE, 2017), "is_beginner"]
    # First seen in 2017, but the district reports that the person has taught before.
    assert not careers.loc[(EXPERIENCED, 2017), "is_beginner"]


def test_returns_are_told_before_and_after_the_gap(careers: pd.DataFrame) -> None:
    assert careers.loc[(RETURNER, 2015), "returns_later"] and careers.loc[(RETURNER, 2017), "has_returned"]
    assert not careers.loc[(LEAVER, 2016), "returns_later"]
    assert not careers.loc[(STAYER, 2016), "returns_later"]
    assert not careers.loc[(STAYER, 2015), "has_returned"]


def test_the_main_position_sums_the_sections_of_a_job(careers: pd.DataFrame) -> None:
    assert careers.loc[(SPLITTER, 2016), "school_code"] == ELM
    assert careers.loc[(SPLITTER, 2016), "fte"] == pytest.approx(0.6)


def test_as_of_hides_later_years(world: Path, careers: pd.DataFrame) -> None:
    earlier = load_panels(world, as_of=2016)
    assert earlier.school_years == (2014, 2016) and earlier.as_of == 2016
    seen = earlier.careers.set_index(["mepid", "school_year"])
    assert seen.loc[(NEIGHBOR, 2016), RETAINED].isna().all()
    assert seen.loc[(NEIGHBOR, 2015), "outcome"] == careers.loc[(NEIGHBOR, 2015), "outcome"] == "stayer"
    # Whether whoever left after October 2015 comes back cannot be known before October 2017.
    assert pd.isna(seen.loc[(RETURNER, 2015), "returns_later"])


def test_retention_after_two_years_with_and_without_returners(panels: Panels) -> None:
    two = panels.retention(2).set_index(["mepid", "school_year"])
    assert len(two) == len(panels.careers)
    returner = two.loc[(RETURNER, 2015)]
    assert returner["retained_school"] and not returner["retained_school_throughout"]
    neighbor = two.loc[(NEIGHBOR, 2015)]
    assert not neighbor["retained_school"] and neighbor["retained_district"]
    assert neighbor["retained_district_throughout"]
    assert two.xs(2017, level="school_year")["retained_state_any"].isna().all()


def test_retention_after_one_year_is_what_careers_say(panels: Panels, careers: pd.DataFrame) -> None:
    one = panels.retention(1).set_index(["mepid", "school_year"])
    pd.testing.assert_frame_equal(one[RETAINED], careers[RETAINED], check_like=True)
    for level in LEVELS:
        both = one[[f"retained_{level}", f"retained_{level}_throughout"]].dropna()
        assert (both.iloc[:, 0] == both.iloc[:, 1]).all()


def test_the_staff_of_a_school_that_was_taken_over_can_count_as_stayers(world: Path) -> None:
    followed = load_panels(world, follow_successors=True)
    row = followed.careers.set_index(["mepid", "school_year"]).loc[(MERGED, 2016)]
    assert row["outcome"] == "stayer" and row["retained_school"]
    two = followed.retention(2).set_index(["mepid", "school_year"])
    assert two.loc[(MERGED, 2016), "retained_school_throughout"]


def test_the_set_of_teacher_jobs_decides_who_is_a_teacher(world: Path) -> None:
    with_principals = load_panels(world, teacher_jobs=BROAD_TEACHER_JOBS | {"1305"})
    promoted = with_principals.careers.set_index(["mepid", "school_year"]).loc[(PROMOTED, 2016)]
    assert promoted["outcome"] == "stayer"


def test_a_doubled_row_is_an_error_that_names_no_one() -> None:
    doubled = pd.DataFrame({"mepid": [STAYER, STAYER], "school_year": [2014, 2014]})
    with pytest.raises(DataError, match="careers: 2 rows share \\(mepid, school_year\\)") as error:
        checked_grain(doubled, ["mepid", "school_year"], "careers")
    assert STAYER not in str(error.value)


def without_october(folder: Path, year: int) -> Path:
    """The small state with one October's staff files never received."""
    rows = all_rows()
    for table in ("staff_roster", "educators", "assignments"):
        rows[table] = [row for row in rows[table] if (row["school_year"], row["collection"]) != (year, "october")]
    return write_tables(folder / "processed", rows)


def test_a_missing_october_leaves_unknown_who_was_there_throughout(tmp_path: Path) -> None:
    gap = load_panels(without_october(tmp_path, 2016))
    two = gap.retention(2).set_index(["mepid", "school_year"])
    throughout = [f"{name}_throughout" for name in RETAINED]
    # The mover is elsewhere by 2017; without October 2016, leavers would be the only ones whose answer is known.
    assert two.loc[(MOVER, 2015), RETAINED].notna().all()
    assert two.xs(2015, level="school_year")[throughout].isna().all().all()


def test_a_missing_october_finds_nobody_and_says_nothing_of_employment(tmp_path: Path) -> None:
    jobs = load_panels(without_october(tmp_path, 2016)).first_jobs.set_index("candidate_id")
    assert jobs.loc[["first_provider", "aide_first"], "employed_first_october"].isna().all()
    assert jobs.loc["same_district", "employed_first_october"] and pd.isna(
        jobs.loc["same_district", "employed_within_2_years"]
    )


def test_who_stays_in_a_school_that_another_district_reports_stays_at_every_level(tmp_path: Path) -> None:
    rows = all_rows()
    for table in ("staff_roster", "educators", "assignments"):
        for row in rows[table]:
            if row["mepid"] == NEIGHBOR and row["school_year"] == 2018:
                row["district_code"] = SOUTH
    careers = load_panels(write_tables(tmp_path / "processed", rows)).careers.set_index(["mepid", "school_year"])
    assert careers.loc[(NEIGHBOR, 2017), RETAINED].all() and careers.loc[(NEIGHBOR, 2017), "outcome"] == "stayer"
