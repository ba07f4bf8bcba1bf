"""What a source is: four declarations and two functions. The contract test runs over every one of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import narwhals as nw
import pandas as pd

from partnerlib.sources.reading import RawFile


@dataclass(frozen=True)
class RawColumn:
    """One column of a raw layout: where it goes, or why it is left out. Every column of a file has one."""

    names: tuple[str, ...]
    """The column's names in real files; compared without case, outer blanks and repeated blanks."""
    into: str = ""
    """`table.column` it feeds; several are separated by a blank. Empty when ignored."""
    ignored: str = ""
    """Why nothing keeps it. Empty when mapped: exactly one of `into` and `ignored` is given."""
    required: bool = True
    """A file of this source without the column is not accepted."""
    personal: bool = False
    """Values identify someone: problems show their shape, never the value."""


@dataclass(frozen=True)
class Conformed:
    """One raw file in canonical form. received == accepted + rejected, always, counted in raw rows."""

    tables: dict[str, nw.LazyFrame]
    """Per table, the rows this file gives it, with exactly that table's columns (types as in its Arrow schema)."""
    problems: pd.DataFrame
    """In the columns of the `rejects` table: every rejected row once or more, every flagged cell once."""
    received: int
    """Data rows of the file: not the title, the header, blank lines or footnotes."""
    accepted: int
    rejected: int
    notes: tuple[str, ...] = ()
    """Remarks about the file that concern no row: footnotes kept, codes repaired, years found."""


@dataclass(frozen=True)
class Source:
    """A family of raw files in every layout it has been met in."""

    name: str
    title: str
    """As an agency reader calls it, for `partnerlib check` and the data dictionary."""
    feeds: tuple[str, ...]
    """Names of the processed tables it fills."""
    columns: tuple[RawColumn, ...]
    recognise: Callable[[RawFile], bool]
    """By content alone: title, header, marker columns. Never by file name or folder."""
    conform: Callable[..., Conformed]
    """The file's rows in canonical form; a source with `needs` takes what the build knows as second argument."""
    quirks: tuple[str, ...] = field(default=())
    """What is known to be odd in real files, and what the conforming does about it."""
    usual_names: tuple[str, ...] = ()
    """Words by which such files are usually named; a file so named whose content is another source's is reported."""
    needs: tuple[str, ...] = ()
    """Processed tables that must be known before a file of this source can be conformed."""
    reconcile: Callable[[Sequence[tuple[RawFile, Conformed]]], list[Conformed]] | None = None
    """Looks across all conformed files of the source: rows that stand in several, what one file tells about another.
    Gives back one conformed file for each, in the same order."""
