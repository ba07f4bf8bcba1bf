from __future__ import annotations

import pandas as pd
import pytest
from measures.invented import DISTRICT, OTHER_DISTRICT, OTHER_PROVIDER, PROVIDER, invented
from measures.random_state import FIRST, LAST, random_state

from partnerlib.errors import DataError
from partnerlib.measures import estimates as table
from partnerlib.measures import find
from partnerlib.measures.estimation import estimate
from partnerlib.measures.evidence import Evidence


def cell(
    evidence: Evidence, name: str, kind: str, code: str, cohort: int, window: int = 1, group: str = ""
) -> pd.Series:
    rows = estimate(evidence, evidence.school_years[1], [find(name)])
    found = rows.loc[
        (rows["unit_kind"] == kind)
        & (rows["unit_code"] == code)
        & (rows["cohort"] == cohort)
        & (rows["window_years"] == window)
        & (rows["group_value"] == group)
    ]
    assert len(found) == 1
    return found.iloc[0]


HIRED = invented("""
candidate_id provider_code completion_year employed_first_october mepid
a            89000001      2016            T                      11
b            89000001      2017            F                      12
c            89000001      2018            T                      13
d            89000001      2018            F                      14
e            89000001      2019            -                      15
f            89000002      2018            T                      13
""")


def test_suppressed_missing_not_applicable_and_zero_are_four_things() -> None:
    name = "employed_first_october"
    assert cell(HIRED, name, "provider", PROVIDER, 2016)["status"] == "reported"
    zero = cell(HIRED, name, "provider", PROVIDER, 2017)
    assert (zero["status"], zero["value"], zero["denominator"]) == ("zero", 0.0, 1)
    assert cell(HIRED, name, "provider", PROVIDER, 2019)["status"] == "not_yet_observed"
    nobody = cell(HIRED, name, "provider", OTHER_PROVIDER, 2016)
    assert nobody["status"] == "not_applicable"
    assert nobody[["numerator", "value", "low", "high"]].isna().all()


def test_a_listed_unit_with_nobody_has_a_true_count_of_zero() -> None:
    row = cell(HIRED, "completers_counted", "provider", OTHER_PROVIDER, 2016)
    assert (row["value"], row["status"], row["people"], row["low"]) == (0, "zero", 0, 0)


def test_a_person_with_two_providers_is_one_person_of_the_state() -> None:
    row = cell(HIRED, "completers_counted", "state", "00000000", 2018)
    assert (row["value"], row["denominator"]) == (2, 3)


def test_three_years_pool_only_the_cohorts_that_could_be_observed_and_say_so() -> None:
    row = cell(HIRED, "employed_first_october", "provider", PROVIDER, 2019, window=3)
    assert (row["numerator"], row["denominator"], row["status"]) == (1, 3, "reported")
    assert row["note"].startswith("rests on 2016-17 to 2017-18 of 3 cohorts")
    assert cell(HIRED, "employed_first_october", "provider", PROVIDER, 2018, window=3)["note"] == "fewer than 10 people"


def test_a_practicum_equivalent_is_not_hired_where_placed() -> None:
    evidence = invented("""
candidate_id completion_year is_practicum_equivalent placement_school_code first_job_year hired_in_placement_school
a            2016            T                       97010001              2017           T
b            2016            F                       97010001              2017           F
""")
    row = cell(evidence, "hired_in_placement_school", "state", "00000000", 2016)
    assert (row["numerator"], row["denominator"]) == (0, 1)


def test_an_unlinked_completer_is_counted_as_not_found_and_the_link_rate_says_how_many() -> None:
    evidence = invented("""
candidate_id completion_year is_linked employed_first_october
a            2016            T         T
b            2016            F         F
""")
    assert cell(evidence, "employed_first_october", "state", "00000000", 2016)["value"] == 0.5
    assert cell(evidence, "linked_to_staff_records", "state", "00000000", 2016)["value"] == 0.5


def test_a_partnership_is_measured_against_the_beginners_of_its_district() -> None:
    evidence = invented(
        first_jobs="""
candidate_id provider_code mepid completion_year
a            89000001      11    2017
b            89000002      12    2017
""",
        careers="""
mepid school_year is_beginner district_code
11    2018        T           97010000
12    2018        T           97010000
13    2018        T           97010000
14    2018        T           97020000
""",
    )
    pair = cell(evidence, "share_of_beginners", "partnership", f"{PROVIDER}-{DISTRICT}", 2018)
    assert (pair["numerator"], pair["denominator"]) == (1, 3)
    provider = cell(evidence, "share_of_beginners", "provider", PROVIDER, 2018)
    assert (provider["numerator"], provider["denominator"]) == (1, 4)
    district = cell(evidence, "share_of_beginners", "district", DISTRICT, 2018)
    assert (district["numerator"], district["denominator"]) == (2, 3)
    assert cell(evidence, "share_of_beginners", "district", OTHER_DISTRICT, 2018)["status"] == "zero"
    assert pair["unit_name"] == "Provider 00 and District 10"


