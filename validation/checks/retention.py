"""Checks of the estimators behind the question of retention."""

from __future__ import annotations

from validation.check import Check

CHECKS: tuple[Check, ...] = ()
