"""Which programs can be compared within the same schools, and at what price in precision?

Where school effects enter, two programs are compared only through schools that employ graduates of both, directly or in
a chain. What hangs together is a connected set; between sets nothing is known. Within one, thin chains make errors
large: the variance inflation says by how much.
Source: Mihaly, McCaffrey, Sass & Lockwood (2013), Education Finance and Policy 8(4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from partnerlib.errors import DataError
from partnerlib.models.design import usable_rows
from partnerlib.models.results import size_cautions
from partnerlib.models.sandwich import cluster_sums

HIGH_INFLATION = 5.0
"""Variance inflation from which a program is said to be compared through thin chains."""


@dataclass(frozen=True)
class Connected:
    """Connected sets of programs and schools."""

    programs: pd.DataFrame
    """program, people, schools, set, is_identified (in the largest set, beside another program), variance_inflation."""
    sets: pd.DataFrame
    """set (1 for the most people), programs, schools, people."""
    people: int
    cautions: tuple[str, ...]

    @property
    def share_identified(self) -> float:
        """Share of programs that can be compared with one another within schools."""
        return float(self.programs["is_identified"].mean())

    @property
    def sentence(self) -> str:
        """What the set allows, in one sentence."""
        chosen = self.programs[self.programs["is_identified"]]
        held = int(chosen["people"].sum())
        typical = chosen["variance_inflation"].median()
        inflation = f"; their variances are {typical:.1f} times larger than without schools" if len(chosen) else ""
        return (
            f"{len(chosen)} of {len(self.programs)} programs ({held:,} of {self.people:,} people) are connected "
            f"through shared schools{inflation}."
        )


@dataclass(frozen=True)
class UnitEstimates:
    """One estimate per program or partnership, ready for `caterpillar`."""

    table: pd.DataFrame
    """unit, estimate (distance from the mean over people), std_error, people."""
    specification: str
    clustering: str
    cautions: tuple[str, ...]

    def named(self, names: Mapping[str, str]) -> UnitEstimates:
        """The same with units called by their names, where they have one."""
        return replace(self, table=self.table.assign(unit=[names.get(unit, unit) for unit in self.table["unit"]]))


def connected_sets(frame: pd.DataFrame, program: str, school: str) -> Connected:
    """Which programs share schools, in a chain, and what comparing within schools costs each of them.

    Formula
        programs and schools are nodes, each person an edge; sets are the components of the graph
        variance inflation of a program = variance of its distance from the set's mean with school effects, over the
        same without, at equal residual variance: c' L+ c / (1/n_p - 1/N), L = diag(n_p) - N_ps diag(1/n_s) N_ps'
    """
    rows = usable_rows(frame, [program, school], f"connected sets of {program} and {school}")
    programs, program_names = pd.factorize(rows.frame[program], sort=True)
    schools = pd.factorize(rows.frame[school], sort=True)[0]
    counts = _counts(programs, schools)
    labels = _sets(counts)
    people = np.bincount(labels[: len(program_names)][programs])
    rank = np.empty(len(people), dtype=int)
    rank[np.argsort(-people, kind="stable")] = np.arange(1, len(people) + 1)
    member = rank[labels]
    table = pd.DataFrame(
        {
            "program": program_names,
            "people": np.bincount(programs),
            "schools": np.diff(counts.indptr),
            "set": member[: len(program_names)],
        }
    )
    largest = (table["set"] == 1).to_numpy()
    table["is_identified"] = largest & (largest.sum() > 1)
    table["variance_inflation"] = np.nan
    if largest.sum() > 1:
        table.loc[largest, "variance_inflation"] = _inflation(counts[largest])
    sets = table.groupby("set").agg(programs=("program", "size"), people=("people", "sum")).reset_index()
    sets["schools"] = [int((member[len(program_names) :] == each).sum()) for each in sets["set"]]
    return Connected(
        table, sets[["set", "programs", "schools", "people"]], len(programs), (*rows.cautions, *_cautions(table))
    )


def unit_estimates(frame: pd.DataFrame, outcome: str, unit: str, cluster: str = "", within: str = "") -> UnitEstimates:
    """How far each unit's mean lies from that of all people: raw, or compared within the levels of another column.

    Formula
        outcome = unit + (within) + error; distance of each unit's coefficient from their mean weighted by people
    Errors
        clustered by `cluster`, G/(G-1); without one, people are independent with the same variance in all units, which
        is the better guess for units of a dozen people, whose own variance is hardly known
    Parameters
        within  such as the school people work in: then only the largest connected set is compared, and the rest is
                left out and said
    """
    asked = [column for column in (outcome, unit, cluster, within) if column]
    usable = usable_rows(frame, asked, f"{outcome} by {unit}")
    rows, cautions = usable.frame, usable.cautions
    if within:
        found = connected_sets(rows, unit, within)
        kept = found.programs.loc[found.programs["is_identified"], "program"]
        if not len(kept):
            raise DataError(f"{outcome} by {unit}: no two share a {within}; they cannot be compared within it")
        rows, cautions = rows[rows[unit].isin(kept)], (*cautions, *found.cautions)
    if cluster:
        alone = rows.groupby(unit)[cluster].transform("nunique") < 2
        if alone.any():
            lone = rows.loc[alone, unit].nunique()
            cautions = (*cautions, f"{lone} {unit} have people in one {cluster} only and no error: left out.")
            rows = rows[~alone]
        cautions = (*cautions, *size_cautions(len(rows), int(rows[cluster].nunique()), cluster))
    if rows[unit].nunique() < 2 or rows[outcome].nunique() < 2:
        raise DataError(f"{outcome} by {unit}: fewer than two units, or an outcome that does not vary, are left")
    return UnitEstimates(
        table=_distances(rows, outcome, unit, cluster, within),
        specification=f"within {within}" if within else "raw",
        clustering=f"by {cluster}" if cluster else "people independent, one variance",
        cautions=cautions,
    )


def _distances(rows: pd.DataFrame, outcome: str, unit: str, cluster: str, within: str) -> pd.DataFrame:
    codes, names = pd.factorize(rows[unit], sort=True)
    y = rows[outcome].to_numpy(dtype=float)
    dummies = (codes[:, None] == np.arange(len(names))).astype(float)
    absorbed = 0
    if within:
        level = pd.factorize(rows[within])[0]
        size = np.bincount(level)[:, None]
        absorbed = len(size) - 1
        y = y - (np.bincount(level, weights=y) / size[:, 0])[level]
        sums = np.stack([np.bincount(level, weights=column) for column in dummies.T], axis=1)
        dummies = dummies - (sums / size)[level]
    people = np.bincount(codes)
    bread = np.linalg.pinv(dummies.T @ dummies, rcond=1e-10, hermitian=True)
    away = np.eye(len(names)) - people / people.sum()
    slopes = bread @ (dummies.T @ y)
    residuals = y - dummies @ slopes
    if cluster:
        scores = cluster_sums(dummies * residuals[:, None], rows[cluster].to_numpy())
        moved = scores @ bread @ away.T
        variances = (moved**2).sum(axis=0) * len(scores) / (len(scores) - 1)
    else:
        spare = len(y) - len(names) - absorbed
        variances = np.einsum("ij,jk,ik->i", away, bread, away) * (residuals @ residuals) / spare
    return pd.DataFrame({"unit": names, "estimate": away @ slopes, "std_error": np.sqrt(variances), "people": people})


def _counts(programs: np.ndarray, schools: np.ndarray) -> sparse.csr_array:
    """People of each program in each school."""
    counts = sparse.coo_array((np.ones(len(programs)), (programs, schools))).tocsr()
    counts.sum_duplicates()
    return counts


def _sets(counts: sparse.csr_array) -> np.ndarray:
    """Number of the component of every program, then of every school."""
    graph = sparse.block_array([[None, counts], [counts.T, None]], format="csr")
    return np.asarray(connected_components(graph, directed=False)[1])


def _inflation(counts: sparse.csr_array) -> np.ndarray:
    """Of each program of one connected set."""
    people = np.asarray(counts.sum(axis=1)).ravel()
    schools = np.asarray(counts.sum(axis=0)).ravel()
    known = schools > 0
    shared = counts[:, known]
    laplacian = np.diag(people) - (shared / schools[known]) @ shared.T
    inverse = np.linalg.pinv(np.asarray(laplacian), rcond=1e-10, hermitian=True)
    away = np.eye(len(people)) - people / people.sum()
    with_schools = np.einsum("ij,jk,ik->i", away, inverse, away)
    return np.asarray(with_schools / (1 / people - 1 / people.sum()))


def _cautions(table: pd.DataFrame) -> Sequence[str]:
    sentences = []
    left = int((~table["is_identified"]).sum())
    if left:
        sentences.append(
            f"{left} of {len(table)} programs share no school with the rest, not even in a chain: within schools they "
            "cannot be compared."
        )
    thin = table[table["variance_inflation"] > HIGH_INFLATION]
    if len(thin):
        sentences.append(
            f"{len(thin)} programs hang on thin chains: their variances are more than {HIGH_INFLATION:g} times those "
            "without schools."
        )
    return sentences
