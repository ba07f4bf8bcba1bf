"""Checks of the estimators behind the question of many."""

from __future__ import annotations

from validation.check import Check

CHECKS: tuple[Check, ...] = ()
