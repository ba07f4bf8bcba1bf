"""The build: every table, nothing lost, nothing half done, and every problem of a folder named at once."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from raw_files import DIRECTORY, HEADERS, Row, write_raw, write_state

from partnerlib import build as building
from partnerlib.build import build, is_fresh
from partnerlib.checking import check
from partnerlib.errors import DataError
from partnerlib.project import Project
from partnerlib.tables import TABLES


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "raw").mkdir()
    return Project(tmp_path, tmp_path / "raw", tmp_path / "processed", tmp_path / "out")


def table(project: Project, name: str) -> pd.DataFrame:
    return pd.read_parquet(project.processed / f"{name}.parquet")


def files(project: Project) -> dict[str, dict[str, object]]:
    record = json.loads((project.processed / "ingest_record.json").read_text())
    return {file["file"]: file for file in record["files"]}


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_every_table_is_written_in_its_exact_types_even_when_no_file_feeds_it(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    build(project)
    for name, declared in TABLES.items():
        if name != "links":
            assert pq.read_schema(project.processed / f"{name}.parquet").equals(declared.arrow_schema()), name


def test_read_and_rejected_make_received_for_every_file(project: Project) -> None:
    write_state(project.raw)
    write_raw(project.raw, "sims", [{}, {}, {"DOE002": "x"}, {"DOE002": "1000000002", "DOE010": "99"}], "more/sims.csv")
    build(project)
    found = files(project)
    assert len(found) == len(HEADERS) + 1
    for file in found.values():
        assert file["received"] == file["accepted"] + file["rejected"]  # type: ignore[operator]
    assert found["more/sims.csv"]["received"] == 4
    # One row of the two files' three copies of one student is read, and the row without an identifier is not.
    assert len(table(project, "students")) == 2
    rejects = table(project, "rejects")
    rejected = rejects[rejects["action"] == "rejected"].groupby("source_file")["row"].nunique()
    assert rejected.to_dict() == {"more/sims.csv": 2, "sims.csv": 1}


def test_a_source_that_loses_rows_stops_the_build(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_raw(project.raw, "sims", [{}, {"DOE002": "1000000002"}])
    monkeypatch.setattr("partnerlib.sources.layouts.StagedRows.kept", lambda self: 1)
    with pytest.raises(DataError, match=r"sims\.csv: 2 rows received, but 1 accepted and 0 rejected"):
        build(project)


def test_the_same_row_in_two_files_is_read_once_and_both_files_are_named(project: Project) -> None:
    write_raw(project.raw, "sims", [{}], "a.csv")
    write_raw(project.raw, "sims", [{}], "b.csv")
    build(project)
    rejects = table(project, "rejects")
    assert rejects[["source_file", "row", "found", "action"]].values.tolist() == [
        ["b.csv", 2, "a copy of row 2 of a.csv", "rejected"]
    ]


def test_a_student_reported_twice_with_other_values_is_named_in_both_files(project: Project) -> None:
    write_raw(project.raw, "sims", [{}], "a.csv")
    write_raw(project.raw, "sims", [{"DOE016": "05"}], "b.csv")
    build(project)
    rejects = table(project, "rejects")
    assert rejects[["source_file", "action"]].values.tolist() == [["a.csv", "flagged"], ["b.csv", "rejected"]]
    assert rejects["found"].str.contains("another DOE016").all()


def test_one_student_in_two_years_or_collections_is_no_duplicate(project: Project) -> None:
    write_raw(project.raw, "sims", [{}], "a.csv")
    write_raw(project.raw, "sims", [{"SY": "2016-17"}], "b.csv")
    write_raw(project.raw, "sims", [{"PERIOD": "EOY"}], "c.csv")
    build(project)
    assert len(table(project, "students")) == 3


def test_tables_are_sorted_by_key_and_the_same_bytes_each_time(project: Project) -> None:
    rows: list[Row] = [{"DOE002": f"{1000000000 + n * 7919 % 500}"} for n in range(500)]
    write_raw(project.raw, "sims", rows)
    build(project)
    before = hashes(project.processed)
    assert table(project, "students")["sasid"].is_monotonic_increasing
    build(project, force=True)
    assert hashes(project.processed) == before


def test_nothing_is_rebuilt_while_files_and_code_are_the_same(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    assert not is_fresh(project)
    assert build(project).is_rebuilt and is_fresh(project)
    assert not build(project).is_rebuilt
    write_raw(project.raw, "sims", [{}, {"DOE002": "1000000002"}])
    assert not is_fresh(project)
    assert build(project).is_rebuilt and len(table(project, "students")) == 2


def test_a_missing_table_makes_the_build_stale(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    build(project)
    (project.processed / "students.parquet").unlink()
    assert not is_fresh(project)


def test_a_failed_build_leaves_the_tables_that_stood(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    write_raw(project.raw, "sims", [{}])
    build(project)
    before = hashes(project.processed)
    write_raw(project.raw, "sims", [{"DOE002": "1000000002"}])

    def full_disk(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(building, "write_table", full_disk)
    with pytest.raises(OSError, match="no space left"):
        build(project)
    assert hashes(project.processed) == before


def test_links_made_from_older_tables_go_with_them(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    project.processed.mkdir()
    (project.processed / "links.parquet").write_bytes(b"older")
    build(project)
    assert not (project.processed / "links.parquet").exists()


def test_a_folder_with_no_known_file_is_an_error_that_names_what_is_there(project: Project) -> None:
    (project.raw / "notes.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"no file of a known layout\n  notes\.csv: found no known layout") as error:
        build(project)
    assert error.value.exit_code == 3


def test_a_column_that_vanished_is_named_with_the_layout(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    write_raw(project.raw, "staff_roster", [{}], header=[h for h in HEADERS["staff_roster"] if h != "SR09"])
    build(project)
    record = json.loads((project.processed / "ingest_record.json").read_text())
    (unread,) = record["not_read"]
    assert unread["file"] == "staff_roster.csv"
    assert "nearest is EPIMS staff roster (SR), missing columns: SR09" in unread["expected"]
    assert "staff_roster.csv" in set(table(project, "rejects")["source_file"])


def test_a_renamed_column_is_named_beside_the_missing_one(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    write_raw(project.raw, "evaluations", [{}], header=["RATING" if h == "OVERALL_RATING" else h
                                                        for h in HEADERS["evaluations"]])  # fmt: skip
    problem = check(project.raw).frame.iloc[0]
    assert "missing columns: OVERALL_RATING; columns it does not know: RATING" in problem["expected"]


def test_a_column_nobody_knows_is_flagged_and_the_rest_is_read(project: Project) -> None:
    write_raw(project.raw, "sims", [{}], header=[*HEADERS["sims"], "DOE099"])
    build(project)
    assert table(project, "rejects")["column"].tolist() == ["DOE099"]
    assert len(table(project, "students")) == 1


@pytest.mark.parametrize(
    ("name", "layout", "said"),
    [
        ("sims_2016_oct.csv", "sims", "a name that says 2015-16"),
        ("sims_2018_eoy.csv", "sims", "a name that says end of year"),
        ("epims_wa_2018_oct.csv", "staff_roster", "a name of EPIMS work assignments (WA)"),
    ],
)
def test_a_name_that_contradicts_the_content_is_reported_and_the_content_believed(
    project: Project, name: str, layout: str, said: str
) -> None:
    write_raw(project.raw, layout, [{}], name)
    findings = check(project.raw).frame
    assert len(findings) == 1
    assert findings["found"][0].startswith(said) and findings["action"][0] == "flagged"


@pytest.mark.parametrize("name", ["sims_2018_oct.csv", "SIMS 2017-18 October.csv", "received.csv"])
def test_a_name_that_agrees_or_says_nothing_is_no_problem(project: Project, name: str) -> None:
    write_raw(project.raw, "sims", [{}], name)
    assert check(project.raw).frame.empty


def test_what_is_not_data_is_passed_over(project: Project) -> None:
    write_raw(project.raw, "sims", [{}])
    for name in ("README.md", "readme.txt", ".hidden.csv", "truth/people.csv", "truth.json", ".git/config"):
        path = project.raw / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("anything\n")
    assert check(project.raw).frame.empty


def test_check_says_the_same_as_the_build_and_writes_nothing(project: Project) -> None:
    write_state(project.raw)
    write_raw(project.raw, "staff_roster", [{"SR07": "02/30/1980"}, {}, {"SR01": "7"}], "again.csv")
    (project.raw / "page.xls").write_text("<html><body>Staffing</body></html>")
    findings = check(project)
    assert not project.processed.exists()
    build(project)
    pd.testing.assert_frame_equal(findings.frame, table(project, "rejects"), check_dtype=False)
    assert findings.is_invalid and "page.xls" in {problem.source_file for problem in findings.problems}


def test_a_code_the_directory_does_not_have_is_flagged_once_with_its_rows(project: Project) -> None:
    write_raw(project.raw, "organization_directory", DIRECTORY)
    write_raw(project.raw, "sims", [{"DOE002": f"{1000000000 + n}", "DOE015": "95009999"} for n in range(3)])
    build(project)
    rejects = table(project, "rejects")
    assert rejects[["row", "column", "found", "action"]].values.tolist() == [
        [2, "DOE015", "95009999, in 3 rows", "flagged"]
    ]
    assert len(table(project, "students")) == 3
