"""Staffing retention: every rate has its level, every count its status, and no row is lost."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from published_files import RETENTION_ROWS, STATE_ROWS, collected_retention, retention_export, write_lines

from partnerlib import engine
from partnerlib.sources import staff_retention
from partnerlib.sources.contract import Conformed
from partnerlib.sources.reading import UnreadableFile, open_raw

TABLE = "staff_retention_published"


def conformed(path: Path) -> Conformed:
    given = staff_retention.conform(open_raw(path, path.parent))
    assert given.received == given.accepted + given.rejected
    return given


def table(given: Conformed) -> pd.DataFrame:
    return engine.collect(given.tables[TABLE])


def teachers(given: Conformed) -> pd.DataFrame:
    rows = table(given)
    return rows[rows["role"] == "teacher"].set_index("organization_code")


def collected(*counts: str, year: str = "2018-19") -> list[str]:
    return [f"1.0,1,a-pcom-i1,{year},Alder Falls-School {n},{95000001 + n},{cells}" for n, cells in enumerate(counts)]


def test_two_state_rows_of_one_code_are_told_apart_by_arithmetic(tmp_path: Path) -> None:
    for order in (STATE_ROWS, STATE_ROWS[::-1]):
        rows = table(conformed(retention_export(tmp_path, [*RETENTION_ROWS, *order])))
        state = rows[rows["organization_code"] == "00000000"].set_index(["role", "level"])["base_count"]
        assert state["teacher", "state_school_rollup"] == 1024
        assert state["teacher", "state_unduplicated"] == 1010
        assert state["principal", "state_school_rollup"] == 4


def test_a_state_row_that_fits_no_level_is_rejected(tmp_path: Path) -> None:
    given = conformed(retention_export(tmp_path, [*RETENTION_ROWS, STATE_ROWS[1]]))
    assert (given.accepted, given.rejected) == (4, 1)
    assert "level" in given.problems["expected"][0] and given.problems["row"][0] == 7


def test_the_label_names_the_years_compared(tmp_path: Path) -> None:
    rows = table(conformed(retention_export(tmp_path)))
    assert rows[["school_year", "from_year", "to_year"]].drop_duplicates().values.tolist() == [[2014, 2012, 2013]]


def test_rates_follow_from_the_counts_and_statuses_stay_apart(tmp_path: Path) -> None:
    rows = teachers(conformed(retention_export(tmp_path)))
    assert rows.loc["95000505", ["base_count", "retained_count"]].tolist() == [1000, 900]
    assert rows.loc["95000505", "retained_rate"] == pytest.approx(0.9, abs=1e-12)
    assert rows.loc["95010305", ["retained_rate", "status"]].tolist() == [0.0, "zero"]
    assert rows.loc["95020305", "status"] == "not_applicable" and pd.isna(rows.loc["95020305", "retained_rate"])
    principals = (
        table(conformed(retention_export(tmp_path))).query("role == 'principal'").set_index("organization_code")
    )
    assert principals.loc["95010305", "status"] == "missing" and pd.isna(principals.loc["95010305", "base_count"])


def test_a_dash_is_withheld_and_never_zero(tmp_path: Path) -> None:
    row = teachers(conformed(collected_retention(tmp_path, collected("1,1,100.0,-,-,-")))).iloc[0]
    assert row["status"] == "suppressed" and pd.isna(row["base_count"]) and pd.isna(row["retained_rate"])


def test_a_printed_rate_that_does_not_follow_is_flagged_and_the_counts_believed(tmp_path: Path) -> None:
    given = conformed(collected_retention(tmp_path, collected("1,1,100.0,30,20,66.7", "1,1,100.0,30,20,66.8")))
    flagged = given.problems[given.problems["action"] == "flagged"]
    assert flagged[["row", "column", "found"]].values.tolist() == [[3, "Teacher % Retained", "'66.8'"]]
    assert teachers(given)["retained_rate"].tolist() == pytest.approx([2 / 3, 2 / 3])


def test_a_sentence_over_the_count_cells_makes_every_count_missing(tmp_path: Path) -> None:
    rows = collected('"",Failed to,meet reporting,requirements,"",""', "1,1,100.0,30,20,66.7")
    given = conformed(collected_retention(tmp_path, rows))
    assert given.accepted == 2
    assert table(given).query("organization_code == '95000001'")["status"].tolist() == ["missing", "missing"]
    assert given.problems[["row", "action"]].values.tolist() == [[2, "flagged"]]


def test_a_repeated_row_is_kept_once_and_contradicting_rows_not_at_all(tmp_path: Path) -> None:
    same, other = collected("1,1,100.0,30,20,66.7", "1,1,100.0,40,20,50.0")
    changed = other.replace(",40,20,50.0", ",40,30,75.0")
    given = conformed(collected_retention(tmp_path, [same, other, same, changed]))
    assert (given.accepted, given.rejected) == (1, 3)
    expected = given.problems.set_index("row")["expected"]
    assert "the same row stands in line 2" in expected[4]
    assert "line 5 has other values" in expected[3] and "line 3 has other values" in expected[5]


def test_codes_without_zeros_are_mended_and_flagged_and_other_codes_rejected(tmp_path: Path) -> None:
    rows = [
        "1,1,a,2018-19,Alder-A,00350001,1,1,100.0,30,20,66.7".replace("00350001", "350001"),
        "1,1,a,2018-19,Alder-B,ABC,1,1,100.0,30,20,66.7",
        "1,1,a,20xx,Alder-C,00350003,1,1,100.0,30,20,66.7",
    ]
    given = conformed(collected_retention(tmp_path, rows))
    assert teachers(given).index.tolist() == ["00350001"]
    assert given.problems[["row", "action"]].values.tolist() == [[2, "flagged"], [3, "rejected"], [4, "rejected"]]


def test_a_vanished_column_refuses_the_file(tmp_path: Path) -> None:
    path = collected_retention(tmp_path, collected("1,1,100.0,30,20,66.7"))
    path.write_text(path.read_text().replace("Principal # Retained", "Principals kept"))
    with pytest.raises(UnreadableFile, match="Principal # Retained"):
        conformed(path)


def test_an_added_column_is_named_once(tmp_path: Path) -> None:
    path = collected_retention(tmp_path, collected("1,1,100.0,30,20,66.7"))
    path.write_text("\n".join(line + "," + ("Region" if n == 0 else "N") for n, line in
                              enumerate(path.read_text().splitlines())) + "\n")  # fmt: skip
    given = conformed(path)
    assert "'Region'" in given.problems["found"][0] and given.problems["action"].tolist() == ["flagged"]


def test_a_name_with_another_year_is_flagged_and_the_content_believed(tmp_path: Path) -> None:
    rows = collected("1,1,100.0,30,20,66.7")
    assert conformed(collected_retention(tmp_path, rows, "retention_2018-19_scrape-2023-04.csv")).problems.empty
    told = conformed(collected_retention(tmp_path, rows, "retention_2012.csv")).problems
    assert "2012" in told["found"][0] and told["action"][0] == "flagged"


def test_student_retention_is_not_recognised(tmp_path: Path) -> None:
    lines = ["Academic Year,School Name,DESE ID,Enrolled,# Retained,% Retained", "2018-19,A-B,95000005,30,2,6.7"]
    assert not staff_retention.recognise(open_raw(write_lines(tmp_path / "a.csv", lines), tmp_path))


SCHOOLS = [
    f"1,1,a,{{year}},District {n}-School,{95000005 + 10000 * n},1,1,100.0,{{base}},{{kept}},{{rate}}" for n in range(8)
]
MERGED = (
    "District Name,Pupils,Superintendent Total,Superintendent # Retained,Superintendent % Retained,Principal Total,"
    "Principal # Retained,Principal % Retained,Teacher Total,Teacher # Retained,Teacher % Retained"
)


def _series(year: str, more: int) -> list[str]:
    return [row.format(year=year, base=20 + n + more, kept=10 + n, rate=round(100 * (10 + n) / (20 + n + more), 1))
            for n, row in enumerate(SCHOOLS)]  # fmt: skip


def _merged(folder: Path) -> Path:
    districts = [f"District {n},900,1,0,0.0,1,1,100.0,{20 + n},{10 + n},{round(100 * (10 + n) / (20 + n), 1)}"
                 for n in range(8)]  # fmt: skip
    empty = "Elsewhere,99999,99999,99999,99999.0,99999,99999,99999.0,99999,99999,99999.0"
    base, kept = sum(20 + n for n in range(8)), sum(10 + n for n in range(8))
    state = f"State Totals,7200,8,0,0.0,8,8,100.0,{base},{kept},{round(100 * kept / base, 1)}"
    return write_lines(folder / "merged.csv", [MERGED, *districts, empty, state])


def test_a_district_file_without_year_and_codes_is_rejected_alone(tmp_path: Path) -> None:
    given = conformed(_merged(tmp_path))
    assert (given.accepted, given.rejected) == (0, 10) and table(given).empty
    assert "a year and a code" in given.problems["expected"][0]


def test_it_is_dated_and_coded_by_the_school_series_beside_it(tmp_path: Path) -> None:
    paths = [_merged(tmp_path), collected_retention(tmp_path, [*_series("2016-17", 0), *_series("2017-18", 3)])]
    raws = [open_raw(path, tmp_path) for path in paths]
    merged, series = staff_retention.reconcile([(raw, staff_retention.conform(raw)) for raw in raws])
    assert (series.accepted, merged.received, merged.accepted, merged.rejected) == (16, 10, 9, 1)
    rows = table(merged)
    assert rows["school_year"].unique().tolist() == [2017]
    assert rows.query("level == 'state_district_rollup' and role == 'teacher'")["base_count"].tolist() == [188]
    assert rows.query("role == 'superintendent' and organization_code == '95030000'")["status"].tolist() == ["zero"]
    assert "8 of 8 one-school districts" in " ".join(merged.notes)
    assert merged.problems.query("action == 'rejected'")["row"].tolist() == [10]


def test_a_year_that_the_counts_do_not_tell_is_not_guessed(tmp_path: Path) -> None:
    twice = [*_series("2016-17", 0), *_series("2017-18", 0)]
    raws = [open_raw(path, tmp_path) for path in (_merged(tmp_path), collected_retention(tmp_path, twice))]
    merged, _ = staff_retention.reconcile([(raw, staff_retention.conform(raw)) for raw in raws])
    assert merged.accepted == 0
