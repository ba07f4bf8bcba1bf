"""Choice sets of hundreds of places cut down to some tens, without bending the coefficients.

McFadden (1978): when each alternative j enters the set of a chooser with a known probability and the chosen one is
always in, the logit on the sampled set is consistent once the log of how likely the set is, given j chosen, is added to
the utility of j. With independent draws of probability q_ij that term is -log(q_ij) up to what all alternatives share.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.errors import ParameterError

OFFSET = "sampling_correction"


def sampled_alternatives(
    rows: pd.DataFrame, rng: np.random.Generator, size: float, chosen: str, chooser: str, importance: str | None = None
) -> pd.DataFrame:
    """About `size` alternatives of every chooser beside the chosen one, and the correction to give the fit.

    Parameters
        size         expected number of sampled alternatives a chooser
        importance   column of positive weights: near or large places are drawn more often, which tells more for as many
                     rows; all alike when None
    Returns
        the rows kept, with the column `sampling_correction` for the fit's `offset`
    """
    if size < 1:
        raise ParameterError(f"sampled alternatives: size {size} is below one alternative a chooser")
    weight = rows[importance].to_numpy(dtype=float) if importance else np.ones(len(rows))
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ParameterError(f"sampled alternatives: {importance} has weights that are not positive numbers")
    total = pd.Series(weight).groupby(rows[chooser].to_numpy()).transform("sum").to_numpy()
    inclusion = np.minimum(size * weight / total, 1.0)
    kept = (rng.random(len(rows)) < inclusion) | rows[chosen].to_numpy(dtype=bool)
    return rows.assign(**{OFFSET: -np.log(inclusion)}).loc[kept]
