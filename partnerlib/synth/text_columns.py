"""Columns of text for raw files, made whole columns at a time, and the writer that puts them on disk."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv as arrow_csv

from partnerlib.synth.arrays import Ints

Columns = dict[str, pa.Array]

_FIRST_DAY = datetime.date(1940, 1, 1).toordinal()
_LAST_DAY = datetime.date(2022, 1, 1).toordinal()
_DAYS = pa.array([datetime.date.fromordinal(day).strftime("%m/%d/%Y") for day in range(_FIRST_DAY, _LAST_DAY)])


def digits(numbers: Ints, width: int) -> pa.Array:
    """Numbers with leading zeros; a negative one is a blank cell."""
    text = pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0")
    return pc.if_else(pa.array(np.asarray(numbers) >= 0), text, pa.scalar(None, pa.string()))


def pick(values: Sequence[str | None], index: Ints | np.ndarray) -> pa.Array:
    """One of `values` for every row; a negative index is a blank cell."""
    place = pa.array(np.asarray(index, dtype=np.int64), mask=np.asarray(index) < 0)
    return pa.array(values, pa.string()).take(place)


def days(ordinals: Ints) -> pa.Array:
    """Dates as mm/dd/yyyy; 0 is a blank cell."""
    return pick_days(np.where(ordinals > 0, ordinals - _FIRST_DAY, -1))


def pick_days(index: Ints) -> pa.Array:
    return _DAYS.take(pa.array(index, mask=index < 0))


def always(value: str | None, count: int) -> pa.Array:
    """The same cell in every row."""
    return pa.nulls(count, pa.string()) if value is None else pa.repeat(pa.scalar(value), count)


def shares(values: np.ndarray, decimals: int) -> pa.Array:
    """Numbers with a fixed number of decimals, without going through each other's binary form."""
    scaled = np.round(np.asarray(values, float) * 10**decimals).astype(np.int64)
    whole, rest = np.divmod(scaled, 10**decimals)
    return pc.binary_join_element_wise(pc.cast(pa.array(whole), pa.string()), digits(rest, decimals), ".")


def table(columns: Columns, order: Sequence[str]) -> pa.Table:
    """A raw file: `columns` in the layout's order, every column not given left blank."""
    count = len(next(iter(columns.values())))
    return pa.table({name: columns[name] if name in columns else always(None, count) for name in order})


def write(content: pa.Table, path: Path) -> None:
    """A CSV file: UTF-8, LF, a comma between cells, quotes only round cells that need them."""
    header = ",".join(content.column_names) + "\n"
    with path.open("wb") as handle:
        handle.write(header.encode())
        if _needs_quotes(content):
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
            writer.writerows(zip(*(column.to_pylist() for column in content.columns), strict=True))
            handle.write(text.getvalue().encode())
        else:
            arrow_csv.write_csv(
                content, handle, arrow_csv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)
            )


def _needs_quotes(content: pa.Table) -> bool:
    """Only files of names and programs hold commas; the large ones are codes and are written as they stand."""
    if content.num_rows > 200_000:
        return False
    return any(pc.any(pc.match_substring_regex(column, '[,"\n]')).as_py() or False for column in content.columns)


def with_cell(content: pa.Table, row: int, column: str, value: str | None) -> pa.Table:
    """The table with one cell changed."""
    one = content.slice(row, 1).set_column(content.column_names.index(column), column, pa.array([value], pa.string()))
    return pa.concat_tables([content.slice(0, row), one, content.slice(row + 1)])


def with_copy(content: pa.Table, row: int) -> pa.Table:
    """The table with one row written twice, the copy at the end."""
    return pa.concat_tables([content, content.slice(row, 1)])
