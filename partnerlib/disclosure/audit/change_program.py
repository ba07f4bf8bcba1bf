"""One neighbourhood inside the solver, as changes of the reference world, the fewest people first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from partnerlib.disclosure.audit.flips import Truths
from partnerlib.disclosure.audit.layout import Place
from partnerlib.disclosure.audit.neighbourhoods import Neighbourhood
from partnerlib.disclosure.audit.solver import OPTIONS, Pace
from partnerlib.disclosure.audit.system import Integers, SolverGaveUp, reproduces
from partnerlib.disclosure.audit.worlds import Ints

ANY_WORLD: Mapping[str, bool | int | float | str] = {
    "presolve": "on",
    "mip_heuristic_run_feasibility_jump": True,
    "mip_max_improving_sols": 1,
}
"""How a world in whole numbers is looked for: any will do, and thousands of unknowns are quicker with a presolve."""

SOON, FEW = 2.0, 50
"""Seconds, and nodes of a search, that whole numbers may take while there are more people to ask."""

MOST = 2
"""By how much one count may change while there are more people to ask: worlds near the reference are found sooner."""

CHECKED = 4_000
"""Columns up to which the presolve is not believed that there is no world: it may be wrong, and is then too careful."""


@dataclass(frozen=True)
class Attack:
    """Somebody who reads the release and knows some of the people in it."""

    provider: int = -1
    district: int = -1


NO_INSIDER = Attack()
"""The public: it knows nobody."""


class ChangeProgram:
    """One neighbourhood inside the solver, as changes of the reference world."""

    def __init__(self, neighbourhood: Neighbourhood, seconds: float, pace: Pace) -> None:
        system = neighbourhood.system
        self.neighbourhood, self.seconds, self.pace = neighbourhood, seconds, pace
        self.reference = neighbourhood.reference
        size = len(self.reference)
        activity = system.matrix @ self.reference
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = 2 * size, len(activity)
        program.col_cost_ = np.ones(2 * size)
        program.col_lower_ = np.zeros(2 * size)
        self.most = np.concatenate([system.upper - self.reference, self.reference - system.lower]).astype(float)
        program.col_upper_ = self.most
        program.row_lower_, program.row_upper_ = system.row_low - activity, system.row_high - activity
        both = sparse.hstack([system.matrix, -system.matrix]).tocsr()
        program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        program.a_matrix_.num_col_, program.a_matrix_.num_row_ = both.shape[1], both.shape[0]
        program.a_matrix_.start_, program.a_matrix_.index_ = both.indptr, both.indices
        program.a_matrix_.value_ = both.data.astype(float)
        self.rows = len(activity)
        # Linear questions start from the answer to the one before, faster than a presolve; those in whole numbers must
        # do without, as it calls some solvable ones infeasible.
        self.model = _model(program, OPTIONS)

    def nearest(
        self, place: Place, change: int, attack: Attack, near: tuple[Sequence[int], Sequence[int]], is_last: bool
    ) -> Integers | None:
        """The counts with the change; where a linear program has fractions for an answer, whole ones beside them."""
        size = len(self.reference)
        target = self.neighbourhood.unknowns_of(place)
        columns = np.concatenate([target, size + target]).astype(np.int32)
        values = np.concatenate([np.ones(len(target)), -np.ones(len(target))])
        known = np.flatnonzero(self._known_to(attack) | self._far_from(near))
        at = np.concatenate([known, size + known]).astype(np.int32)
        low, high = (change, np.inf) if change > 0 else (-np.inf, change)
        self.model.addRow(low, high, len(columns), columns, values)
        if len(at):
            self.model.changeColsBounds(len(at), at, np.zeros(len(at)), np.zeros(len(at)))
        try:
            found = self._solved(self.model, self.seconds)
            if found is None or self._is_changed(found, target, change):
                return found
            # With sizes held, a wider question is quicker than whole numbers.
            return None if self.neighbourhood.holds_sizes else self._whole(target, change, is_last)
        finally:
            self.model.deleteRows(1, np.array([self.rows], dtype=np.int32))
            if len(at):
                self.model.changeColsBounds(len(at), at, np.zeros(len(at)), self.most[at])

    def _known_to(self, attack: Attack) -> Truths:
        """What an insider knows: every count of its own people."""
        provider, district = self.neighbourhood.fields[:, 2], self.neighbourhood.fields[:, 3]
        mine = (provider == attack.provider) & (attack.provider >= 0)
        return mine | ((district == attack.district) & (attack.district >= 0))

    def _far_from(self, near: tuple[Sequence[int], Sequence[int]]) -> Truths:
        far = np.zeros(len(self.reference), dtype=bool)
        for side, kept in enumerate(near):
            owner = self.neighbourhood.fields[:, 2 + side]
            far |= (owner >= 0) & ~np.isin(owner, kept)
        return far

    def _is_changed(self, table: Integers, target: Ints, change: int) -> bool:
        """Whether a table, rounded as the solver's answers are, prints the release and has the change."""
        by = int((table[target] - self.reference[target]).sum())
        return (by >= change if change > 0 else by <= change) and reproduces(self.neighbourhood.system, table)

    def _whole(self, target: Ints, change: int, is_last: bool) -> Integers | None:
        """The first world in whole numbers that comes, from a model of its own: a start from the linear answer is slow.

        That there is none is asked again without a presolve, where it is quick; and not while more people are yet to be
        asked.
        """
        program, found = self.model.getLp(), None
        program.integrality_ = [highspy.HighsVarType.kInteger] * program.num_col_
        if is_last:
            found = self._solved(_model(program, ANY_WORLD), self.seconds)
            if found is None and program.num_col_ <= CHECKED:
                found = self._solved(_model(program, OPTIONS), self.seconds)
        else:
            program.col_upper_ = np.minimum(program.col_upper_, MOST)
            with suppress(SolverGaveUp):
                found = self._solved(_model(program, {**ANY_WORLD, "mip_max_nodes": FEW}), min(SOON, self.seconds))
        if found is not None and not self._is_changed(found, target, change):
            raise SolverGaveUp("the solver's world does not print the release; nothing is proved by it")
        return found

    def _solved(self, model: highspy.Highs, seconds: float) -> Integers | None:
        """The counts of an answer, rounded; None where there is none."""
        model.setOptionValue("time_limit", model.getRunTime() + seconds * self.pace.slower())
        model.run()
        status, kinds = model.getModelStatus(), highspy.HighsModelStatus
        if status == kinds.kInfeasible:
            return None
        # Stopped at the first world: as good a proof as the nearest, once it is found to print the release.
        is_world = status == kinds.kSolutionLimit and model.getSolution().value_valid
        if status != kinds.kOptimal and not is_world:
            raise SolverGaveUp(f"no answer within {seconds:g} seconds ({model.modelStatusToString(status)})")
        moved = np.rint(np.asarray(model.getSolution().col_value)).astype(np.int64)
        size = len(self.reference)
        return self.reference + moved[:size] - moved[size:]


def _model(program: highspy.HighsLp, options: Mapping[str, bool | int | float | str]) -> highspy.Highs:
    """A program inside the solver."""
    model = highspy.Highs()
    for option, value in {**OPTIONS, **options}.items():
        if model.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise SolverGaveUp(f"the installed HiGHS does not know the option '{option}'; install highspy again")
    model.passModel(program)
    return model
