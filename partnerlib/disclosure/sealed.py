"""Sealing and reading releases: what was protected and audited becomes public, whole and unchangeable, or not at all.

A release is a folder: `cells.parquet`, `definitions.parquet`, `certificate.parquet` (for the internal reader) and
`manifest.json`, which holds the hash of each of them, of the policy, and of the release's entry in the ledger. The
hashes guard against accident and haste: a file edited, lost, exchanged or half-written. Whoever rewrites the manifest
and every entry of the ledger as well is not stopped by them.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from partnerlib import __version__
from partnerlib.disclosure.cells import DEFINITION_COLUMNS, KEY, PUBLIC_COLUMNS, checked
from partnerlib.disclosure.ledger import Ledger, Released, release_id
from partnerlib.disclosure.manifest import Manifest, content_sha256, read_manifest
from partnerlib.disclosure.policy import Policy
from partnerlib.disclosure.zones import SealedRelease, _sealed, sealed_only
from partnerlib.errors import DataError, ReleaseRefused

CELLS, DEFINITIONS, CERTIFICATE = "cells.parquet", "definitions.parquet", "certificate.parquet"
MANIFEST = "manifest.json"

DECIMALS = 10
"""Published numbers keep ten decimals: the rest is noise of the computation, and differs between file formats."""

SHOWN_FINDINGS = 20
"""Exposed cells that a refusal names one by one."""

Wanted = list[list[tuple[str, str, object]]]


class Protected(Protocol):
    """What protection gives."""

    @property
    def cells(self) -> pd.DataFrame: ...
    @property
    def definitions(self) -> pd.DataFrame: ...
    @property
    def loss(self) -> Mapping[str, Any]: ...


class Audited(Protocol):
    """What an audit of those cells gives."""

    @property
    def exposed(self) -> Sequence[object]:
        """Every quantity that an attacker can find; each prints itself by cell and attacker, without the number."""

    @property
    def summary(self) -> Mapping[str, Mapping[str, int]]:
        """For each kind of attacker how many quantities were asked for and how many are exposed."""

    @property
    def certificate(self) -> bytes:
        """For each withheld quantity its range and two tables that both reproduce everything printed."""


def seal(
    protected: Protected,
    audit: Audited,
    policy: Policy,
    *,
    report_year: int,
    ledger: Ledger,
    inputs: Mapping[str, str],
    is_synthetic: bool,
    audience: str = "public",
) -> SealedRelease:
    """A release of protected cells that passed the audit, entered in the ledger.

    Errors
        ReleaseRefused when the audit found a cell exposed (and the policy does not publish that), when the cells break
        a promise of their columns, or when they are of another year. Nothing is entered in the ledger then
    """
    refuse_exposed(audit, policy)
    cells, definitions = normal(protected.cells), _normal_definitions(protected.definitions)
    if years := set(cells["report_year"]) - {report_year}:
        raise ReleaseRefused(f"release {report_year}: cells of report year {', '.join(map(str, sorted(years)))}")
    cells_sha256, definitions_sha256 = content_sha256(cells), content_sha256(definitions)
    name = f"{policy.name} {policy.version}"
    entry = ledger.append(
        Released(
            release_id=release_id(report_year, audience, policy.sha256, cells_sha256, definitions_sha256),
            report_year=report_year, audience=audience, is_synthetic=is_synthetic, policy=name,
            policy_sha256=policy.sha256, cells_sha256=cells_sha256, definitions_sha256=definitions_sha256,
            inputs=dict(sorted(inputs.items())),
        ),
        cells, definitions,
    )  # fmt: skip
    manifest = Manifest(
        release_id=entry.release_id,
        report_year=report_year,
        audience=audience,
        is_synthetic=is_synthetic,
        policy=name,
        policy_sha256=policy.sha256,
        cells_sha256=cells_sha256,
        definitions_sha256=definitions_sha256,
        certificate_sha256=hashlib.sha256(audit.certificate).hexdigest(),
        ledger_head=entry.sha256,
        ledger=(ledger.entries[0] if ledger.entries else entry).sha256,
        inputs=dict(sorted(inputs.items())),
        loss=dict(protected.loss),
        audit={attacker: dict(found) for attacker, found in audit.summary.items()},
        partnerlib=__version__,
    )
    return _sealed(cells, definitions, manifest)


def refuse_exposed(audit: Audited, policy: Policy) -> None:
    """Refuse what an attacker could find, cell by cell, unless the policy publishes it and says so."""
    if policy.on_exposure == "refuse" and len(audit.exposed):
        raise refusal(audit.exposed, "release")


def refusal(exposed: Sequence[object], what: str) -> ReleaseRefused:
    """The error that names what can be found, cell by cell."""
    named = [f"  {finding}" for finding in exposed[:SHOWN_FINDINGS]]
    more = [f"  and {len(exposed) - len(named)} more"] * (len(exposed) > len(named))
    return ReleaseRefused(
        "\n".join(
            [
                f"{what} refused: {len(exposed)} quantities can be found from what is or would be published:",
                *named,
                *more,
                "nothing was published; raise the policy's thresholds, or publish fewer tables",
            ]
        )
    )


def normal(cells: pd.DataFrame) -> pd.DataFrame:
    """Public cells in the one form they are sealed in: columns, types, order of rows, ten decimals, plain text.

    Control characters in a name become blanks: no file format of a release changes them on its way.
    """
    try:
        foreign = [name for name in cells if name not in PUBLIC_COLUMNS]  # kept, so that `checked` refuses them
        typed = cells[[*PUBLIC_COLUMNS, *foreign]].astype(PUBLIC_COLUMNS)
        numbers = [name for name, kind in PUBLIC_COLUMNS.items() if kind == "Float64"]
        typed[numbers] = typed[numbers].round(DECIMALS) + 0.0
        by_unit = ["unit_kind", "unit_code", *(name for name in KEY if not name.startswith("unit_"))]
        return checked(_plain_text(typed).sort_values(by_unit, kind="stable").reset_index(drop=True))
    except (KeyError, ValueError, TypeError) as problem:
        raise ReleaseRefused(
            f"cells: not of the public columns ({type(problem).__name__}); nothing is sealed"
        ) from None
    except DataError as problem:
        raise ReleaseRefused(f"{problem}; nothing is sealed") from None


def _normal_definitions(definitions: pd.DataFrame) -> pd.DataFrame:
    if missing := [name for name in DEFINITION_COLUMNS if name not in definitions]:
        raise ReleaseRefused(f"definitions: no column {', '.join(missing)}; nothing is sealed")
    kinds = {name: "bool" if name == "is_partition" else "str" for name in DEFINITION_COLUMNS}
    plain = _plain_text(definitions[list(DEFINITION_COLUMNS)].astype(kinds))
    return plain.sort_values(list(DEFINITION_COLUMNS), kind="stable").reset_index(drop=True)


def _plain_text(frame: pd.DataFrame) -> pd.DataFrame:
    text = frame.select_dtypes("str").columns
    return frame.assign(
        **{name: frame[name].str.replace(r"[\x00-\x1f\x7f\ufffe\uffff]", " ", regex=True) for name in text}
    )


def write_release(release: SealedRelease, folder: Path, certificate: bytes = b"") -> Path:
    """A release as a folder, whole or not at all: written beside its place, then moved there."""
    sealed = sealed_only(release, f"{folder.name}")
    if not sealed.is_whole:
        raise ReleaseRefused(f"{folder.name}: only a part of a release is at hand; read it whole to write it")
    if hashlib.sha256(certificate).hexdigest() != sealed.manifest.certificate_sha256:
        raise ReleaseRefused(f"{folder.name}: the certificate is not the one of this release's audit")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        sealed.cells.to_parquet(staged / CELLS, index=False, row_group_size=5_000)
        sealed.definitions.to_parquet(staged / DEFINITIONS, index=False)
        (staged / CERTIFICATE).write_bytes(certificate)
        files = {name: _sha256(staged / name) for name in (CELLS, DEFINITIONS, CERTIFICATE)}
        (staged / MANIFEST).write_text(replace(sealed.manifest, files=files).as_json(), encoding="utf-8")
        move_into_place(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return folder


def move_into_place(staged: Path, folder: Path) -> None:
    """A finished folder takes the place of what stood there; if it cannot, what stood there stays."""
    for file in staged.rglob("*"):
        if file.is_file():
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
    staged.chmod(0o755)
    former = folder.with_name(f".{folder.name}-former-{os.getpid()}")
    if folder.exists():
        folder.rename(former)
    try:
        staged.rename(folder)
    except OSError:
        if former.exists():
            former.rename(folder)
        raise
    shutil.rmtree(former, ignore_errors=True)


def read_release(folder: Path, wanted: Wanted | None = None) -> SealedRelease:
    """A sealed release, or of it only the cells that meet one of the `wanted` lists of conditions (as pyarrow's).

    Every file is hashed before anything is taken from it.

    Errors
        ReleaseRefused when a file is missing, was changed after sealing, or was never part of a whole release
    """
    manifest, contents = _verified(Path(folder))
    cells = pd.read_parquet(io.BytesIO(contents[CELLS]), filters=wanted)
    definitions = pd.read_parquet(io.BytesIO(contents[DEFINITIONS]))
    if wanted is None and content_sha256(cells) != manifest.cells_sha256:
        raise ReleaseRefused(f"{folder}: its cells are not those that were sealed; `partnerlib release --force`")
    return _sealed(cells, definitions, manifest, is_whole=wanted is None)


def read_certificate(folder: Path) -> bytes:
    """The audit's certificate of a release, for the internal reader."""
    return _verified(Path(folder))[1][CERTIFICATE]


def _verified(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    """The manifest and the files of a release as bytes, each with the hash it was sealed with."""
    if not folder.exists():
        raise DataError(f"{folder}: no such release; `partnerlib release` makes it from the processed tables")
    if not (folder / MANIFEST).is_file():
        raise ReleaseRefused(
            f"{folder}: not a sealed release, or half-written: no {MANIFEST}; `partnerlib release --force`"
        )
    manifest = read_manifest((folder / MANIFEST).read_text(encoding="utf-8"), str(folder / MANIFEST))
    contents = {}
    for name in (CELLS, DEFINITIONS, CERTIFICATE):
        if not (folder / name).is_file():
            raise ReleaseRefused(
                f"{folder}: half-written: no {name}; nothing is drawn from it: `partnerlib release --force`"
            )
        contents[name] = (folder / name).read_bytes()
        if hashlib.sha256(contents[name]).hexdigest() != manifest.files.get(name):
            raise ReleaseRefused(
                f"{folder / name}: changed after it was sealed; nothing is drawn from it: `partnerlib release --force` "
                "makes it again from the processed tables"
            )
    return manifest, contents


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
