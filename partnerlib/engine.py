"""The one module that knows which engine runs a table expression.

Large tables are Narwhals lazy frames from Parquet until a panel or a small result is asked for. Here they are run by
DuckDB. Everything else in the package sees Narwhals, pandas and paths, so that another engine is a change of this file.
"""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa


def open_connection() -> duckdb.DuckDBPyConnection:
    """A new DuckDB of its own, for work that leaves tables behind.

    `PARTNERLIB_MEMORY` caps its memory ('4GB'); beyond it DuckDB works on disk, in a folder that only this user reads
    and that goes with the process: rows about people are in it.
    """
    opened = duckdb.connect()
    opened.execute(f"SET temp_directory = '{_overflow().name}'")
    opened.execute(f"SET memory_limit = '{os.environ.get('PARTNERLIB_MEMORY', '6GB')}'")
    return opened


@cache
def _overflow() -> tempfile.TemporaryDirectory[str]:
    """Where tables go that do not fit into memory; never the folder somebody happens to work in."""
    return tempfile.TemporaryDirectory(prefix="partnerlib-")


@cache
def connection() -> duckdb.DuckDBPyConnection:
    """The process's DuckDB, opened on first use (never on import: a process that forks must not hold one)."""
    return open_connection()


def lazy(relation: duckdb.DuckDBPyRelation) -> nw.LazyFrame:
    """A DuckDB relation as a Narwhals lazy frame."""
    return nw.from_native(relation)


def relation(frame: nw.LazyFrame) -> duckdb.DuckDBPyRelation:
    """The DuckDB relation behind a lazy frame."""
    native = frame.to_native()
    if not isinstance(native, duckdb.DuckDBPyRelation):
        raise TypeError(f"expected a lazy frame of this engine, got {type(native).__name__}")
    return native


def from_pandas(frame: pd.DataFrame, schema: pa.Schema | None = None) -> nw.LazyFrame:
    """A pandas frame as a lazy frame, with the types of `schema` when one is given."""
    table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
    return lazy(connection().from_arrow(table))


def scan_parquet(path: Path) -> nw.LazyFrame:
    """A Parquet file, read when something is asked of it."""
    return lazy(connection().read_parquet(str(path)))


def collect(frame: nw.LazyFrame) -> pd.DataFrame:
    """The rows of a lazy frame in pandas, text as text and dates as datetime64."""
    return frame.collect("pyarrow").to_native().to_pandas()


def write_parquet(frame: nw.LazyFrame, path: Path) -> None:
    """Run a lazy frame into a Parquet file; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    relation(frame).write_parquet(str(partial), compression="zstd")
    partial.replace(path)


def hold(frame: nw.LazyFrame) -> nw.LazyFrame:
    """A lazy frame whose rows are computed now and kept in memory: for a table that several questions start from."""
    return lazy(connection().from_arrow(frame.collect("pyarrow").to_native()))
