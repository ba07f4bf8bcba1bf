"""What tables and columns are, the words values may be, and the columns that mean the same wherever they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd
import pyarrow as pa

Type = Literal["text", "int", "float", "bool", "date"]
Sensitivity = Literal["public", "restricted", "personal"]

STATUSES = ("reported", "zero", "suppressed", "missing", "not_applicable", "not_yet_observed", "unparsed")
"""What a published number can be. `zero` is a reported zero: it is true, and it is not a gap."""

ROLES = ("provider", "district", "school", "state")
COLLECTIONS = ("october", "end_of_year")
RATINGS = ("unsatisfactory", "needs_improvement", "proficient", "exemplary")
READINESS = ("not_ready", "minimally_ready", "moderately_ready", "mostly_ready", "fully_ready")

_ARROW: dict[Type, pa.DataType] = {
    "text": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "date": pa.date32(),
}


@dataclass(frozen=True)
class Column:
    """One column of a processed table."""

    name: str
    type: Type
    description: str
    allowed: tuple[object, ...] = ()
    """Every value the column may hold; empty when any value of the type may stand there."""
    nullable: bool = True
    sensitivity: Sensitivity = "restricted"
    """`personal` identifies someone: it never leaves the processed folder, not even in an error message."""
    references: str = ""
    """`table.column` that a non-null value is expected to be found in."""


@dataclass(frozen=True)
class Table:
    """One processed table: `<name>.parquet` in the processed folder."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    def __getitem__(self, name: str) -> Column:
        return next(column for column in self.columns if column.name == name)

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def order(self) -> tuple[str, ...]:
        """How the rows are sorted: by key, the year first, so that who reads some years passes over the others."""
        years = tuple(name for name in self.key if name == "school_year")
        return (*years, *(name for name in self.key if name not in years))

    def arrow_schema(self) -> pa.Schema:
        """The exact Parquet schema, keys first."""
        return pa.schema([pa.field(c.name, _ARROW[c.type]) for c in self.columns])

    def empty(self) -> pd.DataFrame:
        """The table with no row, for builds that received no file of its kind."""
        return self.arrow_schema().empty_table().to_pandas(date_as_object=True)


def text(name: str, description: str, **more: object) -> Column:
    return Column(name, "text", description, **more)  # type: ignore[arg-type]


def integer(name: str, description: str, **more: object) -> Column:
    return Column(name, "int", description, **more)  # type: ignore[arg-type]


def number(name: str, description: str, **more: object) -> Column:
    return Column(name, "float", description, **more)  # type: ignore[arg-type]


def flag(name: str, description: str, **more: object) -> Column:
    return Column(name, "bool", description, **more)  # type: ignore[arg-type]


def date(name: str, description: str, **more: object) -> Column:
    return Column(name, "date", description, **more)  # type: ignore[arg-type]


def _key(column: Column) -> Column:
    return Column(**{**column.__dict__, "nullable": False})


def table(name: str, description: str, key: Sequence[Column], rest: Sequence[Column]) -> Table:
    keys = tuple(_key(column) for column in key)
    return Table(name, description, tuple(column.name for column in keys), (*keys, *rest))


# Columns that mean the same wherever they stand.
SCHOOL_YEAR = integer("school_year", "school year, named by its spring (2018 = 2017-18)", sensitivity="public")
COLLECTION = text("collection", "October 1 or end-of-year collection", allowed=COLLECTIONS)
MEPID = text("mepid", "educator identifier of the state, eight digits as text", sensitivity="personal")
CANDIDATE = text("candidate_id", "candidate of one provider, made by the build from provider and e-mail or name",
                 sensitivity="personal")  # fmt: skip
PROVIDER = text("provider_code", "organization code of the preparation provider (SO)", sensitivity="public",
                references="organizations.organization_code")  # fmt: skip
SASID = text("sasid", "student identifier of the state, ten digits as text", sensitivity="personal")
SOURCE_FILE = text("source_file", "raw file the row came from, relative to the raw folder", sensitivity="public")
DISTRICT = text("district_code", "organization code of the district", sensitivity="public",
                references="organizations.organization_code")  # fmt: skip
SCHOOL = text("school_code", "organization code of the school; the district code for staff without a school",
              sensitivity="public", references="organizations.organization_code")  # fmt: skip
STATUS = text("status", "what the row's rate is", allowed=STATUSES, nullable=False, sensitivity="public")

NAMES = (
    text("first_name", "first name as reported", sensitivity="personal"),
    text("middle_name", "middle name as reported; null when NMN", sensitivity="personal"),
    text("last_name", "last name as reported", sensitivity="personal"),
)
