"""Three kinds of data that no function confuses: people's rows, internal aggregates, and what has been sealed.

    Restricted      rows about people: panels, samples. Never written, drawn or printed outside
    Aggregates      numbers about groups, before protection: exact, and small ones among them. Internal
    SealedRelease   published cells: protected, audited, sealed. The only thing a report is written or drawn from

The kind of a value is its type, so that what may leave is decided by what a function takes, not by who remembers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import InitVar, dataclass

import pandas as pd

from partnerlib.disclosure.manifest import Manifest
from partnerlib.errors import ReleaseRefused
from partnerlib.restricted import Restricted

__all__ = ["Aggregates", "Manifest", "Restricted", "SealedRelease", "kind_of", "sealed_only"]

_SEALER = object()
"""Held by this room alone: what is made without it is no release."""


@dataclass(frozen=True, repr=False, eq=False)
class Aggregates:
    """Estimates of one report year as they were computed: exact, unprotected, internal."""

    frame: pd.DataFrame
    """The columns of an estimates table."""

    def __repr__(self) -> str:
        return "<Aggregates: unprotected numbers, not shown; protect, audit and seal them to publish>"


@dataclass(frozen=True, repr=False, eq=False)
class SealedRelease:
    """The published cells of a release. Made by `seal` and `read_release`, and by nothing else.

    Frames are handed out as copies that pandas makes only when they are written to: whoever changes a frame changes
    their own, never the release.
    """

    _cells: pd.DataFrame
    _definitions: pd.DataFrame
    manifest: Manifest
    """What the seal covers: hashes, policy, ledger entry, loss and audit."""
    is_whole: bool = True
    """Whether every cell is here, rather than those of the units a page asked for."""
    sealer: InitVar[object] = None

    def __post_init__(self, sealer: object) -> None:
        if sealer is not _SEALER:
            raise ReleaseRefused(
                "SealedRelease: not made by hand; `seal` makes one of cells that were protected and audited, and "
                "`read_release` reads one back"
            )

    @property
    def cells(self) -> pd.DataFrame:
        """Every published cell and every withheld one that is listed, in the columns of PUBLIC_COLUMNS."""
        return self._cells.copy(deep=False)

    @property
    def definitions(self) -> pd.DataFrame:
        """Which sets of people each measure counts, and what they sum to."""
        return self._definitions.copy(deep=False)

    def __repr__(self) -> str:
        whole = "" if self.is_whole else ", in part"
        return (
            f"<SealedRelease {self.manifest.release_id[:12]}: report year {self.manifest.report_year}, "
            f"policy {self.manifest.policy}{whole}>"
        )


def sealed_only(given: object, what: str) -> SealedRelease:
    """The release given, or a refusal that says what was given instead and what to do.

    Errors
        ReleaseRefused, which never quotes what was given
    """
    if isinstance(given, SealedRelease):
        return given
    raise ReleaseRefused(
        f"{what}: given {kind_of(given)}; only a sealed release is published or drawn: `partnerlib release` makes one, "
        "and `read_release` reads it"
    )


def kind_of(given: object) -> str:
    """What a value is, in words that tell nothing of its content."""
    if isinstance(given, Restricted):
        return f"rows about people ({type(given).__name__})"
    if isinstance(given, Aggregates):
        return "internal aggregates, neither protected nor audited (Aggregates)"
    if isinstance(given, pd.DataFrame | pd.Series):
        return f"a raw table ({type(given).__name__})"
    if type(given).__module__.partition(".")[0] in {"matplotlib", "seaborn"} or type(given).__name__ == "Figure":
        return f"a figure ({type(given).__name__})"
    if isinstance(given, Mapping):
        return f"a {type(given).__name__}"
    return f"a value of type {type(given).__name__}"


def _sealed(cells: pd.DataFrame, definitions: pd.DataFrame, manifest: Manifest, is_whole: bool = True) -> SealedRelease:
    """For `sealed.py` alone, once everything has been checked."""
    return SealedRelease(cells, definitions, manifest, is_whole, _SEALER)
