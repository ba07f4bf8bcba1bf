"""From the pieces of one computation to one tidy table: texts are numbered while computing and looked up once here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from partnerlib.measures import estimates as table
from partnerlib.measures.evidence import Evidence
from partnerlib.measures.populations import program_code
from partnerlib.tables import STATUSES


@dataclass(frozen=True)
class Piece:
    """The rows of one number: a measure (or a part of it) over the cells of one kind of unit and window."""

    same: Mapping[str, object]
    """Columns whose value is the same in all rows."""
    unit_codes: Sequence[str] | NDArray[np.object_]
    unit: NDArray[np.int64]
    """Position of each row's unit in `unit_codes`."""
    notes: Sequence[str]
    note: NDArray[np.int64]
    numbers: Mapping[str, NDArray[Any]]


def assembled(pieces: list[Piece], evidence: Evidence) -> pd.DataFrame:
    """All pieces as one table, every text written once and then looked up."""
    of_piece = np.repeat(np.arange(len(pieces)), [len(piece.unit) for piece in pieces])
    same = pd.DataFrame([piece.same for piece in pieces])
    numbers = {name: np.concatenate([piece.numbers[name] for piece in pieces]) for name in pieces[0].numbers}
    units = _Texts()
    kinds = [str(piece.same["unit_kind"]) for piece in pieces]
    unit = np.concatenate(
        [units.numbered(piece.unit_codes, kind)[piece.unit] for piece, kind in zip(pieces, kinds, strict=True)]
    )
    remarks = _Texts()
    note = np.concatenate([remarks.numbered(piece.notes)[piece.note] for piece in pieces])
    columns = {
        **{name: _looked_up(same[name], of_piece) for name in same},
        **numbers,
        "unit_code": _looked_up(pd.Series([code for _kind, code in units.known]), unit),
        "unit_name": _looked_up(pd.Series(unit_names(evidence, list(units.known))), unit),
        "status": _looked_up(pd.Series(STATUSES), numbers["status"]),
        "note": _looked_up(pd.Series([text for _kind, text in remarks.known]), note),
    }
    return pd.DataFrame({name: columns[name] for name in table.COLUMNS}).astype(table.COLUMNS)


def _looked_up(texts: pd.Series, numbers: NDArray[np.int64]) -> pd.Series:
    return texts.take(numbers).reset_index(drop=True)


class _Texts:
    """Texts by kind, each with one number however often it is met."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], int] = {}
        self._lists: dict[tuple[int, str], NDArray[np.int64]] = {}

    def numbered(self, texts: Iterable[str], kind: str = "") -> NDArray[np.int64]:
        """The numbers of a list of texts; the same list object, which many pieces share, is walked once."""
        seen = (id(texts), kind)
        if seen not in self._lists:
            numbers = [self.known.setdefault((kind, text), len(self.known)) for text in texts]
            self._lists[seen] = np.array(numbers, dtype=np.int64)
        return self._lists[seen]


def unit_names(evidence: Evidence, units: list[tuple[str, str]]) -> list[str]:
    """What units, given by kind and code, are called: 'Provider', 'Provider: program', 'Provider and District'."""
    places = evidence.organizations.drop_duplicates(["role", "organization_code"], keep="last")
    called = {
        role: rows.set_index("organization_code")["organization_name"].astype(str).to_dict()
        for role, rows in places.groupby("role")
    }
    providers, districts = called.get("provider", {}), called.get("district", {})
    programs = dict(zip(program_code(evidence.first_jobs), evidence.first_jobs["program_name"], strict=True))

    def name(kind: str, code: str) -> str:
        first, _, second = code.partition(":" if kind == "program" else "-")
        if kind == "state":
            return "State"
        if kind == "district":
            return districts.get(code, code)
        if kind == "partnership":
            return f"{providers.get(first, first)} and {districts.get(second, second)}"
        if kind == "program":
            return f"{providers.get(first, first)}: {programs.get(code, second)}"
        return providers.get(code, code)

    return [name(kind, code) for kind, code in units]
