"""Every check of every question, in the order of the argument."""

from __future__ import annotations

from validation.check import Check
from validation.checks import grants, hiring, many, outcomes, partnerships, retention

CHECKS: tuple[Check, ...] = (
    *hiring.CHECKS,
    *retention.CHECKS,
    *outcomes.CHECKS,
    *partnerships.CHECKS,
    *grants.CHECKS,
    *many.CHECKS,
)