def test_a_program_is_a_unit_of_its_provider_with_its_own_name() -> None:
    rows = estimate(HIRED, 2019, [find("completers_counted")])
    programs = rows.loc[rows["unit_kind"] == "program"]
    assert set(programs["unit_code"]) == {
        f"{PROVIDER}:elementary-1-6-initial-bacc", f"{OTHER_PROVIDER}:elementary-1-6-initial-bacc",
    }  # fmt: skip
    assert set(programs["unit_name"]) == {"Provider 00: Elementary 1-6, Initial, Bacc."}


def test_an_older_report_year_sees_no_later_cohort() -> None:
    rows = estimate(HIRED, 2018, [find("employed_first_october")])
    assert rows["cohort"].max() == 2018
    assert set(rows.loc[rows["cohort"] == 2018, "status"].loc[rows["window_years"] == 1]) == {"not_yet_observed"}


def test_subgroups_have_rows_for_providers_and_the_state() -> None:
    evidence = invented("""
candidate_id completion_year first_job_year first_job_is_high_needs is_practicum_equivalent first_job_district_code
a            2016            2017           T                       T                       97010000
b            2016            2017           F                       F                       97010000
""")
    rows = estimate(evidence, 2019, [find("hired_in_high_needs_school")])
    grouped = rows.loc[rows["group"] == "is_practicum_equivalent"]
    assert set(grouped["unit_kind"]) == {"provider", "state"}
    assert cell(evidence, "hired_in_high_needs_school", "state", "00000000", 2017, group="yes")["value"] == 1


def test_without_teacher_effects_nothing_is_said_of_value_added() -> None:
    evidence = invented("""
candidate_id placement_year
a            2018
""")
    assert estimate(evidence, 2019, [find("value_added_of_novices")]).empty


def test_a_table_that_breaks_its_promises_is_refused_with_all_of_them_named() -> None:
    good = estimate(HIRED, 2019, [find("employed_first_october")])
    broken = good.assign(
        numerator=good["denominator"] + 1,
        status=good["status"].replace("zero", "suppressed"),
        unit_kind=good["unit_kind"].replace("state", "nation"),
    )
    with pytest.raises(DataError) as refusal:
        table.checked(broken)
    for part in ("numerator is at most denominator", "has status reported or zero", "unit_kind"):
        assert part in str(refusal.value)
    with pytest.raises(DataError, match="repeat the key"):
        table.checked(pd.concat([good, good.tail(1)], ignore_index=True))


PROGRAM_CODES = {
    "Elementary 1-6, Initial, Bacc.": "elementary-1-6-initial-bacc",
    "Mathematics 5-8, Initial, Post-Bacc.": "mathematics-5-8-initial-post-bacc",
}
UNITS = {
    "provider": ["provider_code"],
    "district": ["placement_district_code"],
    "partnership": ["provider_code", "placement_district_code"],
    "program": ["provider_code", "program_name"],
    "state": [],
}


@pytest.mark.parametrize("kind", UNITS)
@pytest.mark.parametrize("window", [1, 3])
def test_every_cell_equals_the_plain_loop_over_units_and_years(kind: str, window: int) -> None:
    """The slow way, a unit and a year at a time, says the same as the grouping of all at once."""
    state = random_state(seed=11, people=400)
    rows = estimate(state, LAST, [find("hired_in_placement_district")])
    rows = rows.loc[(rows["unit_kind"] == kind) & (rows["window_years"] == window)]
    jobs = state.first_jobs.dropna(subset=["first_job_year"])
    jobs = jobs.loc[~jobs["is_practicum_equivalent"] & (jobs["completion_year"] < LAST)]
    units = jobs.groupby(UNITS[kind]) if UNITS[kind] else [("00000000", jobs)]
    compared = 0
    for code, of_unit in units:
        unit = code if isinstance(code, str) else "-".join(code)
        if kind == "program":
            unit = f"{code[0]}:{PROGRAM_CODES[code[1]]}"
        for last in range(FIRST, LAST + 1):
            of_window = of_unit.loc[of_unit["completion_year"].between(last - window + 1, last)]
            found = rows.loc[(rows["unit_code"] == unit) & (rows["cohort"] == last)]
            if of_window.empty:
                continue
            compared += 1
            assert found["denominator"].item() == len(of_window)
            assert found["people"].item() == of_window["mepid"].nunique()
            assert found["value"].item() == pytest.approx(of_window["hired_in_placement_district"].mean())
    assert compared >= LAST - FIRST
