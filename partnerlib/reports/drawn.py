"""What a page is drawn from, as one hash: the released cells it reads, and what it says of their release.

A page stays as it is for as long as its own cells do. The release around it may be another one: a provider that
hands in a file late changes its own page, those of its partnerships and districts, and the state's, and no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from partnerlib.codes import STATE_CODE
from partnerlib.disclosure.zones import SealedRelease
from partnerlib.reports.printing import account_in_words, audience_name

WITH_PARTNERSHIPS = ("provider", "district")
"""Kinds of unit whose page reads the cells of its partnerships, too."""

UNIT_OF = {"review": "provider", "advisory": "district"}
"""Kinds of page that are another view of a unit, and which kind of unit that is."""

MAPPED = "candidates_placed"
"""The measure of districts and partnerships that the state's page draws, too."""

MISSING, BETWEEN = "\0", "\x1f"
"""How a missing value, and the end of a value, stand in the text that is hashed."""


class Drawn:
    """The hash of what each page is drawn from, for the cells of a release or of a part of one."""

    def __init__(self, cells: pd.DataFrame, said: Mapping[str, Any]) -> None:
        """`cells` in the order of the release; `said` is what pages print of the release itself."""
        self._cells = cells
        self._said = json.dumps(said, sort_keys=True, default=str)

    @classmethod
    def of_release(cls, release: SealedRelease, read: pd.Series | None = None) -> Drawn:
        """What the pages of a release are drawn from; of the rows that were `read`, where a page read no others."""
        manifest = release.manifest
        said = {
            "report_year": manifest.report_year,
            "is_synthetic": manifest.is_synthetic,
            "audience": audience_name(release),
            "account": account_in_words(manifest.policy, manifest.audit),
        }
        return cls(release.cells if read is None else release.cells[read], said)

    def by(self, kind: str, code: str) -> str:
        """Hash of everything the page of a unit is drawn from."""
        unit = (UNIT_OF.get(kind, kind), code)
        # The state's number stands beside every number of every page. Where a late file moves one of them across the
        # edge of its band, every page prints something else and is due; where none moves, only the unit's own are.
        parts = [unit, ("state", STATE_CODE)]
        if unit[0] in WITH_PARTNERSHIPS:
            parts += [("partnership", pair) for pair in self._pairs.get(code, ())]
        told = [f"{kind} {code} {self._units.get((kind, code), '')}" for kind, code in parts]
        if unit[0] == "state":
            told.append(self._mapped)
        return hashlib.sha256("\n".join([self._said, *told]).encode()).hexdigest()

    @cached_property
    def _units(self) -> dict[tuple[str, str], str]:
        """Hash of the cells of each unit, in their order."""
        order = self._cells.sort_values(["unit_kind", "unit_code"], kind="stable")
        lines = _lines(order).buffers()
        ends = np.frombuffer(lines[1], dtype="<i8")[: len(order) + 1] if len(order) else np.zeros(1, dtype="<i8")
        letters = memoryview(lines[2]) if lines[2] is not None else memoryview(b"")
        keys = list(zip(order["unit_kind"], order["unit_code"], strict=True))
        starts = [0, *(place for place, (one, next_one) in enumerate(pairwise(keys), 1) if one != next_one), len(keys)]
        return {
            keys[first]: hashlib.sha256(letters[ends[first] : ends[last]]).hexdigest()
            for first, last in pairwise(starts)
            if first < last
        }

    @cached_property
    def _mapped(self) -> str:
        """Hash of the numbers of districts, partnerships and their providers that the state's page draws, in order."""
        rows = self._cells[is_mapped(self._cells)].sort_values(["unit_kind", "unit_code"], kind="stable")
        return hashlib.sha256("".join(_lines(rows).to_pylist()).encode()).hexdigest()

    @cached_property
    def _pairs(self) -> dict[str, list[str]]:
        """The partnerships of each organization, by code."""
        pairs: dict[str, list[str]] = {}
        for kind, code in sorted(self._units):
            for part in code.split("-") if kind == "partnership" else ():
                pairs.setdefault(part, []).append(code)
        return pairs


def is_mapped(cells: pd.DataFrame) -> pd.Series:
    """Cells of other units that the state's page draws."""
    return (cells["measure"] == MAPPED) & cells["unit_kind"].isin(["provider", "district", "partnership"])


def _lines(cells: pd.DataFrame) -> pa.LargeStringArray:
    """Every row as one text: numbers with all their digits, what is missing apart from every value."""
    table = pa.Table.from_pandas(cells[sorted(cells)], preserve_index=False)
    columns = [pc.fill_null(pc.cast(column, pa.large_string()), MISSING) for column in table.columns]
    ended = [*columns, pa.scalar("\n", pa.large_string())]
    joined = pc.binary_join_element_wise(*ended, pa.scalar(BETWEEN, pa.large_string()))
    joined = joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined
    return joined if isinstance(joined, pa.LargeStringArray) else pa.concat_arrays(joined.chunks)
