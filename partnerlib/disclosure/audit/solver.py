"""HiGHS asked many questions about one model: it is passed once, then only the objective and one row change."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from partnerlib.disclosure.audit.components import Component
from partnerlib.disclosure.audit.system import Floats, Integers, SolverGaveUp

TOLERANCE = 1e-5
"""How far an optimum in floating point may lie from the true one: ten times the solver's own tolerance."""

SLOWEST = 10.0
"""Most seconds by the clock that are waited for a second of work."""

OPTIONS: Mapping[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    # HiGHS 1.15 presolves some solvable questions in whole numbers to 'infeasible': a test keeps one.
    "presolve": "off",
    "mip_allow_restart": False,
    "mip_rel_gap": 0.0,
    # Sums are whole: a gap below one is no gap. Far above TOLERANCE, so that noise never matters.
    "mip_abs_gap": 0.5,
    # Costs 4 ms in every question, however small: sixteen times the rest of the work.
    "mip_heuristic_run_feasibility_jump": False,
    "mip_max_improving_sols": highspy.kHighsIInf,
}

Terms = Mapping[int, float]
"""Column -> coefficient."""


class Clock:
    """Time left for a whole call, of which each question to the solver may take no more."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.perf_counter() + seconds

    def left(self) -> float:
        return self._end - time.perf_counter()


class Pace:
    """How many seconds by the clock a second of work takes: more than one on a machine that others use as well.

    The solver counts by the clock. What it can prove must not depend on who else is at work.
    """

    def __init__(self) -> None:
        self._start = time.perf_counter(), time.process_time()

    def slower(self) -> float:
        clock, work = time.perf_counter() - self._start[0], time.process_time() - self._start[1]
        return min(max(clock / work, 1.0), SLOWEST) if work > 0 else 1.0


@dataclass(frozen=True)
class Outcome:
    """What the solver found."""

    bound: float
    """No solution exceeds it: infinite when the objective has no end, minus infinity when there is no solution."""
    values: Floats | None
    """The solution, in floating point; None when there is none."""


@dataclass(frozen=True)
class Answer:
    """What follows for tables of whole numbers."""

    bound: float
    """No table exceeds it: whole, or infinite; minus infinity when there is no table at all."""
    table: Integers | None
    """A table, already checked against everything printed; None when the solution found is fractional."""


class Model:
    """One program held inside HiGHS, twice at most: with whole unknowns and with unknowns of any value."""

    def __init__(self, program: highspy.HighsLp, clock: Clock, name: str) -> None:
        self._program, self._clock, self._name = program, clock, name
        self._rows = int(program.num_row_)
        self._held: dict[bool, highspy.Highs] = {}

    def largest(
        self, objective: Terms, whole: bool, row: tuple[float, Terms, float] | None = None, first: bool = False
    ) -> Outcome:
        """The largest value of the program's objective with these coefficients set, under one more row.

        row
            its lower bound, its terms and its upper bound
        first
            stop at the first solution in whole numbers
        """
        held = self._model(whole)
        if objective:
            held.changeColsCost(len(objective), *_arrays(objective))
        if row is not None:
            held.addRow(row[0], row[2], len(row[1]), *_arrays(row[1]))
        if whole:
            held.setOptionValue("mip_max_improving_sols", 1 if first else highspy.kHighsIInf)
        try:
            return self._outcome(held, whole)
        finally:
            if objective:
                held.changeColsCost(len(objective), _arrays(objective)[0], np.zeros(len(objective)))
            if row is not None:
                held.deleteRows(1, np.array([self._rows], dtype=np.int32))

    def _outcome(self, held: highspy.Highs, whole: bool) -> Outcome:
        left = self._clock.left()
        if left <= 0:
            raise SolverGaveUp(f"no answer within {self._clock.seconds:g} seconds; allow more, or publish less")
        # HiGHS counts time over all runs of one model.
        held.setOptionValue("time_limit", held.getRunTime() + left)
        held.run()
        status, kinds = held.getModelStatus(), highspy.HighsModelStatus
        if status == kinds.kUnknown:
            status = self._again(held)
        if status == kinds.kInfeasible:
            return Outcome(-np.inf, None)
        values = np.asarray(held.getSolution().col_value, dtype=float)
        solution = values if len(values) and np.isfinite(values).all() else None
        if status == kinds.kUnbounded or (status == kinds.kSolutionLimit and solution is not None):
            return Outcome(np.inf, solution)
        if status == kinds.kOptimal:
            info = held.getInfo()
            return Outcome(info.mip_dual_bound if whole else info.objective_function_value, solution)
        raise SolverGaveUp(
            f"{self._name}: the solver stopped with '{held.modelStatusToString(status)}', "
            f"{self._clock.left():.1f} of {self._clock.seconds:g} seconds left; allow more, or publish less"
        )

    def _again(self, held: highspy.Highs) -> highspy.HighsModelStatus:
        """The status of a second try, from nothing and with presolve: a start from an earlier answer may lose its way.

        A presolve may call infeasible what is not. That only makes the attack stronger than it is: what is said to be
        possible is always shown by a table.
        """
        held.clearSolver()
        held.setOptionValue("presolve", "on")
        try:
            held.run()
            return held.getModelStatus()
        finally:
            held.setOptionValue("presolve", OPTIONS["presolve"])

    def _model(self, whole: bool) -> highspy.Highs:
        if whole not in self._held:
            held = highspy.Highs()
            for option, value in OPTIONS.items():
                if held.setOptionValue(option, value) != highspy.HighsStatus.kOk:
                    raise SolverGaveUp(
                        f"the installed HiGHS does not know the option '{option}'; install highspy again"
                    )
            self._program.integrality_ = [highspy.HighsVarType.kInteger] * self._program.num_col_ if whole else []
            if held.passModel(self._program) == highspy.HighsStatus.kError:
                raise SolverGaveUp(f"{self._name}: the solver refused the model")
            self._held[whole] = held
        return self._held[whole]


class Solver:
    """The largest values of sums of one component's unknowns."""

    def __init__(self, component: Component, clock: Clock) -> None:
        self.component = component
        program = linear_program(
            component.matrix, component.lower, component.upper, component.row_low, component.row_high
        )
        self._model = Model(program, clock, component.name)

    def largest(self, terms: Mapping[int, int], whole: bool, ceiling: float = np.inf) -> Answer:
        """The largest value of a sum of unknowns, among tables in which the sum is at most `ceiling`."""
        if not self.component.row_names:
            return self._without_rows(terms, ceiling)
        outcome = self._model.largest(terms, whole, (-np.inf, terms, ceiling) if np.isfinite(ceiling) else None)
        bound = float(np.floor(outcome.bound + TOLERANCE))
        if outcome.values is None:
            return Answer(bound, None)
        table = np.rint(outcome.values).astype(np.int64)
        return Answer(bound, table if self.component.reproduces(table) else None)

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


def linear_program(
    matrix: sparse.csr_array, lower: Floats, upper: Floats, row_low: Floats, row_high: Floats
) -> highspy.HighsLp:
    """A program to maximise, without an objective yet."""
    program = highspy.HighsLp()
    program.num_row_, program.num_col_ = matrix.shape
    program.sense_ = highspy.ObjSense.kMaximize
    program.col_cost_ = np.zeros(matrix.shape[1])
    program.col_lower_, program.col_upper_ = lower, upper
    program.row_lower_, program.row_upper_ = row_low, row_high
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.num_row_, program.a_matrix_.num_col_ = matrix.shape
    program.a_matrix_.start_, program.a_matrix_.index_ = matrix.indptr, matrix.indices
    program.a_matrix_.value_ = matrix.data.astype(float)
    return program


def _arrays(terms: Terms) -> tuple[NDArray[np.int32], Floats]:
    columns = np.fromiter(terms.keys(), dtype=np.int32, count=len(terms))
    return columns, np.fromiter(terms.values(), dtype=float, count=len(terms))
