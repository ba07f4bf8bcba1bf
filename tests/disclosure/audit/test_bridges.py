"""What equations alone settle, found without a solver, is what the solver finds settled among numbers of any size."""

from __future__ import annotations

import numpy as np
import pytest

from partnerlib.disclosure.audit.bridges import exact_unknowns
from partnerlib.disclosure.audit.ranges import ranges
from partnerlib.disclosure.audit.system import System, SystemBuilder


def withheld_table(draw: np.random.Generator, rows: int, columns: int, share: float) -> System:
    """Withheld cells far from zero, so that only equations can settle them."""
    builder = SystemBuilder()
    values = draw.integers(40, 60, (rows, columns))
    hidden = draw.random((rows, columns)) < share
    cell = {(i, j): builder.unknown(f"{i},{j}", 1) for i, j in zip(*np.nonzero(hidden), strict=True)}
    for axis, length in enumerate((rows, columns)):
        for line in range(length):
            members = [at for at in cell if at[axis] == line]
            total = sum(int(values[at]) for at in members)
            builder.constrain(f"line {line}", {cell[at]: 1 for at in members}, total, total)
    return builder.build()


@pytest.mark.parametrize("share", [0.05, 0.09, 0.2])
def test_bridges_of_a_table_are_the_cells_the_solver_finds_settled(share):
    for seed in range(6):
        system = withheld_table(np.random.default_rng(seed), 12, 20, share)
        found = ranges(system, [{unknown: 1} for unknown in range(len(system.names))], 0, 30)
        settled = {name for name, range_ in zip(system.names, found, strict=True) if range_.values == 1}
        assert set(exact_unknowns(system)) == settled


def test_a_bridge_inside_a_large_component_is_proved_as_one():
    """Two blocks of sixteen cells joined by one: its row and column totals settle it, no single row does."""
    builder = SystemBuilder()
    cells = {(i, j): builder.unknown(f"{i},{j}") for i in range(8) for j in range(8) if (i < 4) == (j < 4)}
    bridge = builder.unknown("bridge")
    for i in range(8):
        terms = {cells[at]: 1 for at in cells if at[0] == i} | ({bridge: 1} if i == 0 else {})
        builder.constrain(f"row {i}", terms, 83 if i == 0 else 80, 83 if i == 0 else 80)
    for j in range(8):
        terms = {cells[at]: 1 for at in cells if at[1] == j} | ({bridge: 1} if j == 7 else {})
        builder.constrain(f"column {j}", terms, 83 if j == 7 else 80, 83 if j == 7 else 80)
    system = builder.build()
    assert exact_unknowns(system) == ("bridge",)
    (found,) = ranges(system, [{bridge: 1}], 3, 10)
    assert (found.minimum, found.maximum, found.values, found.proof) == (3, 3, 1, "bridge")


def test_any_coefficients_count_and_inequalities_do_not():
    builder = SystemBuilder()
    x, y, z = (builder.unknown(name, 0, 100) for name in "xyz")
    builder.constrain("first", {x: 2, y: 3}, 13, 13)
    builder.constrain("second", {x: 5, y: -1}, 7, 7)
    builder.constrain("at most", {y: 1, z: 1}, 0, 50)
    assert exact_unknowns(builder.build()) == ("x", "y")
