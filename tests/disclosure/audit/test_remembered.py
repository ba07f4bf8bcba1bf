"""What was safe when more was printed is safe when less is: the same verdicts, with fewer questions; and only then."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_release_audit import POLICY, aggregates_of, cells_of, invented

from partnerlib.disclosure.audit import block_attack
from partnerlib.disclosure.audit.block_attack import Task
from partnerlib.disclosure.audit.remembered import Looked, Memory, follows
from partnerlib.disclosure.audit.rooms import BlockRooms
from partnerlib.disclosure.audit.side_by_side import attacking
from partnerlib.disclosure.audit.statements import Statements, statements
from partnerlib.disclosure.audit.worlds import Counted

CLOSED = (True, False)
"""Everybody has a provider, and not everybody a district."""
HIRED = Counted(("hired",), "everybody", "hired", among_source=("hired", ""), closed=CLOSED, sizes_closed=(CLOSED,))
DEFINITIONS = pd.DataFrame({"measure": ["hired"], "level": [""]})


def told_less(cells: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The same release with some cells withheld and some sizes told less closely."""
    chance = np.random.default_rng(seed)
    is_state = (cells["unit_kind"] == "state").to_numpy()
    less = cells[is_state | (chance.random(len(cells)) < 0.7)].copy()
    is_wider = chance.random(len(less)) < 0.3
    less["n_low"] = np.where(is_wider, np.maximum(less["n_low"] - 2, 1), less["n_low"])
    less["n_high"] = np.where(is_wider, less["n_high"] + 2, less["n_high"])
    return less


def said_of(cells: pd.DataFrame) -> Statements:
    return statements(cells, DEFINITIONS)


def found(seed: int, cells: pd.DataFrame, proved: pd.DataFrame | None = None) -> pd.DataFrame:
    task = Task(HIRED, aggregates_of(invented(seed)), said_of(cells), POLICY, 60, proved)
    with attacking({"": task}, jobs=1) as ended:
        return next(findings for _, findings in ended)


def is_safe(findings: pd.DataFrame) -> list[bool]:
    enough = (findings["values"] >= POLICY.complement.public) & (
        findings["values_insider"] >= POLICY.complement.insiders
    )
    return [bool(each) for each in enough]


def proved_of(before: pd.DataFrame, cells: pd.DataFrame, less: pd.DataFrame) -> pd.DataFrame | None:
    memory = Memory()
    memory.keep("then", HIRED, POLICY, Looked(said_of(cells).rows, before))
    return memory.proved(HIRED, POLICY, said_of(less).rows)


@pytest.mark.parametrize("seed", range(24))
def test_verdicts_are_the_same_as_without_memory(seed: int) -> None:
    cells = cells_of(invented(seed))
    if cells.empty:
        pytest.skip("nothing is printed of so small a state")
    less = told_less(cells, seed)
    proved = proved_of(found(seed, cells), cells, less)
    assert proved is not None, "less is told, and everything told followed before"
    anew, remembered = found(seed, less), found(seed, less, proved)
    place = ["set", "unit_kind", "unit_code", "first", "last"]
    pd.testing.assert_frame_equal(anew[place], remembered[place])
    assert is_safe(anew) == is_safe(remembered)


def test_what_is_known_to_be_safe_is_not_put_to_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    put = block_attack._asked

    def counted(
        rooms: BlockRooms, few: BlockRooms, rows: pd.DataFrame, least: tuple[int, int], seconds: float
    ) -> pd.DataFrame:
        asked.append(len(rows))
        return put(rooms, few, rows, least, seconds)

    monkeypatch.setattr(block_attack, "_asked", counted)
    for seed in range(12):
        cells = cells_of(invented(seed))
        if not cells.empty:
            proved = proved_of(found(seed, cells), cells, cells)
            found(seed, cells, proved)
    first, again = sum(asked[::2]), sum(asked[1::2])
    assert 0 < again < first


def rows(**changes: object) -> pd.DataFrame:
    number = {"set": "hired", "of": "", "unit_kind": "provider", "unit_code": "1", "first": 2017, "last": 2017,
              "group": "", "group_value": "", "low": 10, "high": 12, "is_open": False}  # fmt: skip
    return pd.DataFrame([{**number, **changes}])


@pytest.mark.parametrize(
    ("now", "is_so"),
    [
        (rows(), True),
        (rows(low=9, high=13), True),
        (rows(low=11), False),
        (rows(high=11), False),
        (rows(high=12, is_open=True), False),
        (rows(first=2016), False),
        (rows(unit_code="2"), False),
        (rows(of="everybody"), False),
        (rows().iloc[:0], True),
    ],
)
def test_a_number_follows_from_one_about_the_same_count_that_is_no_wider(now: pd.DataFrame, is_so: bool) -> None:
    assert follows(now, rows()) is is_so


def test_bands_that_are_not_nested_do_not_follow() -> None:
    """Of sixteen to thirty people a band is 20 points wide, of fewer 50: 40 to 60 lies in neither half."""
    band = {"of": "everybody", "is_open": True}
    assert follows(rows(low=0, high=5000, **band), rows(low=2000, high=4000, **band))
    assert not follows(rows(low=0, high=5000, **band), rows(low=4000, high=6000, **band))


def test_what_is_left_beside_printed_pairs_is_another_count_when_others_are_printed() -> None:
    pairs = pd.concat([rows(unit_kind="partnership", unit_code="1-2"), rows(unit_kind="partnership", unit_code="1-3")])
    left = {"set": "hired", "kind": "counted", "unit_kind": "partnership", "unit_code": "1-~", "first": 2017,
            "last": 2017, "count": 3, "size": 9, "values": 3, "values_insider": 2, "least": 2, "most": 4}  # fmt: skip
    findings = pd.DataFrame([left, {**left, "unit_kind": "provider", "unit_code": "1"}])
    memory = Memory()
    memory.keep("then", HIRED, POLICY, Looked(pairs, findings))
    same, fewer = (memory.proved(HIRED, POLICY, now) for now in (pairs, pairs.iloc[:1]))
    assert same is not None and fewer is not None
    assert same["unit_code"].tolist() == ["1-~", "1"] and fewer["unit_code"].tolist() == ["1"]
