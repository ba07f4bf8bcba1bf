"""A release in words: what it withholds, what attackers find; for the internal reader, why a cell is withheld."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from partnerlib.disclosure.cells import HAS_NUMBER, KEY
from partnerlib.disclosure.policy import PRIMARY
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import DataError, ParameterError, did_you_mean
from partnerlib.releases import reasons_of

FORM = (
    "expected as MEASURE KIND:CODE COHORT [WINDOW] [GROUP=VALUE], such as retained_school_1y provider:89000001 2017 3"
)


def of_release(folder: Path) -> str:
    """A release in a few lines: what is withheld, by kind of unit, what each attacker found, and where it lies."""
    sealed = read_release(folder)
    manifest, cells = sealed.manifest, sealed.cells
    printed = int(cells["status"].isin(HAS_NUMBER).sum())
    lines = [
        f"release {manifest.report_year} under {manifest.policy}, for {manifest.audience}: "
        f"{printed:,} numbers printed, {int(cells['withheld'].sum()):,} cells listed as withheld"
    ]
    lines += [
        f"  withheld of {kind}: {shares['cells']:.1%} of cells, {shares['people']:.1%} of the people in them"
        for kind, shares in manifest.loss.items()
    ]
    told = of_attack(manifest.audit)
    return "\n".join([*lines, told, in_a_line(manifest.loss, manifest.audit), f"sealed in {folder}"])


def of_attack(summary: Mapping[str, Mapping[str, int]]) -> str:
    """What each kind of attacker found, a line each; beside it what withholding small numbers alone would leave."""
    lines = []
    for attacker, found in summary.items():
        counts = f"{found['exposed']:,} of {found['asked']:,} quantities"
        if attacker == PRIMARY:
            lines.append(f"  under primary suppression alone: {counts} would be exposed, {_exactly(found)}")
        elif "exact" in found:
            lines.append(f"  attacked by {attacker}: {counts} not shown to keep three values, {_exactly(found)}")
        else:
            lines.append(f"  attacked by {attacker}: {counts} exposed")
    return "\n".join(lines)


def _exactly(found: Mapping[str, int]) -> str:
    return f"{found['exact']:,} of them told exactly by one number and its size"


def in_a_line(loss: Mapping[str, Mapping[str, float]], summary: Mapping[str, Mapping[str, int]]) -> str:
    """What a release costs and what it is for: shares withheld, quantities exposed, and the same without the gate."""
    told = []
    if all_units := loss.get("all"):
        told.append(f"withheld cells {all_units['cells']:.1%}, people {all_units['people']:.1%}")
    attacks = [found for attacker, found in summary.items() if attacker != PRIMARY]
    if attacks:
        # Every attacker is asked about the same quantities.
        told.append(f"exposed {sum(found['exposed'] for found in attacks):,} of {attacks[0]['asked']:,}")
    if alone := summary.get(PRIMARY):
        told.append(f"under primary suppression alone: {alone['exposed']:,} of {alone['asked']:,} would be exposed")
    return "; ".join(told)


def of_cell(folder: Path, spec: str) -> str:
    """Why one cell of a release is withheld, or that it is published.

    Errors
        ParameterError with the nearest right measure, unit or year for whatever is not known
    """
    path = reasons_of(folder)
    if not path.is_file():
        raise DataError(f"{path}: missing; run `partnerlib release --force` to have it made again")
    reasons = pd.read_parquet(path)
    wanted = cell_named(spec, reasons)
    found = reasons[(reasons[list(wanted)] == pd.Series(wanted)).all(axis="columns")]
    if found.empty:
        return f"{spec}: not among the cells a release publishes (other cohorts, windows or groups of it are)"
    why = str(found["why"].iloc[0])
    if not bool(found["is_listed"].iloc[0]):
        return f"{spec}: not listed: no cell of this unit can be published; this one {why or 'alone could be'}"
    if why:
        return f"{spec}: withheld: {why}"
    cells = read_release(folder).cells
    cell = cells[(cells[list(wanted)] == pd.Series(wanted)).all(axis="columns")].iloc[0]
    return f"{spec}: published ({cell['rounding'] or cell['status']})"


def cell_named(spec: str, cells: pd.DataFrame) -> dict[str, object]:
    """The key of the cell a text names, each part known to the cells."""
    words = spec.split()
    if len(words) < 3:
        raise ParameterError(f"--explain {spec!r}: {FORM}")
    measure, unit, cohort, *rest = words
    kind, code = unit_named(unit)
    _known(measure, cells["measure"], spec)
    _known(kind, cells["unit_kind"], spec)
    _known(code, cells.loc[cells["unit_kind"] == kind, "unit_code"], spec)
    _known(cohort, cells["cohort"].astype(str), spec)
    window = rest.pop(0) if rest and rest[0].isdigit() else "1"
    _known(window, cells["window_years"].astype(str), spec)
    group, _, value = " ".join(rest).partition("=")
    if group:
        _known(group, cells["group"], spec)
    values = (measure, kind, code, int(cohort), int(window), group, value)
    return dict(zip((name for name in KEY if name != "report_year"), values, strict=True))


def unit_named(text: str) -> tuple[str, str]:
    """Kind and code of a unit written as `provider:89000001`."""
    kind, colon, code = text.partition(":")
    if not (kind and colon and code):
        raise ParameterError(f"{text}: expected a unit as KIND:CODE, such as provider:89000001")
    return kind, code


def _known(word: str, known: pd.Series, spec: str) -> None:
    choices: Sequence[str] = [str(value) for value in known.unique() if value != ""]
    if word not in choices:
        hint = did_you_mean(word, choices)
        raise ParameterError(f"--explain {spec!r}: {word}: {hint if len(hint) < 200 else f'such as {choices[0]}'}")
