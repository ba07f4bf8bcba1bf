"""Cells, partnerships and samples as plain text, the same on every run."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.display.text import cohort_label
from partnerlib.samples import Sample
from partnerlib.studies.opening import Study


def printed(cells: pd.DataFrame, columns: Sequence[str] = ("measure",), digits: int = 3) -> str:
    """Cells as a plain table, the same on every run: the columns asked for, then value, interval and people."""
    shown = pd.DataFrame(
        {
            **{column: cells[column].astype("str") for column in columns},
            "cohort": [
                cohort_label(cohort, window)
                for cohort, window in zip(cells["cohort"], cells["window_years"], strict=True)
            ],
            "value": _rounded(cells["value"], digits),
            "low": _rounded(cells["low"], digits),
            "high": _rounded(cells["high"], digits),
            "denominator": _rounded(cells["denominator"], 0),
            "people": _rounded(cells["people"], 0),
            "status": cells["status"],
        }
    )
    return shown.to_string(index=False)


def _rounded(numbers: pd.Series, digits: int) -> list[str]:
    return ["" if pd.isna(value) else f"{value + 0.0:,.{digits}f}" for value in numbers]


PAIR_MEASURES = ("candidates_placed", "completers_hired", "host_yield_1y", "tie_years", "share_of_beginners")


def pairs(study: Study, minimum_placed: int = 10) -> pd.DataFrame:
    """Partnerships of the last three years, the largest first: what passes from the provider to the district."""
    cells = study.cells(*PAIR_MEASURES, kind="partnership", cohort=study.report_year)
    wide = cells.pivot(index=["unit_code", "unit_name"], columns="measure", values="value")
    wide = wide.reindex(columns=list(PAIR_MEASURES)).reset_index().rename_axis(columns=None)
    large = wide.loc[wide["candidates_placed"] >= minimum_placed]
    return large.sort_values(["candidates_placed", "unit_code"], ascending=[False, True], ignore_index=True)


def ledger(sample: Sample) -> str:
    """A sample's account in words: who is in it, and who was left out at each step and why."""
    lines = [f"Sample {sample.sample_id}"]
    for step in sample.ledger.itertuples():
        if step.step == 0:
            lines.append(f"{step.rows:>9,} rows, {step.people:,} people: {step.reason}")
        else:
            lines.append(f"{-step.dropped_rows:>9,} left out: {step.reason}")
    last = sample.ledger.iloc[-1]
    lines.append(f"{last['rows']:>9,} rows, {last['people']:,} people remain")
    return "\n".join(lines)
