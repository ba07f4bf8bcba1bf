"""Checks of the estimators behind the question of outcomes."""

from __future__ import annotations

from validation.check import Check

CHECKS: tuple[Check, ...] = ()
