"""What every model returns: coefficients that never travel without n, people, clusters, interval and sample.

A model here is a frame in and an `Estimates` out. Notebooks print `ladder(...)` of several; the annual table takes
`to_frame()`. Nothing in this module fits anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.models.support import Support

TERM_COLUMNS = ("term", "estimate", "std_error", "low", "high", "p_value")
FEW_CLUSTERS = 30
"""Below this many clusters the sandwich is too small on average (Cameron & Miller 2015, section VI)."""
FEW_PEOPLE = 100
"""Below this many people an interval resting on large-sample theory is a guess."""


@dataclass(frozen=True)
class Estimates:
    """Coefficients of one model, with everything a reader needs to judge them."""

    terms: pd.DataFrame
    """One row per coefficient: term, estimate, std_error, low, high (95%), p_value."""
    estimand: str
    """What the coefficients are, in words a reader outside the field understands."""
    outcome: str
    """Column on the left-hand side."""
    specification: str
    """Short name of the column in a ladder, such as '+ candidate covariates'."""
    clustering: str
    """What the standard errors allow for, such as 'CR1 by placement_school_code'."""
    n: int
    """Rows the model was fitted on (candidates, person-years, student scores)."""
    people: int
    """Distinct people behind the rows."""
    clusters: int
    """Distinct clusters; equal to n when rows are taken as independent."""
    sample_id: str
    """Identifier of the named sample the rows came from."""
    wrong_if: tuple[str, ...]
    """What would make the estimate wrong as an answer to the question, one sentence each."""
    cautions: tuple[str, ...] = ()
    """What the model noticed about this fit: too few clusters, separation, no convergence."""
    statistics: Mapping[str, float] = field(default_factory=dict)
    """Numbers about the whole fit: log likelihood, R2, rows dropped."""
    support: Support | None = None
    """How many people stand behind each term and how far one can pull it: what the release gate asks. None: not
    counted, so the model is for the internal reader only."""

    def __post_init__(self) -> None:
        missing = [column for column in TERM_COLUMNS if column not in self.terms.columns]
        if missing:
            raise ValueError(f"terms: columns {missing} are missing; expected {list(TERM_COLUMNS)}")
        if not self.sample_id:
            raise ValueError(f"{self.outcome}: an estimate needs the identifier of its sample")
        bounded = self.terms.dropna(subset=["estimate", "low", "high"])
        if not ((bounded["low"] <= bounded["estimate"]) & (bounded["estimate"] <= bounded["high"])).all():
            raise ValueError(f"{self.outcome}: an estimate lies outside its own interval")

    def __getitem__(self, term: str) -> pd.Series:
        """The row of one term."""
        rows = self.terms[self.terms["term"] == term]
        if rows.empty:
            raise KeyError(f"no term '{term}'; terms: {list(self.terms['term'])}")
        return rows.iloc[0]

    def to_frame(self) -> pd.DataFrame:
        """The terms with the description of the fit repeated on every row, for tables that hold many models."""
        return self.terms.loc[:, list(TERM_COLUMNS)].assign(
            estimand=self.estimand,
            outcome=self.outcome,
            specification=self.specification,
            clustering=self.clustering,
            n=self.n,
            people=self.people,
            clusters=self.clusters,
            sample_id=self.sample_id,
            cautions=" ".join(self.cautions),
        )

    def keep(self, *terms: str) -> Estimates:
        """The same estimates with only these terms shown, in this order."""
        indexed = self.terms.set_index("term")
        shown = [term for term in terms if term in indexed.index]
        return replace(self, terms=indexed.loc[shown].reset_index().loc[:, list(TERM_COLUMNS)])

    def caution(self, *sentences: str) -> Estimates:
        """The same estimates with further sentences of caution."""
        return replace(self, cautions=(*self.cautions, *sentences))


def coefficient_table(
    names: Sequence[str], values: np.ndarray, std_errors: np.ndarray, degrees_of_freedom: float = np.inf
) -> pd.DataFrame:
    """Coefficients with 95% intervals and two-sided p-values; normal quantiles for infinite degrees of freedom.

    A standard error that could not be computed (NaN) gives a NaN interval, never a missing row.
    """
    values, std_errors = np.asarray(values, dtype=float), np.asarray(std_errors, dtype=float)
    reference = stats.norm if np.isinf(degrees_of_freedom) else stats.t(degrees_of_freedom)
    reach = reference.ppf(0.975) * std_errors
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * reference.sf(np.abs(values / std_errors))
    return pd.DataFrame(
        {
            "term": list(names),
            "estimate": values,
            "std_error": std_errors,
            "low": values - reach,
            "high": values + reach,
            "p_value": p_values,
        }
    )


def size_cautions(people: int, clusters: int, clustering: str) -> tuple[str, ...]:
    """Sentences for a sample too small for its own standard errors."""
    sentences = []
    if clusters < FEW_CLUSTERS:
        sentences.append(
            f"Only {clusters} clusters ({clustering}): below {FEW_CLUSTERS} the intervals are too narrow on average."
        )
    if people < FEW_PEOPLE:
        sentences.append(f"Only {people} people: the intervals rest on large-sample theory.")
    return tuple(sentences)


def ladder(*results: Estimates, digits: int = 3) -> pd.DataFrame:
    """Several specifications of one question side by side: a column each, estimate over its 95% interval.

    The last rows give n, people, clusters, the clustering and the sample of each column, so that no column can be read
    without them. Text, rounded, and the same on every run.
    """
    if not results:
        return pd.DataFrame(columns=["term"])
    terms = list(dict.fromkeys(term for result in results for term in result.terms["term"]))
    columns: dict[str, list[str]] = {}
    for result in results:
        shown = {
            row.term: f"{row.estimate:.{digits}f} [{row.low:.{digits}f}, {row.high:.{digits}f}]"
            if np.isfinite(row.estimate)
            else "no finite estimate"
            for row in result.terms.itertuples()
        }
        columns[_free_name(result.specification, columns)] = [
            *(shown.get(term, "") for term in terms),
            f"{result.n:,}",
            f"{result.people:,}",
            f"{result.clusters:,}",
            result.clustering,
            result.sample_id,
        ]
    footer = ["n", "people", "clusters", "standard errors", "sample"]
    return pd.DataFrame({"term": [*terms, *footer], **columns})


def _free_name(name: str, taken: Mapping[str, object]) -> str:
    """`name`, or `name (2)` when two columns would carry the same name."""
    if name not in taken:
        return name
    return next(candidate for i in range(2, 99) if (candidate := f"{name} ({i})") not in taken)
