"""Two releases of the small state, each safe by itself: last year's printed a count that this year's withholds."""

from __future__ import annotations

from functools import cache

import leaky_state as state
import pandas as pd
from leak import Leak
from planted_cells import POLICY, at, printed, released

from partnerlib.disclosure.ledger import Earlier, Entry
from partnerlib.disclosure.releasing import Verdict, attack
from partnerlib.disclosure.zones import Aggregates

COUNTED = ("completers_counted",)
HIDING = {"unit_code": state.NEARLY_ALL_EMPLOYED, "cohort": 2017, "window_years": 1}
"""A large count that is withheld so that the small ones beside it cannot be computed."""


@cache
def aggregates_of_both() -> Aggregates:
    found = state.estimates()
    return Aggregates(found[found["measure"].isin(COUNTED)].reset_index(drop=True))


def last_year(**changed: object) -> Earlier:
    """A release that printed the one count; `changed` columns are printed otherwise."""
    now = released(COUNTED)
    is_here = at(now.cells, **HIDING)
    cells = printed(now.cells, COUNTED, is_here)[is_here].assign(report_year=state.YEAR - 1, **changed)
    return entered(cells)


def entered(cells: pd.DataFrame) -> Earlier:
    entry = Entry("first", state.YEAR - 1, "public", True, "", "", "", "", {})
    return Earlier(entry, cells, released(COUNTED).definitions)


def attacked_beside(*earlier: Earlier, only_totals: bool = False) -> Verdict:
    now = released(COUNTED)
    cells = now.cells[now.cells["unit_kind"] == "state"] if only_totals else now.cells
    return attack(cells, now.definitions, POLICY, aggregates_of_both(), earlier=earlier)


LEAKS = [
    Leak(
        "withheld count printed last year", "audit of cells",
        lambda _: attacked_beside().exposed, lambda _: attacked_beside(last_year()).exposed,
        f"provider:{state.SMALL_PROVIDERS[0]}, 2017: found by",
    ),
]  # fmt: skip
