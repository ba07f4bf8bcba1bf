"""The contract every source keeps, whoever wrote it: recognised once, exact tables, unique keys, no row lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from published_files import employment_page, retention_export, teacher_data
from raw_files import DIRECTORY, HEADERS, write_raw

from partnerlib import engine
from partnerlib.places import Places
from partnerlib.recognition import recognise
from partnerlib.sources import all_sources
from partnerlib.sources.contract import Conformed, Source
from partnerlib.sources.reading import RawFile, open_raw
from partnerlib.tables import TABLES

SOURCES = {source.name: source for source in all_sources()}


def _microdata(layout: str) -> Callable[[Path], Path]:
    return lambda folder: write_raw(folder, layout, DIRECTORY if layout == "organization_directory" else [{}])


SMALL_FILES: dict[str, Callable[[Path], Path]] = {layout: _microdata(layout) for layout in HEADERS} | {
    "provider_employment": employment_page,
    "staff_retention": retention_export,
    "teacher_data": teacher_data,
}
"""A made-up file in each source's layout. A source without one fails every test below."""

KNOWN = Places.of(
    pd.DataFrame(
        [
            ("95000000", "district", "Alder Falls", None),
            ("95000005", "school", "Brook Elementary School", "95000000"),
            ("89000001", "provider", "Birch College", None),
        ],
        columns=["organization_code", "role", "organization_name", "parent_code"],
    ),
    pd.DataFrame(columns=["alias", "role", "organization_code"]),
)


@pytest.fixture(params=sorted(SOURCES))
def source(request: pytest.FixtureRequest) -> Source:
    return SOURCES[request.param]


@pytest.fixture
def raw(source: Source, tmp_path: Path) -> RawFile:
    assert source.name in SMALL_FILES, f"{source.name} has no made-up file: add one to SMALL_FILES"
    # A file's name and place say nothing: only content may count.
    (tmp_path / "made").mkdir()
    path = SMALL_FILES[source.name](tmp_path / "made")
    moved = path.rename(tmp_path / f"received{path.suffix}")
    return open_raw(moved, tmp_path)


@pytest.fixture
def conformed(source: Source, raw: RawFile) -> Conformed:
    given = source.conform(raw, KNOWN) if source.needs else source.conform(raw)
    return source.reconcile([(raw, given)])[0] if source.reconcile else given


def test_exactly_one_source_recognises_the_file_by_its_content(source: Source, raw: RawFile) -> None:
    assert [other.name for other in all_sources() if other.recognise(raw)] == [source.name]
    assert recognise(raw) is source


def test_the_tables_have_exactly_the_declared_columns_and_types(source: Source, conformed: Conformed) -> None:
    assert set(conformed.tables) == set(source.feeds)
    for name, frame in conformed.tables.items():
        arrow = engine.relation(frame).to_arrow_table()
        assert arrow.column_names == TABLES[name].column_names
        arrow.cast(TABLES[name].arrow_schema(), safe=True)


def test_something_is_accepted_and_the_keys_are_whole_and_unique(conformed: Conformed) -> None:
    assert conformed.accepted > 0
    for name, frame in conformed.tables.items():
        rows, key = engine.collect(frame), list(TABLES[name].key)
        assert not rows[key].isna().any().any(), name
        assert not rows.duplicated(key).any(), name


def test_values_are_among_those_the_table_allows(conformed: Conformed) -> None:
    for name, frame in conformed.tables.items():
        rows = engine.collect(frame)
        for column in TABLES[name].columns:
            if column.allowed:
                assert set(rows[column.name].dropna()) <= set(column.allowed), f"{name}.{column.name}"


def test_every_raw_column_is_mapped_to_a_column_that_exists_or_ignored_with_a_reason(source: Source) -> None:
    for column in source.columns:
        assert bool(column.into) != bool(column.ignored), column.names
        for target in column.into.split():
            table, name = target.split(".")
            assert table in source.feeds and name in TABLES[table].column_names, target


def test_every_column_of_the_file_is_one_the_source_names(source: Source, raw: RawFile) -> None:
    named = {" ".join(name.lower().split()) for column in source.columns for name in column.names}
    assert [name for name in raw.header if " ".join(name.lower().split()) not in named] == []


def test_every_row_received_is_accepted_or_rejected(conformed: Conformed) -> None:
    assert conformed.received == conformed.accepted + conformed.rejected
    listed = conformed.problems[(conformed.problems["action"] == "rejected") & (conformed.problems["row"] > 0)]
    assert listed["row"].nunique() == conformed.rejected
    assert list(conformed.problems.columns) == TABLES["rejects"].column_names


def test_the_source_says_what_it_is(source: Source) -> None:
    assert source.title and source.feeds
    assert all(table in TABLES for table in (*source.feeds, *source.needs))
