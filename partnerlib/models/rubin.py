"""One estimate out of many: the same model on several plausible versions of the data, and what the versions add.

Each version gives an estimate and an error; that versions differ is a further error, which any single one hides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import stats

from partnerlib.errors import DataError
from partnerlib.models.results import Estimates

MOSTLY_VERSIONS = 0.5
"""Share of a variance that comes from the versions above which the estimate rests on how they were made."""


def combined(fits: Sequence[Estimates], specification: str, versions: str) -> Estimates:
    """The mean estimate over versions of the data, with both sources of error.

    Formula
        T = mean of squared errors + (1 + 1/m) B, B the variance of the estimates over m versions (Rubin 1987);
        share from versions = (1 + 1/m) B / T; t with the degrees of freedom of Barnard & Rubin (1999), the complete
        data's being clusters - 1
    Kept
        `statistics` holds for every term the share of its variance that comes from the versions
    Parameters
        versions  what they are, such as 'imputations'
    """
    if len(fits) < 2:
        raise DataError(f"{len(fits)} {versions}: expected two or more, as their spread is what is asked")
    names = list(fits[0].terms["term"])
    odd = sorted({name for fit in fits for name in set(fit.terms["term"]) ^ set(names)})
    shared = [name for name in names if name not in odd]
    if not shared:
        raise DataError(f"the {versions} share no term: {', '.join(odd)}")
    values, errors = (
        np.array([fit.terms.set_index("term").loc[shared, column].to_numpy(dtype=float) for fit in fits])
        for column in ("estimate", "std_error")
    )
    within, between = (errors**2).mean(axis=0), values.var(axis=0, ddof=1)
    added = (1 + 1 / len(fits)) * between
    total = within + added
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(total > 0, added / total, 0.0)
    freedom = barnard_rubin(share, len(fits), min(fit.clusters for fit in fits) - 1)
    table = _table(shared, values.mean(axis=0), np.sqrt(total), freedom)
    first = fits[0]
    mostly = [name for name, part in zip(shared, share, strict=True) if part > MOSTLY_VERSIONS]
    cautions = list(dict.fromkeys(sentence for fit in fits for sentence in fit.cautions if sentence in first.cautions))
    if odd:
        cautions.append(f"Terms that only some {versions} have are left out: {', '.join(odd)}.")
    if mostly:
        cautions.append(f"More than half of the variance of {', '.join(mostly)} comes from the {versions}.")
    return Estimates(
        terms=table,
        estimand=first.estimand,
        outcome=first.outcome,
        specification=specification,
        clustering=f"{first.clustering}, {len(fits)} {versions}",
        n=round(np.mean([fit.n for fit in fits])),
        people=round(np.mean([fit.people for fit in fits])),
        clusters=min(fit.clusters for fit in fits),
        sample_id=first.sample_id,
        wrong_if=first.wrong_if,
        cautions=tuple(cautions),
        statistics={
            versions: float(len(fits)),
            **{f"share from {versions}: {name}": float(part) for name, part in zip(shared, share, strict=True)},
        },
    )


def barnard_rubin(share: np.ndarray, versions: int, complete: float) -> np.ndarray:
    """Degrees of freedom: few versions or few clusters both widen the interval."""
    with np.errstate(divide="ignore"):
        old = (versions - 1) / share**2
    observed = (complete + 1) / (complete + 3) * complete * (1 - share)
    return np.where(np.isinf(old), observed, 1 / (1 / np.where(np.isinf(old), 1.0, old) + 1 / observed))


def _table(names: Sequence[str], values: np.ndarray, errors: np.ndarray, freedom: np.ndarray) -> pd.DataFrame:
    reach = stats.t(freedom).ppf(0.975) * errors
    with np.errstate(divide="ignore", invalid="ignore"):
        p_values = 2 * stats.t(freedom).sf(np.abs(values / errors))
    return pd.DataFrame(
        {"term": list(names), "estimate": values, "std_error": errors, "low": values - reach, "high": values + reach,
         "p_value": p_values}
    )  # fmt: skip
