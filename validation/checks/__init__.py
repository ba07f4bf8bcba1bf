"""Every check of every question."""

from __future__ import annotations

from validation.check import Check

CHECKS: tuple[Check, ...] = ()
"""All checks, in the order of the argument: hiring, retention, outcomes, partnerships, grants, many."""
