"""What of a study may leave the agency: models and curves through the release gate, and the account of a release."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from partnerlib.disclosure.models import FittedModel, release_models
from partnerlib.disclosure.policy import PRIMARY
from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.statistics import merge_steps
from partnerlib.errors import ReleaseRefused
from partnerlib.studies.opening import Study

SHOWN = ("specification", "term", "estimate", "std_error", "low", "high", "n", "people", "clusters")
"""Columns of a released model that fit beside one another."""


def publishable(*models: FittedModel) -> str:
    """Coefficients as they may be printed outside, all of the models or none: with each reason why not.

    What a notebook shows of a model is for the researcher: counts to the person, digits that give an outcome back.
    """
    try:
        released = release_models(models)
    except ReleaseRefused as refused:
        return str(refused)
    return released[[*SHOWN]].to_string(index=False)


def publishable_steps(life_table: pd.DataFrame, by: Sequence[str] = ()) -> str:
    """A life table as it may be printed outside: steps wide enough that no single leaving can be told from them."""
    try:
        return merge_steps(life_table, by).round(4).to_string(index=False)
    except ReleaseRefused as refused:
        return str(refused)


ATTACKERS = ("public", "provider", "district", "pair")


def certificate(study: Study) -> str:
    """What the sealed release of the study's year says of itself: attackers, questions, findings, and what it cost.

    A year without a sealed release is said in words: making one takes longer than reading a study.
    """
    folder = study.processed / "releases" / str(study.report_year)
    if not (folder / "manifest.json").is_file():
        return f"No sealed release of {study.report_year} yet: `partnerlib release` makes one."
    manifest = read_release(folder).manifest
    attackers = pd.DataFrame(
        [
            {"attacker": name, "asked": found["asked"], "found": found["exposed"]}
            for name, found in sorted(manifest.audit.items(), key=lambda each: [*ATTACKERS, PRIMARY].index(each[0]))
        ]
    )
    loss = pd.DataFrame(
        [
            {"units": kind, "withheld cells": f"{share['cells']:.1%}", "withheld people": f"{share['people']:.1%}"}
            for kind, share in manifest.loss.items()
        ]
    )
    return "\n".join([f"Policy {manifest.policy}", attackers.to_string(index=False), "", loss.to_string(index=False)])
