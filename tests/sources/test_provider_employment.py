"""Employment pages: snapshots by report year, two meanings of one rate, and dashes that are not all alike."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from published_files import LONG_PAGES, page, write_lines

from partnerlib import engine
from partnerlib.sources import provider_employment
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import open_raw

TABLE = "provider_employment_published"
AS_NUMERATOR = ("All Years|100|80|80.0|60|75.0", "2017 - 18|50|40|80.0|30|75.0", "2016 - 17|40|32|80.0|20|62.5")
AS_DENOMINATOR = ("All Years|1,000|-|80.0|600|95.0", "2013 - 14|50|-|80.0|0|*", "2012 - 13|40|-|80.0|30|93.3")


def conformed(folder: Path, lines: list[str], name: str = "page.txt") -> Conformed:
    given = provider_employment.conform(open_raw(write_lines(folder / name, lines), folder))
    assert given.received == given.accepted + given.rejected
    return given


def rows_of(given: Conformed) -> pd.DataFrame:
    return engine.collect(given.tables[TABLE]).set_index("group")


def test_a_page_gives_a_row_for_each_table_row(tmp_path: Path) -> None:
    rows = rows_of(conformed(tmp_path, page(2019, rows=AS_NUMERATOR)))
    assert rows.index.tolist() == ["All Years", "2017-18", "2016-17"]
    first = rows.loc["2017-18"]
    assert first[["report_year", "provider_code", "completers_count", "employed_count"]].tolist() == [
        2019,
        "89000001",
        50,
        40,
    ]
    assert first[["employed_rate", "retained_rate"]].tolist() == pytest.approx([0.8, 0.75])


@pytest.mark.parametrize("wording", ["numerator", "denominator"])
@pytest.mark.parametrize(
    ("rows", "year", "basis"), [(AS_NUMERATOR, 2019, "numerator"), (AS_DENOMINATOR, 2015, "denominator")]
)
def test_the_arithmetic_decides_the_basis_and_the_wording_is_only_compared(
    tmp_path: Path, wording: str, rows: tuple[str, ...], year: int, basis: str
) -> None:
    given = conformed(tmp_path, page(year, rows=rows, wording=wording))
    assert rows_of(given)["retention_basis"].unique().tolist() == [basis]
    assert given.problems["column"].tolist() == ([] if wording == basis else ["cohort_wording"])


def test_a_page_without_rates_has_an_unknown_basis(tmp_path: Path) -> None:
    assert rows_of(conformed(tmp_path, page(2020, rows=["2018 - 19|4|3|75.0|-|-"])))["retention_basis"].tolist() == [
        "unknown"
    ]


def test_too_young_withheld_and_reported_stay_apart(tmp_path: Path) -> None:
    lines = [*AS_DENOMINATOR, "2011 - 12|12|-|91.7|3|-", "2010 - 11|12|-|91.7|-|-"]
    rows = rows_of(conformed(tmp_path, page(2015, rows=lines)))
    assert rows["status"].to_dict() == {
        "All Years": "reported", "2013-14": "not_yet_observed", "2012-13": "reported", "2011-12": "suppressed",
        "2010-11": "suppressed",
    }  # fmt: skip
    assert rows.loc["2013-14", "retention_cohort_count"] == 0 and pd.isna(rows.loc["2013-14", "retained_rate"])
    oldest = rows_of(
        conformed(tmp_path, page(2013, rows=["All Years|389|-|69.4|120|95.8", "2011 - 12|210|-|63.8|-|-"]))
    )
    assert oldest.loc["2011-12", "status"] == "not_yet_observed"


def test_four_and_five_columns_are_read_and_other_rows_rejected(tmp_path: Path) -> None:
    given = conformed(
        tmp_path, page(2016, rows=["All Years|351|90.0|274|93.4", "2013 - 14|74|95.9", "2012 - 13|76|-|82.9|61|91.8"])
    )
    rows = rows_of(given)
    assert rows.loc["All Years", "employed_rate"] == pytest.approx(0.9) and pd.isna(
        rows.loc["All Years", "employed_count"]
    )
    assert given.problems.query("action == 'rejected'")[["row", "found"]].values.tolist() == [[10, "3 cells"]]


def test_labels_are_brought_to_one_spelling(tmp_path: Path) -> None:
    lines = ["Academic: Teacher, Initial ALL ALL|9|9|100.0|9|100.0", "Post-baccalaureate  All|9|9|100.0|9|100.0"]
    given = conformed(tmp_path, page(2020, rows=lines, table="Employment by Program Characteristics"))
    assert rows_of(given).index.tolist() == ["Academic: Teacher, Initial All All", "Post-Baccalaureate All"]


def test_a_level_under_two_types_keeps_its_type(tmp_path: Path) -> None:
    lines = ["Academic: Teacher All All|9|9|100.0|9|100.0", "Post-Baccalaureate All|5|5|100.0|5|100.0",
             "Academic: Specialist All All|8|8|100.0|8|100.0", "Post-Baccalaureate All|4|4|100.0|4|100.0"]  # fmt: skip
    given = conformed(tmp_path, page(2020, rows=lines, table="Employment by Program Characteristics"))
    assert given.rejected == 0
    assert "Academic: Specialist All All / Post-Baccalaureate All" in rows_of(given).index


def test_a_program_heading_names_the_grouping(tmp_path: Path) -> None:
    lines = ["# Academic: Teacher, English, 5-8, Initial", "All Years|1|1|100.0|1|100.0"]
    rows = rows_of(conformed(tmp_path, page(2020, rows=lines, table="Employment by Programs")))
    assert rows["grouping"].tolist() == ["Academic: Teacher, English, 5-8, Initial"]


def test_a_missing_report_year_is_taken_from_the_newest_cohort_and_flagged(tmp_path: Path) -> None:
    lines = [
        line.replace("fycode=2019&", "") for line in page(2019, rows=AS_NUMERATOR) if not line.startswith("report_year")
    ]
    given = conformed(tmp_path, lines)
    assert rows_of(given)["report_year"].unique().tolist() == [2019]
    assert given.problems["column"].tolist() == ["report_year"]
    without = conformed(tmp_path, [line for line in lines if " - " not in line])
    assert (without.accepted, without.rejected) == (0, 1) and "fycode" in without.problems["expected"][0]


def test_one_page_in_two_files_is_counted_once(tmp_path: Path) -> None:
    cells = [row.split("|") for row in AS_NUMERATOR]
    table = "Employment by Year (All Programs)"
    long = [f"89000001,Birch College,2019,1,,numerator,{table},year,,{','.join(row)},url" for row in cells]
    more = "89000001,Birch College,2020,1,,numerator," + table + ",year,,2018 - 19,50,40,80.0,30,75.0,url"
    changed = [*AS_NUMERATOR[:2], "2016 - 17|41|32|78.0|20|62.5"]
    paths = [write_lines(tmp_path / "page.txt", page(2019, rows=AS_NUMERATOR)),
             write_lines(tmp_path / "revised.txt", page(2019, rows=changed)),
             write_lines(tmp_path / "long.csv", [LONG_PAGES, *long, more])]  # fmt: skip
    raws = [open_raw(path, tmp_path) for path in paths]
    page_copy, revised, whole = provider_employment.reconcile([(raw, provider_employment.conform(raw)) for raw in raws])
    assert (whole.accepted, whole.rejected) == (4, 0)
    assert (page_copy.accepted, page_copy.rejected, page_copy.received) == (0, 3, 3)
    assert page_copy.problems["row"].tolist() == [9, 10, 11] and "long.csv" in page_copy.problems["expected"][0]
    assert rows_of(revised).index.tolist() == ["2016-17"], "a row with other numbers is another copy, and kept"


def test_report_years_never_overwrite_each_other(tmp_path: Path) -> None:
    raws = [
        open_raw(write_lines(tmp_path / f"{year}.txt", page(year, rows=AS_NUMERATOR)), tmp_path)
        for year in (2019, 2020)
    ]
    given = provider_employment.reconcile([(raw, provider_employment.conform(raw)) for raw in raws])
    assert [file.accepted for file in given] == [3, 3]


def test_a_cohort_counted_anew_is_flagged_in_the_later_report(tmp_path: Path) -> None:
    later = [row.replace("|40|32|80.0|20|62.5", "|40|30|75.0|20|66.7") for row in AS_NUMERATOR]
    paths = [write_lines(tmp_path / f"{year}.txt", page(year, rows=rows))
             for year, rows in ((2019, AS_NUMERATOR), (2020, later))]  # fmt: skip
    raws = [open_raw(path, tmp_path) for path in paths]
    first, second = provider_employment.reconcile([(raw, provider_employment.conform(raw)) for raw in raws])
    assert first.problems.empty
    assert second.problems[["row", "column", "found"]].values.tolist() == [[11, "ever_employed", "30"]]
    assert second.problems["expected"][0].startswith("32, as report 2019") and second.accepted == 3


def test_other_pages_of_the_profiles_are_not_recognised(tmp_path: Path) -> None:
    lines = ["source: https://profiles.doe.mass.edu/epp/student.aspx?orgcode=89000001", "Survey", "a|b|c"]
    assert not provider_employment.recognise(open_raw(write_lines(tmp_path / "a.txt", lines), tmp_path))
