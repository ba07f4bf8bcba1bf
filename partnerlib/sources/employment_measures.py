"""What the cells of an employment table are: not observed yet, withheld, missing or a number, and in which meaning.

'Percent remaining employed for 2 years' has two meanings under one label. In one, the retention cohort is the
denominator; in the other it counts those who remained, and the rate is cohort / ever employed. The wording on a page
proves nothing (old pages were saved with new wording); the arithmetic of its rows does.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.sources.published import Cells

ROUNDING = 0.05 + 1e-9
"""Half a unit of the last printed place, in percent."""
MOSTLY = 0.8
"""Share of a page's rows that must fit a meaning; by chance a few fit the other one, too."""


def retention_basis(pages: pd.Series, completers: Cells, employed: Cells, employed_pct: Cells, cohort: Cells,
                    rate: Cells) -> pd.Series:  # fmt: skip
    """`numerator`, `denominator` or `unknown` for every row, decided for its whole page.

    Formula
        numerator    100 x cohort / ever employed equals the printed rate to 0.05
        denominator  it does not, and the rate is 100 x a whole number / cohort to 0.05
        where the count of employed is not printed, it is taken as percent employed x completers
    """
    estimated = (employed_pct.values * completers.values / 100).round()
    base = employed.values.where(employed.values.notna(), estimated)
    tested = rate.values.notna() & cohort.values.gt(0) & base.gt(0)
    as_numerator = (100 * cohort.values / base - rate.values).abs().le(ROUNDING)
    kept = (rate.values * cohort.values / 100).round()
    as_denominator = (100 * kept / cohort.values - rate.values).abs().le(ROUNDING)
    share = pd.DataFrame({
        "numerator": as_numerator.where(tested).astype("float64").groupby(pages).transform("mean"),
        "denominator": (as_denominator & ~as_numerator).where(tested).astype("float64").groupby(pages)
        .transform("mean"),
    })  # fmt: skip
    decided = np.select([share["numerator"] >= MOSTLY, share["denominator"] >= MOSTLY], ["numerator", "denominator"],
                        "unknown")  # fmt: skip
    return pd.Series(decided, index=pages.index)


def rate_breaks_basis(basis: pd.Series, employed: Cells, cohort: Cells, rate: Cells) -> pd.Series:
    """Rows of a page whose cohort is the numerator, but whose own rate does not follow from cohort / ever employed."""
    follows = (100 * cohort.values / employed.values - rate.values).abs().le(ROUNDING)
    return basis.eq("numerator") & employed.values.gt(0) & cohort.values.notna() & rate.values.notna() & ~follows


def retention_status(report_year: pd.Series, spring: pd.Series, completers: Cells, cohort: Cells, rate: Cells,
                     basis: pd.Series) -> pd.Series:  # fmt: skip
    """What each retention rate is. A dash is not only a small group, so none is inferred from it (EPP-6, EPP-7).

    A cohort of 0 beside a dash or star, and a dash beside a dash for the newest cohort of a report, were too young to
    have two years; in reports whose cohort is the numerator the newest cohort has a rate, so that dash beside fewer
    than six completers is read as withheld. Every other dash is withheld.
    """
    hidden = rate.status.eq("suppressed")
    newest = spring.eq(report_year - 1).fillna(False).astype(bool)
    withheld_small = basis.eq("numerator") & completers.values.lt(6)
    young = hidden & (cohort.values.eq(0) | (cohort.status.eq("suppressed") & newest & ~withheld_small))
    return rate.status.mask(young, "not_yet_observed")
