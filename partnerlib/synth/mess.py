"""Dirt in a known number of rows: what the build must reject or flag, and nothing else."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pyarrow as pa

from partnerlib.synth.text_columns import with_cell, with_copy


@dataclass(frozen=True)
class Spot:
    """One spoilt row of one raw file."""

    file: str
    row: int
    """Line of the file, header included."""
    column: str
    """Spoilt column; empty for the whole row."""
    kind: str
    """`unknown_place`, `duplicate_row`, `missing_key`, `impossible_value`, `impossible_date`, `no_school`."""
    action: str
    """`rejected`; `flagged` when only the cell is lost; `accepted` when the row is odd and yet right."""

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


_ACTIONS = {"impossible_value": "flagged", "impossible_date": "flagged", "no_school": "accepted"}


def _spoilt(content: pa.Table, file: str, row: int, column: str, value: str | None, kind: str) -> tuple[pa.Table, Spot]:
    row = min(row, content.num_rows - 1)
    return with_cell(content, row, column, value), Spot(file, row + 2, column, kind, _ACTIONS.get(kind, "rejected"))


def _copied(content: pa.Table, file: str, row: int) -> tuple[pa.Table, Spot]:
    row = min(row, content.num_rows - 1)
    return with_copy(content, row), Spot(file, content.num_rows + 2, "", "duplicate_row", "rejected")


def spoil(content: pa.Table, file: str, last_year: int) -> tuple[pa.Table, list[Spot]]:
    """The file with its dirt, and where the dirt is; most files have none."""
    y = last_year
    spots: list[Spot] = []

    def cell(row: int, column: str, value: str | None, kind: str) -> None:
        nonlocal content
        content, spot = _spoilt(content, file, row, column, value, kind)
        spots.append(spot)

    def copy(row: int) -> None:
        nonlocal content
        content, spot = _copied(content, file, row)
        spots.append(spot)

    if file == f"cap_{y - 1}.csv":
        cell(17, "PRACT_SCHOOL_NAME", "Somewhere Day Program", "unknown_place")
        cell(40, "PRACT_DISTRICT_NAME", "Out of State", "unknown_place")
        copy(5)
    elif file == f"cap_{y - 2}.csv":
        cell(23, "PRACT_SCHOOL_NAME", "to be determined", "unknown_place")
    elif file == f"completers_{y - 1}.csv":
        copy(9)
    elif file == f"completers_{y - 2}.csv":
        cell(12, "COMPLETION_DATE", f"02/30/{y - 2}", "impossible_date")
    elif file == f"epims_sr_{y - 1}_oct.csv":
        cell(100, "SR08", "71", "impossible_value")
        copy(200)
    elif file == f"epims_wa_{y - 1}_oct.csv":
        cell(60, "WA01", None, "missing_key")
    elif file == f"epims_wa_{y - 2}_eoy.csv":
        copy(150)
    elif file == f"sims_{y - 1}_oct.csv":
        cell(77, "DOE015", None, "no_school")
        cell(300, "DOE002", None, "missing_key")
    elif file == f"scs_{y - 1}_oct.csv":
        copy(40)
    elif file == f"mcas_student_{y - 1}.csv":
        cell(33, "MSCALEDS", "9999", "impossible_value")
    elif file == f"evaluation_{y - 1}.csv":
        cell(21, "OVERALL_RATING", "Excellent", "impossible_value")
    elif file == f"survey_sp_{y - 1}.csv":
        cell(3, "SO_CODE", None, "missing_key")
    return content, spots
