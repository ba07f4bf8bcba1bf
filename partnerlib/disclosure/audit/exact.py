"""What the flips leave open, asked of the solver: another complete table that prints the same release.

What is not found counts as exposed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partnerlib.disclosure.audit.change_program import Attack
from partnerlib.disclosure.audit.layout import Place
from partnerlib.disclosure.audit.nearest_worlds import Changed, Nearest
from partnerlib.disclosure.audit.worlds import NOBODYS


def changes_for_public(nearest: Nearest, place: Place, enough: int) -> set[int]:
    """By how much a count is proved to be able to differ from the reference world's; 0 among them, `enough` at most
    asked for."""
    changes = {0, *nearest.changes_found(place).tolist()}
    for change in (1, -1, 2, -2):
        if len(changes) >= enough:
            break
        found = nearest.changed(place, change)
        if found is not None:
            changes.add(found.change(place))
    return changes


def exposed_to(nearest: Nearest, place: Place, own: Attack) -> Attack | None:
    """The first insider to whom the count can only be what it is; None when there is no such insider.

    A world found that leaves an insider's people as they are disposes of that insider: few questions settle hundreds.
    """
    world = nearest.world
    providers = [-1, *(at for at, code in enumerate(world.providers) if code != NOBODYS and at != own.provider)]
    districts = [-1, *(at for at, code in enumerate(world.districts) if code != NOBODYS and at != own.district)]
    open_ = np.ones((len(providers), len(districts)), dtype=bool)

    def dispose(found: Changed) -> None:
        keeps = np.zeros_like(open_)
        keeps[np.isin(providers, found.owners(0))] = True
        keeps[:, np.isin(districts, found.owners(1))] = True
        np.logical_and(open_, keeps, out=open_)

    for at in np.flatnonzero(nearest.changes_found(place)):
        dispose(nearest.found[at])
    while open_.any():
        row, column = map(int, np.argwhere(open_)[-1])
        attack = Attack(providers[row], districts[column])
        other = nearest.changed(place, 1, attack) or nearest.changed(place, -1, attack)
        if other is None:
            return attack
        dispose(other)
    return None


def named(nearest: Nearest, attack: Attack) -> str:
    """An insider by kind and code."""
    parts: Sequence[tuple[str, tuple[str, ...], int]] = (
        ("provider", nearest.world.providers, attack.provider),
        ("district", nearest.world.districts, attack.district),
    )
    return " and ".join(f"{kind}:{codes[at]}" for kind, codes, at in parts if at >= 0)
