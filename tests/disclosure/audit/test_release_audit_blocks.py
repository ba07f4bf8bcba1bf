"""Whatever a block of a release is made of, the audit says of it what every table there is says: both directions."""

from __future__ import annotations

import pytest
from invented_states import IS_EXHAUSTIVE, Shape, disagreements, invented

ALL = ("provider", "district", "partnership", "state")
PROGRAMS = ("program", *ALL)
MARGINS = ("provider", "district", "state")
BOTH, PLACED, OPEN = (True, True), (True, False), (False, False)
"""Whether everybody is known to have a provider, and a district."""

BLOCKS: dict[str, tuple[Shape, int]] = {
    "a set, with people nobody placed": (Shape(closed=(OPEN,)), 3),
    "three levels that part a set": (Shape(3, is_partition=True), 2),
    "five levels that part a set": (Shape(5, is_partition=True), 1),
    "programs that are all of a provider": (Shape(kinds=PROGRAMS, classes="program"), 4),
    "programs, and people in none": (Shape(kinds=PROGRAMS, classes="program", has_rest=True), 4),
    "a set within one that everybody in is placed": (Shape(around=1, closed=(BOTH, PLACED)), 3),
    "a set within one with people nobody placed": (Shape(around=1, closed=(PLACED, PLACED)), 3),
    "a set within two larger ones": (Shape(around=2, closed=(PLACED,) * 3), 3),
    "margins alone, both closed": (Shape(kinds=MARGINS, closed=(BOTH,)), 4),
    "margins alone, one closed": (Shape(kinds=MARGINS, closed=(PLACED,)), 4),
    "margins alone of four levels": (Shape(4, is_partition=True, kinds=MARGINS, closed=(BOTH,)), 1),
    "margins with programs and a larger set": (
        Shape(around=1, kinds=("program", *MARGINS), classes="program", closed=(PLACED, PLACED)),
        2,
    ),
    "subgroups of the state": (Shape(classes="subgroup"), 4),
    "subgroups of the state, and people of none": (Shape(classes="subgroup", has_rest=True), 3),
    "a size among its parent": (Shape(of_sizes=True), 4),
    "a size among its parent within a larger one": (Shape(of_sizes=True, around=1), 4),
    "districts alone": (Shape(kinds=("district", "state"), closed=((False, True),)), 4),
    "districts alone, with people of none": (Shape(kinds=("district", "state"), closed=(OPEN,)), 4),
    "five levels of districts alone": (
        Shape(5, is_partition=True, kinds=("district", "state"), closed=((False, True),)),
        2,
    ),
    "providers alone": (Shape(kinds=("provider", "state"), closed=(PLACED,)), 4),
    "providers alone, within a larger set": (Shape(around=1, kinds=("provider", "state"), closed=(PLACED, PLACED)), 4),
}


@pytest.mark.parametrize(
    ("block", "seed"),
    [(block, seed) for block, (_, states) in BLOCKS.items() for seed in range(states * (25 if IS_EXHAUSTIVE else 1))],
)
def test_the_audit_says_what_every_table_says(block: str, seed: int) -> None:
    """What is called safe from the public and from insiders is; what is called exposed is, to the attacker named."""
    state = invented(seed, BLOCKS[block][0])
    assert disagreements(state, seed) == []
