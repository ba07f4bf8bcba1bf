"""Published figures of families that have no source yet: small recipes over the same readers, each as it is described.

They keep the readers honest on layouts that no source uses: padded sheets, tabs named .csv, footnotes, dollar signs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest
from figures import ending, numbers_in

from partnerlib.sources.published import cells, plain
from partnerlib.sources.reading import open_raw

Numbers = Mapping[str, Mapping[str, str]]
Read = Callable[[str], pd.DataFrame]


@pytest.fixture(scope="module")
def read(real_data: Path) -> Read:
    """A real file by its name, columns named in lower case."""
    known = {path.name: path for path in real_data.rglob("*") if path.is_file()}

    def frame(name: str) -> pd.DataFrame:
        return open_raw(known[ending(name)], real_data).frame().rename(columns=plain)

    return frame


def value(text: pd.Series) -> pd.Series:
    return cells(text).values


def evaluations(read: Read, at: int) -> pd.DataFrame:
    frame = read(f"dese_export_EducatorEvalPerf{f'_{at}' if at else ''}.xlsx")
    return frame.assign(is_state=frame["district code"].eq("00000000"))


def test_e1_the_state_row_of_the_evaluation_export(read: Read, numbers: Numbers) -> None:
    frame = evaluations(read, 2)
    state = frame[frame["is_state"]].drop(columns=["source_row", "district name", "district code", "is_state"])
    printed = [value(state[column]).iloc[0] for column in state]
    assert printed == numbers_in(numbers["E1"]["published"])


def test_e3_all_educators_of_the_bulk_file(read: Read, numbers: Numbers) -> None:
    frame = read(numbers["E3"]["reproduce_from"])
    row = frame[frame["org_code"].eq("00000000") & frame["eet_grp_cd"].eq("AS")]
    evaluated, share, *ratings = [
        value(row[column]).iloc[0]
        for column in ("total_evaluated", "evaluated_per", "p_per", "ex_per", "ni_per", "un_per")
    ]
    assert [evaluated, round(share, 1), *(round(r, 1) for r in ratings)] == numbers_in(numbers["E3"]["published"])


def test_e4_districts_beside_the_state_rows(read: Read, numbers: Numbers) -> None:
    published = numbers_in(numbers["E4"]["published"].replace("/", " / "))
    obtained = numbers_in(numbers["E4"]["value_obtained"].replace("/", " / "))
    columns = ["# of educators to be evaluated", "# evaluated"]
    frames = [evaluations(read, at) for at in range(5)]
    assert [value(f.loc[f["is_state"], c]).sum() for f in frames for c in columns] == published
    assert [value(f.loc[~f["is_state"], c]).sum() for f in frames for c in columns] == obtained


def test_s1_average_salary_from_totals_and_whole_fte(read: Read, numbers: Numbers) -> None:
    frame = read(numbers["S1"]["reproduce_from"])
    districts = frame[frame["district code"].ne("00000000")]
    total, fte = (value(districts[column]).sum() for column in ("salary totals", "fte count"))
    published_total, _, published_average = numbers_in(numbers["S1"]["published"].replace("$", ""))
    assert [total, fte, round(total / fte, 2)] == numbers_in(numbers["S1"]["value_obtained"])
    assert abs(total - published_total) == 4 and abs(total / fte - published_average) < 17.5


def test_s3_the_payroll_counts_once(read: Read, numbers: Numbers) -> None:
    frame = read(numbers["S3"]["reproduce_from"])
    year = frame[frame["fy"].eq("2012")]
    total = value(year.loc[year["org_code"].ne("09990000"), "total"]).sum()
    published = numbers_in(numbers["S3"]["published"])[0]
    assert total == numbers_in(numbers["S3"]["value_obtained"])[0] and abs(total - published) == 4
    assert value(year.loc[year["org_code"].ne("00000000"), "total"]).sum() == total + published


def test_n1_schools_and_districts_add_up_to_the_state_but_for_the_known_years(read: Read, numbers: Numbers) -> None:
    frame = read("datachallenge2014_enrollment_by_grade_state_district_school_1995_2014.csv")
    code = frame["org_code"]
    kind = code.str.endswith("0000").map({True: "district", False: "school"}).mask(code.eq("00000000"), "state")
    frame = frame.assign(pupils=value(frame["wpi_gndr_total_cnt"]))
    sums = frame.groupby(["fy_code", kind])["pupils"].sum().unstack()
    gaps = sums[["district", "school"]].sub(sums["state"], axis=0)
    gaps = gaps[(gaps != 0).any(axis=1)].astype(int)
    early = gaps[gaps.index < "2013"]
    assert early.to_dict("index") == {
        "1997": {"district": -28, "school": -28}, "1998": {"district": 0, "school": -58},
        "2002": {"district": 0, "school": -614},
    }  # fmt: skip
    stated = numbers_in(numbers["N1"]["value_obtained"])
    assert {1997, 1998, 2002, 28, 58, 614} <= {abs(number) for number in stated}
    assert gaps.loc[["2013", "2014"]].to_numpy().ravel().tolist() == [
        number for number in numbers_in(numbers["N1"]["remark"]) if number not in (2013, 2014)
    ]


@pytest.mark.parametrize(("key", "years"), [("N2", ("2019-20", "2020-21", "2021-22", "2022-23")), ("N4", ("2016-17",))])
def test_n2_n4_pupils_summed_over_schools(read: Read, numbers: Numbers, key: str, years: tuple[str, ...]) -> None:
    frame = read(numbers[key]["reproduce_from"])
    by_year = value(frame["total"]).groupby(frame["academic year"]).sum()
    assert by_year[list(years)].tolist() == numbers_in(numbers[key]["published"])


def test_n4_the_same_total_stands_in_an_independent_file(read: Read, numbers: Numbers) -> None:
    frame = read("cpsd_MADistrictEnrollment.csv")
    state = frame.loc[frame["org_code"].eq("0000"), "district_total"]
    assert value(state).tolist() == numbers_in(numbers["N4"]["published"])


def test_n5_pupils_of_2012_in_both_files(read: Read, numbers: Numbers) -> None:
    published = numbers_in(numbers["N5"]["published"])
    sheet = read("dese_export_enrollment-grade_2012.xlsx")
    schools = sheet["school code"].ne("00000000")
    assert [value(sheet.loc[schools, "total"]).sum()] == published
    bulk = read("datachallenge2014_enrollment_by_grade_state_district_school_1995_2014.csv")
    rows = bulk[bulk["fy_code"].eq("2012") & bulk["org_typ_code"].isin(["6", "13"])]
    assert [value(rows["wpi_gndr_total_cnt"]).sum()] == published


def proficient(frame: pd.DataFrame, column: str, subject: str) -> tuple[float, float]:
    """Percent from the school rows, and as the state row prints it."""
    rows = frame[frame["subject"].str.upper().str.startswith(subject)]
    is_state = rows["school code"].str.strip("0").eq("")
    tested = value(rows["no. of students included"])
    share = 100 * value(rows[f"{column} #"])[~is_state].sum() / tested[~is_state].sum()
    return round(float(share), 2), float(value(rows.loc[is_state, f"{column} %"]).iloc[0])


def test_m2_school_rows_do_not_reproduce_the_state_rate_of_the_new_test(read: Read, numbers: Numbers) -> None:
    frames = [read(f"mcas public schools grades 3-8 all students {year}.csv") for year in (2017, 2018, 2019)]
    results = [proficient(frame, "m+e", subject) for subject in ("ELA", "MATH") for frame in frames]
    assert [share for share, _ in results] == numbers_in(numbers["M2"]["value_obtained"])
    assert [state for _, state in results] == numbers_in(numbers["M2"]["published"])
    assert all(share > state + 0.5 for share, state in results)


def test_m3_nor_of_the_older_one(read: Read, numbers: Numbers) -> None:
    results = [proficient(read(f"dese_export_mcas_{year}-8.xlsx"), "p+a", "MATH") for year in (2007, 2010, 2012, 2014)]
    assert [share for share, _ in results] == numbers_in(numbers["M3"]["value_obtained"])
    assert [state for _, state in results] == numbers_in(numbers["M3"]["published"])


def test_g1_graduation_in_two_files(read: Read, numbers: Numbers) -> None:
    export, series = read(numbers["G1"]["where_published"]), read(numbers["G1"]["reproduce_from"])
    series = series[series["academic year"].eq("2016-17")]
    both = export.merge(series, left_on="school code", right_on="dese id", suffixes=("", "_series"))
    same = value(both["# in cohort"]).eq(value(both["# in cohort_series"])) & value(both["% graduated"]).eq(
        value(both["% graduated_series"])
    )
    assert [same.sum(), len(export)] == numbers_in(numbers["G1"]["value_obtained"])[:2]


def test_every_published_number_has_its_test(numbers: Numbers) -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [key for key in numbers if f'"{key}"' not in tests] == []
