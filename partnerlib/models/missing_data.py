"""Does the answer hang on how missing traits are treated? Three treatments side by side.

Leaving out everybody with a gap changes who is asked about; flagging keeps them and mixes them; imputing many times
keeps them and says how little is known. None of them is right when a trait is missing because of its value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.design import require_columns
from partnerlib.models.imputing import imputed_versions
from partnerlib.models.results import Estimates
from partnerlib.models.rubin import combined

VERSIONS = 20
TOO_MANY = 0.5
"""Share missing above which a column is mostly invented."""

MISSING_CAN_BE_WRONG = (
    "A trait that is missing because of its own value (low grades left blank) is treated right by none of the three.",
)

Fit = Callable[[pd.DataFrame], Estimates]


def missing_ladder(
    frame: pd.DataFrame,
    fit: Fit,
    columns: Sequence[str],
    predictors: Sequence[str],
    *,
    rng: np.random.Generator,
    versions: int = VERSIONS,
) -> tuple[Estimates, ...]:
    """The same model on people without gaps, with gaps flagged, and with gaps imputed.

    Treatments
        complete case  only people for whom every column is known: right if gaps come by chance
        flagged        gaps set to a constant with a flag (as the models here do by themselves): right only if the
                       flagged people are alike
        imputed        chained equations, 20 versions, Rubin's rules: right if gaps depend on what is seen
    Parameters
        fit         the model, from a frame to `Estimates`; it must flag gaps, as `numeric_terms` does
        columns     traits with gaps
        predictors  columns without gaps that the imputation may use; the outcome, exposures and anything that tells why
                    traits are missing
    """
    require_columns(frame, [*columns, *predictors], "missing data")
    gaps = frame[list(columns)].isna()
    if not gaps.any(axis=None):
        raise DataError(f"missing data: no row misses any of {', '.join(columns)}; there is one treatment only")
    holes = [column for column in predictors if frame[column].isna().any()]
    if holes:
        raise DataError(f"missing data: {', '.join(holes)} have gaps themselves; name them among the columns to impute")
    told = tuple(
        f"{int(count):,} of {len(frame):,} rows have no {column}." for column, count in gaps.sum().items() if count
    )
    mostly = [column for column in columns if gaps[column].mean() > TOO_MANY]
    if mostly:
        told += (f"Mostly missing: {', '.join(mostly)}; what is imputed there is a guess.",)
    whole = frame[~gaps.any(axis=1)]
    steps = []
    if len(whole):
        complete = replace(fit(whole), specification="complete case")
        steps.append(complete.caution(f"{len(frame) - len(whole):,} of {len(frame):,} rows are left out."))
    filled = imputed_versions(frame, columns, predictors, versions=versions, rng=rng)
    steps.append(replace(fit(frame), specification="flagged"))
    steps.append(combined([fit(version) for version in filled], "imputed", "imputations"))
    return tuple(
        replace(step, cautions=(*told, *step.cautions), wrong_if=(*step.wrong_if, *MISSING_CAN_BE_WRONG))
        for step in steps
    )
