"""HiGHS asked many questions about one component: the model is passed once, then only the objective changes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import highspy
import numpy as np

from partnerlib.disclosure.audit.components import Component
from partnerlib.disclosure.audit.system import Integers, SolverGaveUp

TOLERANCE = 1e-5
"""How far an optimum in floating point may lie from the true one: ten times the solver's own tolerance."""

OPTIONS: Mapping[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": 0.0,
    # The objective is whole: a gap below one is no gap. Left wider than TOLERANCE so that noise never matters.
    "mip_abs_gap": 0.5,
    # Costs 4 ms in every question, however small: sixteen times the rest of the work.
    "mip_heuristic_run_feasibility_jump": False,
}


class Clock:
    """Time left for a whole call, of which each question to the solver may take no more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.perf_counter() + seconds

    def left(self) -> float:
        return self._end - time.perf_counter()


@dataclass(frozen=True)
class Answer:
    """What the solver says of the largest value of a sum."""

    bound: float
    """No table exceeds it: whole, or infinite; minus infinity when there is no table at all."""
    table: Integers | None
    """A table that reaches some value of it, already checked; None when the vertex found is fractional."""


class Solver:
    """One component held inside HiGHS, twice at most: with whole unknowns and with unknowns of any value."""

    def __init__(self, component: Component, clock: Clock) -> None:
        self.component = component
        self.clock = clock
        self._held: dict[bool, highspy.Highs] = {}

    def largest(self, terms: Mapping[int, int], whole: bool, ceiling: float = np.inf) -> Answer:
        """The largest value of a sum of unknowns, among tables in which the sum is at most `ceiling`."""
        if not self.component.row_names:
            return self._without_rows(terms, ceiling)
        model = self._model(whole)
        columns = np.fromiter(terms.keys(), dtype=np.int32, count=len(terms))
        costs = np.fromiter(terms.values(), dtype=float, count=len(terms))
        model.changeColsCost(len(columns), columns, costs)
        if np.isfinite(ceiling):
            model.addRow(-np.inf, ceiling, len(columns), columns, costs)
        try:
            return self._answer(model, whole)
        finally:
            model.changeColsCost(len(columns), columns, np.zeros(len(columns)))
            if np.isfinite(ceiling):
                model.deleteRows(1, np.array([len(self.component.row_low)], dtype=np.int32))

    def _without_rows(self, terms: Mapping[int, int], ceiling: float) -> Answer:
        """The same for an unknown of which nothing is printed but its bounds."""
        lower, upper = self.component.lower[0], self.component.upper[0]
        factor = terms.get(0, 0)
        value = upper if factor > 0 else lower
        if factor and factor * value > ceiling:
            value = np.floor(ceiling / factor) if factor > 0 else np.ceil(ceiling / factor)
        if np.isinf(value):
            return Answer(np.inf, np.array([lower], dtype=np.int64))
        if not lower <= value <= upper:
            return Answer(-np.inf, None)
        return Answer(float(factor * value), np.array([value], dtype=np.int64))

    def _answer(self, model: highspy.Highs, whole: bool) -> Answer:
        left = self.clock.left()
        if left <= 0:
            raise SolverGaveUp(f"no answer within {self.clock.seconds:g} seconds; allow more, or publish less")
        # HiGHS counts time over all runs of one model.
        model.setOptionValue("time_limit", model.getRunTime() + left)
        model.run()
        status = model.getModelStatus()
        kinds = highspy.HighsModelStatus
        if status == kinds.kOptimal:
            bound = model.getInfo().mip_dual_bound if whole else model.getInfo().objective_function_value
            return Answer(float(np.floor(bound + TOLERANCE)), self._table(model))
        if status == kinds.kInfeasible:
            return Answer(-np.inf, None)
        if status == kinds.kUnbounded:
            return Answer(np.inf, self._table(model))
        raise SolverGaveUp(
            f"{self.component.row_names[0]} and {len(self.component.row_names) - 1} other statements: the solver "
            f"stopped with '{model.modelStatusToString(status)}' after {self.clock.seconds - self.clock.left():.1f} "
            "seconds; allow more, or publish less"
        )

    def _table(self, model: highspy.Highs) -> Integers | None:
        values = np.asarray(model.getSolution().col_value)
        if len(values) != len(self.component.unknowns) or not np.isfinite(values).all():
            return None
        table = np.rint(values).astype(np.int64)
        return table if self.component.reproduces(table) else None

    def _model(self, whole: bool) -> highspy.Highs:
        if whole not in self._held:
            model = highspy.Highs()
            for option, value in OPTIONS.items():
                if model.setOptionValue(option, value) != highspy.HighsStatus.kOk:
                    raise SolverGaveUp(
                        f"the installed HiGHS does not know the option '{option}'; install highspy again"
                    )
            if model.passModel(_linear_program(self.component, whole)) == highspy.HighsStatus.kError:
                raise SolverGaveUp("the solver refused the model")
            self._held[whole] = model
        return self._held[whole]


def _linear_program(component: Component, whole: bool) -> highspy.HighsLp:
    program = highspy.HighsLp()
    unknowns, rows = len(component.unknowns), len(component.row_low)
    program.num_col_, program.num_row_ = unknowns, rows
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = np.zeros(unknowns)
    program.col_lower_, program.col_upper_ = component.lower, component.upper
    program.row_lower_, program.row_upper_ = component.row_low, component.row_high
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.num_col_, program.a_matrix_.num_row_ = unknowns, rows
    program.a_matrix_.start_ = component.matrix.indptr
    program.a_matrix_.index_ = component.matrix.indices
    program.a_matrix_.value_ = component.matrix.data.astype(float)
    if whole:
        program.integrality_ = [highspy.HighsVarType.kInteger] * unknowns
    return program
