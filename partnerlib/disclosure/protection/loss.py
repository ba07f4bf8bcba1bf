"""What protection costs: the share of cells and of people that are not shown."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER


@dataclass(frozen=True)
class Loss:
    """Cells withheld among those with people in them, and the people they count, by kind of unit."""

    table: pd.DataFrame
    """unit_kind, cells, withheld, people, hidden, unlisted: cells and rows of people behind them; `unlisted` are
    cells of programs and partnerships that have no entry at all, counted among the withheld."""

    def share(self, unit_kind: str = "") -> tuple[float, float]:
        """Share of cells and share of people withheld, of one kind of unit or of all."""
        rows = self.table if not unit_kind else self.table[self.table["unit_kind"] == unit_kind]
        total = rows[["cells", "withheld", "people", "hidden"]].sum()
        return (
            float(total["withheld"] / total["cells"]) if total["cells"] else 0.0,
            float(total["hidden"] / total["people"]) if total["people"] else 0.0,
        )

    def __str__(self) -> str:
        lines = [
            f"{'':14}{'cells':>10}{'withheld':>10}{'people':>10}   of cells that count somebody; unlisted is withheld"
        ]
        for kind in [*self.table["unit_kind"], ""]:
            cells = int(
                (self.table["cells"] if not kind else self.table.loc[self.table["unit_kind"] == kind, "cells"]).sum()
            )
            of_cells, of_people = self.share(kind)
            lines.append(f"{kind or 'all':14}{cells:>10,}{of_cells:>10.1%}{of_people:>10.1%}")
        return "\n".join(lines)


def loss(cells: pd.DataFrame, listed: pd.Series) -> Loss:
    """The loss of internal cells with the decision about each (`why`); those not `listed` count as withheld."""
    counting = cells[(cells["n"] > 0) & cells["status"].isin(HAS_NUMBER)]
    is_listed = listed.reindex(counting.index)
    hidden = (counting["why"] != "") | ~is_listed
    table = (
        counting.assign(withheld=hidden, unlisted=~is_listed, hidden=counting["n"].where(hidden, 0))
        .groupby("unit_kind", sort=False)
        .agg(
            cells=("n", "size"),
            withheld=("withheld", "sum"),
            people=("n", "sum"),
            hidden=("hidden", "sum"),
            unlisted=("unlisted", "sum"),
        )
        .reset_index()
    )
    return Loss(table)
