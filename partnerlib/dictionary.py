"""The data dictionary in words: what a table holds column by column, and where each column of a raw layout goes."""

from __future__ import annotations

from partnerlib.sources import all_sources
from partnerlib.sources.contract import Source
from partnerlib.tables import TABLES, Column, Table


def describe(name: str) -> str | None:
    """The entries of a processed table and of a raw layout of that name; None when there is neither."""
    entries = [describe_table(TABLES[name])] if name in TABLES else []
    entries += [describe_source(source) for source in all_sources() if source.name == name]
    return "\n\n".join(entries) or None


def names() -> list[str]:
    """Everything that has an entry."""
    return [*TABLES, *(source.name for source in all_sources())]


def describe_table(table: Table) -> str:
    """A table's description, key and columns with type, meaning, allowed values and sensitivity."""
    lines = [f"{table.name} (table)", table.description, f"Key: {', '.join(table.key)}", ""]
    return "\n".join([*lines, *(_column(column) for column in table.columns)])


def _column(column: Column) -> str:
    remarks: list[str] = [column.sensitivity]
    if column.allowed:
        remarks.append("one of " + ", ".join(str(value) for value in column.allowed))
    if column.references:
        remarks.append(f"in {column.references}")
    return f"{column.name} ({column.type}): {column.description} [{'; '.join(remarks)}]"


def describe_source(source: Source) -> str:
    """A raw layout: what it feeds, what becomes of every column, and its known quirks."""
    lines = [f"{source.name} (raw layout): {source.title}", f"Feeds: {', '.join(source.feeds) or 'nothing'}", ""]
    for column in source.columns:
        becomes = f"-> {column.into}" if column.into else f"ignored: {column.ignored}"
        needed = "" if column.required else " (optional)"
        lines.append(f"{' | '.join(column.names)}{needed} {becomes}")
    return "\n".join([*lines, *(f"Quirk: {quirk}" for quirk in source.quirks)])
