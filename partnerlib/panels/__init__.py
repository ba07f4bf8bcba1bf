"""Panels: placements with first jobs, careers (person by October) and classrooms (teacher by student)."""

from partnerlib.panels.careers import LEVELS, OUTCOMES, outcome_shares
from partnerlib.panels.high_needs import TOP_QUARTILE, HighNeedsRule
from partnerlib.panels.load import Panels, load_panels
from partnerlib.panels.positions import BROAD_TEACHER_JOBS, TEACHER_JOBS

__all__ = [
    "BROAD_TEACHER_JOBS",
    "LEVELS",
    "OUTCOMES",
    "TEACHER_JOBS",
    "TOP_QUARTILE",
    "HighNeedsRule",
    "Panels",
    "load_panels",
    "outcome_shares",
]
