"""What is wrong with the rows of a file: unreadable cells, stray years, unknown names, rows that come twice.

Every function returns problems in the columns of the `rejects` table and marks the rows it rejects in the engine, so
that a clean file costs a look at one flag per row and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

import numpy as np
import pandas as pd

from partnerlib import engine
from partnerlib.codes import year_label
from partnerlib.errors import Problem, shape
from partnerlib.sources.layouts import PARTITIONS, Layout, Lookup, StagedRows
from partnerlib.sources.reading import PROBLEM_COLUMNS, problem_frame
from partnerlib.sources.readings import CODE
from partnerlib.tables import TABLES

STRAY_SHARE = 0.05
"""Below this share of a file's rows, another school year is a misprint and not a second year of data."""
MOVED_SHARE, MOVED_ROWS = 0.5, 5
"""More of a column's cells unreadable than this share, in at least so many rows: the columns may have moved."""


def together(problems: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Several lists of problems as one."""
    listed = [frame for frame in problems if len(frame)]
    return pd.concat(listed, ignore_index=True) if listed else problem_frame([])


def is_personal(layout: Layout, index: int) -> bool:
    """Whether a cell's value identifies someone, by what the tables say of the columns it feeds."""
    cell = layout.cells[index]
    columns = [entry.split(".") for entry in (cell.into or f"{layout.table}.{cell.name}").split()]
    return cell.personal or any(TABLES[table][column].sensitivity == "personal" for table, column in columns)


def reject_rows(staged: StagedRows, row_ids: Sequence[int]) -> None:
    """Take rows out of what the file gives."""
    if len(row_ids):
        connection = engine.connection()
        chosen = pd.DataFrame({"row_id": list(row_ids)})
        connection.from_df(chosen).query(
            "chosen", f"UPDATE {staged.table} SET is_kept = FALSE WHERE rowid IN (SELECT row_id FROM chosen)"
        )


def unreadable_cells(staged: StagedRows) -> pd.DataFrame:
    """One problem for each cell that could not be read, or only after mending it."""
    layout = staged.layout
    found = engine.connection().execute(
        f"SELECT row_id, r.cell AS cell, r.found AS found, r.mended AS mended FROM "
        f"(SELECT rowid AS row_id, unnest(remarks) AS r FROM {staged.table} WHERE remarks IS NOT NULL)"
    ).df()  # fmt: skip
    if found.empty:
        return problem_frame([])
    personal = found["cell"].map({index: is_personal(layout, index) for index in range(len(layout.cells))})
    text = found["found"].astype("object").where(found["found"].notna(), None)
    shown = text.where(~personal, text.map(shape)).map(lambda value: "nothing" if value is None else value)
    required = found["cell"].map({index: cell.required for index, cell in enumerate(layout.cells)})
    expected = found["cell"].map({index: cell.reading.expected for index, cell in enumerate(layout.cells)})
    return pd.DataFrame({
        "source_file": staged.file,
        "row": staged.lines(found["row_id"]),
        "column": found["cell"].map({index: cell.raw for index, cell in enumerate(layout.cells)}),
        "found": shown,
        "expected": expected.where(~found["mended"], expected + "; read after mending it, correct the file"),
        "action": (required & ~found["mended"]).map({True: "rejected", False: "flagged"}),
    })  # fmt: skip


def moved_columns(staged: StagedRows, unreadable: pd.DataFrame) -> pd.DataFrame:
    """Columns most of whose cells are unreadable: the values under the name are probably those of another column."""
    rows = staged.raw.received
    counts = unreadable.loc[unreadable["found"] != "nothing", "column"].value_counts()
    expected = {cell.raw: cell.reading.expected for cell in staged.layout.cells}
    return problem_frame(
        Problem(staged.file, None, column, f"{count:,} of {rows:,} rows unreadable",
                f"{expected[column]}; have the file's columns moved under the header?", "flagged")
        for column, count in counts.items() if count > MOVED_SHARE * rows and count >= MOVED_ROWS
    )  # fmt: skip


def stray_years(staged: StagedRows) -> pd.DataFrame:
    """Rows of another school year than nearly all the file: rejected, or flagged when the year is the one beside."""
    cell = next((cell for cell in staged.layout.cells if cell.name == "school_year"), None)
    if cell is None:
        return problem_frame([])
    connection = engine.connection()
    counts = connection.execute(
        f"SELECT school_year, count(*) FROM {staged.table} WHERE is_kept GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if len(counts) < 2:
        return problem_frame([])
    usual, total = counts[0][0], sum(rows for _, rows in counts)
    stray = [year for year, rows in counts[1:] if rows <= STRAY_SHARE * total]
    rows = connection.execute(
        f"SELECT rowid, school_year FROM {staged.table} WHERE is_kept AND list_contains(?, school_year)", [stray]
    ).fetchall()
    expected = f"{year_label(usual)}, the year of nearly all rows; correct it, or put it into its own year's file"
    reject_rows(staged, [row for row, year in rows if abs(year - usual) > 1])
    lines = staged.lines(row for row, _ in rows)
    return problem_frame(
        Problem(staged.file, line, cell.raw, year_label(year), expected,
                "rejected" if abs(year - usual) > 1 else "flagged")
        for line, (_, year) in zip(lines, rows, strict=True)
    )  # fmt: skip


def look_up(staged: StagedRows, lookup: Lookup, known: object) -> pd.DataFrame:
    """Add what a lookup gives to the rows, and list the rows it finds no answer for."""
    connection = engine.connection()
    on = ", ".join(f'"{name}"' for name in lookup.on)
    asked = connection.execute(f"SELECT DISTINCT {on} FROM {staged.table} WHERE is_kept ORDER BY ALL").df()
    answers = lookup.resolve(asked.astype("object").where(asked.notna(), None), known)
    trouble = ["trouble_column", "trouble_found", "trouble_expected"]
    answers = answers.reindex(columns=[*lookup.on, *lookup.gives, *trouble]).astype("object")
    answers = answers.where(answers.notna(), None)
    given = ", ".join(f'CAST(a."{name}" AS VARCHAR) AS "{name}"' for name in lookup.gives)
    match = " AND ".join(f's."{name}" IS NOT DISTINCT FROM a."{name}"' for name in lookup.on)
    types = connection.execute(f"DESCRIBE SELECT {on} FROM {staged.table}").fetchall()
    arrow = connection.from_df(answers.assign(answer=range(len(answers))))
    cast = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind, *_ in types)
    arrow.query(
        "answers",
        f"""CREATE OR REPLACE TEMP TABLE {staged.table}_found AS
        SELECT s.* REPLACE (s.is_kept AND a.trouble_column IS NULL AS is_kept), {given},
            CASE WHEN a.trouble_column IS NOT NULL AND s.is_kept THEN a.answer END AS answer
        FROM (SELECT *, rowid AS row_id FROM {staged.table}) s
        LEFT JOIN (SELECT {cast}, * EXCLUDE ({on}) FROM answers) a ON {match} ORDER BY s.row_id""",
    )
    troubled = connection.execute(
        f"SELECT row_id, answer FROM {staged.table}_found WHERE answer IS NOT NULL ORDER BY row_id"
    ).df()
    connection.execute(f"DROP TABLE {staged.table}")
    connection.execute(f"ALTER TABLE {staged.table}_found DROP COLUMN row_id")
    connection.execute(f"ALTER TABLE {staged.table}_found DROP COLUMN answer")
    connection.execute(f"ALTER TABLE {staged.table}_found RENAME TO {staged.table}")
    raw_names = {cell.name: cell.raw for cell in staged.layout.cells}
    reasons = answers.iloc[troubled["answer"].astype(int)].reset_index(drop=True)
    return pd.DataFrame({
        "source_file": staged.file,
        "row": staged.lines(troubled["row_id"]),
        "column": reasons["trouble_column"].map(lambda name: raw_names.get(name, name)),
        "found": reasons["trouble_found"],
        "expected": reasons["trouble_expected"],
        "action": "rejected",
    })[PROBLEM_COLUMNS]  # fmt: skip


def repeated_rows(files: Sequence[StagedRows]) -> pd.DataFrame:
    """Rows that say again what an earlier row of these files says: a copy is rejected; where the two differ, the
    earlier is kept with a remark and the later rejected, both named."""
    layout = files[0].layout
    connection = engine.connection()
    partitions = {partition for file in files for partition in file.partitions}
    narrow = [name for name in layout.grain if len(partitions) > 1 or name not in PARTITIONS]
    keys = ", ".join(f'"{name}"' for name in narrow)
    every = " UNION ALL ".join(
        f"SELECT {number} AS file, rowid AS row_id, {keys} FROM {file.table} WHERE is_kept"
        for number, file in enumerate(files)
    )
    repeated = connection.execute(
        f"SELECT * FROM ({every}) SEMI JOIN "
        f"(SELECT {keys} FROM ({every}) GROUP BY ALL HAVING count(*) > 1) USING ({keys}) ORDER BY file, row_id"
    ).df()
    if repeated.empty:
        return problem_frame([])
    first = repeated.groupby(narrow, sort=False)[["file", "row_id"]].transform("first")
    later = repeated[["file", "row_id"]].assign(first_file=first["file"], first_row=first["row_id"])
    later = later[(later["file"] != later["first_file"]) | (later["row_id"] != later["first_row"])]
    rows = pd.concat(
        {
            number: _rows_at(file, repeated.loc[repeated["file"] == number, "row_id"])
            for number, file in enumerate(files)
        }
    )[[cell.name for cell in layout.cells]]
    here = rows.loc[pd.MultiIndex.from_frame(later[["file", "row_id"]])].to_numpy()
    there = rows.loc[pd.MultiIndex.from_frame(later[["first_file", "first_row"]])].to_numpy()
    differs = ~((here == there) | (pd.isna(here) & pd.isna(there)))
    for number, file in enumerate(files):
        reject_rows(file, later.loc[later["file"] == number, "row_id"].tolist())
    return _repetition_problems(files, later, differs)


def _rows_at(staged: StagedRows, row_ids: pd.Series) -> pd.DataFrame:
    """These rows, by the engine's row number."""
    connection = engine.connection()
    connection.register("wanted", row_ids.to_frame("row_id"))
    sql = f"SELECT rowid AS row_id, * FROM {staged.table} WHERE rowid IN (SELECT row_id FROM wanted)"
    found = connection.execute(sql).df().set_index("row_id").astype("object")
    connection.unregister("wanted")
    return found


def _repetition_problems(files: Sequence[StagedRows], later: pd.DataFrame, differs: np.ndarray) -> pd.DataFrame:
    """Both places of every repetition, in words."""
    layout = files[0].layout
    raw_names = np.array([cell.raw for cell in layout.cells])
    patterns, which = np.unique(differs, axis=0, return_inverse=True)
    other_values = np.array([", ".join(raw_names[pattern]) for pattern in patterns], dtype=object)[which.ravel()]
    names = np.array([file.file for file in files], dtype=object)
    told = pd.DataFrame({
        "line": _lines(files, later["file"], later["row_id"]),
        "first_line": _lines(files, later["first_file"], later["first_row"]),
        "name": names[later["file"]], "first_name": names[later["first_file"]], "others": other_values,
    })  # fmt: skip
    is_same_file = told["name"] == told["first_name"]
    of_first = (" of " + told["first_name"]).mask(is_same_file, "")
    of_later = (" of " + told["name"]).mask(is_same_file, "")
    is_copy = told["others"] == ""
    expected, choose = f"one row for each {', '.join(layout.grain)}; ", "keep the right one; the first was taken"
    second = "a second row beside row " + told["first_line"].astype(str) + of_first + ", with another " + told["others"]
    rejected = pd.DataFrame({
        "source_file": told["name"], "row": told["line"], "column": "",
        "found": second.mask(is_copy, "a copy of row " + told["first_line"].astype(str) + of_first),
        "expected": np.where(is_copy, expected + "remove the copy", expected + choose),
        "action": "rejected",
    })  # fmt: skip
    flagged = pd.DataFrame({
        "source_file": told["first_name"], "row": told["first_line"], "column": "",
        "found": "a first row beside row " + told["line"].astype(str) + of_later + ", with another " + told["others"],
        "expected": expected + choose, "action": "flagged",
    })[~is_copy]  # fmt: skip
    return pd.concat([rejected, flagged], ignore_index=True)


def _lines(files: Sequence[StagedRows], numbers: pd.Series, row_ids: pd.Series) -> np.ndarray:
    """Lines of rows that stand in several files."""
    lines = np.zeros(len(row_ids), dtype="int64")
    for number, file in enumerate(files):
        of_file = (numbers == number).to_numpy()
        lines[of_file] = file.lines(row_ids[of_file])
    return lines


def unknown_codes(staged: StagedRows, codes: Set[str], referred: str) -> pd.DataFrame:
    """Codes that the referred table does not have: each flagged once for its column, at its first row."""
    layout = staged.layout
    connection = engine.connection()
    problems = []
    for cell in layout.cells:
        columns = [entry.split(".") for entry in (cell.into or f"{layout.table}.{cell.name}").split()]
        if cell.reading is not CODE or not any(TABLES[t][c].references == referred for t, c in columns):
            continue
        met = connection.execute(
            f'SELECT "{cell.name}" AS code, min(rowid) AS row_id, count(*) AS rows FROM {staged.table} '
            f'WHERE is_kept AND "{cell.name}" IS NOT NULL GROUP BY 1 ORDER BY 2'
        ).df()
        unknown = met[np.array([code not in codes for code in met["code"]], dtype=bool)]
        expected = "a code of the organization directory; correct it, or add the organization to the directory"
        problems += [
            Problem(staged.file, line, cell.raw, f"{code}, in {rows:,} row{'s' if rows > 1 else ''}", expected,
                    "flagged")
            for line, code, rows in zip(staged.lines(unknown["row_id"]), unknown["code"], unknown["rows"], strict=True)
        ]  # fmt: skip
    return problem_frame(problems)
