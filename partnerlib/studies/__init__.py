"""What a study notebook starts from: the panels, the estimates and the value added of one report year, up to date.

Studies work on panels with the library's own functions, so that every step of a report can be questioned. Here is the
little that all of them share: opening the data, picking cells of the estimates, and printing them always the same way.

opening      the data of a report year         printing     cells, pairs and samples as text
charts       cells as what figures draw        series       the published retention series
publishing   what of a study may leave the agency
"""

from partnerlib.studies.charts import charted, curve, looks, outcome_shares
from partnerlib.studies.opening import Study, open_study
from partnerlib.studies.printing import ledger, pairs, printed
from partnerlib.studies.publishing import certificate, publishable, publishable_steps
from partnerlib.studies.series import retention_series, statewide_retention

__all__ = [
    "Study", "certificate", "charted", "curve", "ledger", "looks", "open_study", "outcome_shares", "pairs", "printed",
    "publishable", "publishable_steps", "retention_series", "statewide_retention",
]  # fmt: skip
