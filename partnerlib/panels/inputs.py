"""The processed tables a panel is made from, cut off at the year the reader looks from, and the checks of grain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import pandas as pd
import pyarrow as pa

from partnerlib import engine
from partnerlib.errors import DataError, did_you_mean
from partnerlib.tables import TABLES

_YEAR_COLUMNS = ("school_year", "completion_year")


@dataclass(frozen=True)
class Processed:
    """The processed folder as it looked at the end of the school year `as_of`: later rows do not exist yet."""

    folder: Path
    as_of: int | None = None
    """Last school year (spring) that may be seen, its end-of-year collections included; None for all there is."""

    def scan(self, table: str) -> nw.LazyFrame:
        """A processed table without the rows of years after `as_of`."""
        if table not in TABLES:
            raise DataError(f"{table}: no such processed table; {did_you_mean(table, TABLES)}")
        path = self.folder / f"{table}.parquet"
        if not path.is_file():
            hint = "run `partnerlib build`, which also links candidates to educators"
            raise DataError(f"{table}: no file {path.name} in {self.folder}; {hint}")
        frame = engine.scan_parquet(path)
        year = next((name for name in _YEAR_COLUMNS if name in TABLES[table].key), None)
        return frame if self.as_of is None or year is None else frame.filter(nw.col(year) <= self.as_of)

    def collect(self, table: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A small processed table in pandas."""
        frame = self.scan(table)
        return panel(frame if columns is None else frame.select(*columns))


def panel(frame: nw.LazyFrame, required: Sequence[str] = ()) -> pd.DataFrame:
    """The rows of a lazy frame in pandas, with types that do not depend on the rows that happen to be there.

    Yes/no and whole numbers that may be unknown are pandas `boolean` and `Int64`; the `required` columns are plain
    `bool` and `int64`, and a missing value in one of them is an error.
    """
    table = frame.collect("pyarrow").to_native()
    collected = table.to_pandas()
    types: dict[str, str] = {}
    for field in table.schema:
        if pa.types.is_boolean(field.type):
            types[field.name] = "bool" if field.name in required else "boolean"
        elif pa.types.is_integer(field.type) or pa.types.is_decimal(field.type):
            types[field.name] = "int64" if field.name in required else "Int64"
        if field.name in required and table[field.name].null_count:
            raise DataError(f"{field.name}: {table[field.name].null_count} rows without a value; expected none")
    return collected.astype(types)


def checked_grain(frame: pd.DataFrame, key: Sequence[str], name: str) -> pd.DataFrame:
    """The frame itself, or an error that says how many rows share a key that should be theirs alone."""
    repeated = frame.duplicated(list(key), keep=False)
    if repeated.any():
        raise DataError(
            f"{name}: {int(repeated.sum())} rows share ({', '.join(key)}); expected one row each. "
            "A table joined to it holds its key more than once: run `partnerlib check` on the raw folder"
        )
    return frame
