"""The last step before a year's folder is published: what stands in it is the sealed release, and nothing else.

The files are written beside the pages and read back as an outsider would; every number of every page must be one that
the release prints. Whatever is found is named, and nothing is published.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from partnerlib.disclosure.audit.reading import CELLS, MANIFEST, Leak, Published, read_published
from partnerlib.disclosure.audit.traces import of_remarks, untraced
from partnerlib.disclosure.canaries import refuse_people
from partnerlib.disclosure.files import write_files
from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.manifest import content_sha256
from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.zones import SealedRelease, sealed_only
from partnerlib.errors import DataError, ReleaseRefused
from partnerlib.reports.constants import constants
from partnerlib.reports.printing import account_in_words
from partnerlib.reports.record import RECORD
from partnerlib.reports.script import script_hash
from partnerlib.reports.workers import OWN_REASON

CONFIDENTIAL = "confidential"
"""Folder for pages made for one organization, each in a folder of its own: never beside what everybody may read."""

SHOWN = 20
"""Findings a refusal names one by one."""


@dataclass(frozen=True)
class Found:
    """A release as it can be read from its files."""

    cells: pd.DataFrame
    definitions: pd.DataFrame
    policy: str
    audience: str
    told: str
    """What was found of the files, in words."""
    loss: Mapping[str, Mapping[str, float]]
    audit: Mapping[str, Mapping[str, int]]
    """What the release says of its cost, and of the attack before it was sealed."""


def place_for(out: Path, owner: tuple[str, str] | None) -> Path:
    """Where a year's folder goes: the output folder itself, or a confidential one of the organization it is for.

    >>> place_for(Path("reports"), ("provider", "89000001")).as_posix()
    'reports/confidential/provider-89000001'
    """
    return out if owner is None else out / CONFIDENTIAL / "-".join(owner)


def is_confidential(folder: Path) -> bool:
    """Whether a year's folder is one of an organization's own."""
    return folder.parents[1].name == CONFIDENTIAL


def with_files(
    folder: Path,
    release: SealedRelease,
    notebooks: Path,
    progress: Callable[[str], None] = lambda _message: None,
    processed: Path | None = None,
) -> None:
    """Put the files of a release beside its pages, and refuse the folder unless it holds that release and no more.

    Parameters
        processed: the tables the release was made from; nobody of them may stand in the folder
    Errors
        ReleaseRefused naming file and place of everything that is not of the release, and of every trace of people
    """
    sealed = sealed_only(release, f"reports {folder.name}")
    progress("writing the published cells")
    write_files(sealed, folder)
    progress("reading the published files back")
    published = read_published(folder, frozenset((script_hash(),)))
    findings = findings_of(published, folder, notebooks)
    if content_sha256(published.cells) != sealed.manifest.cells_sha256:
        findings.append(str(Leak(CELLS, "not the cells that were sealed")))
    refuse(findings)
    refuse_people(folder, processed, progress)


def findings_of(published: Published, folder: Path, notebooks: Path) -> list[str]:
    """Everything in a published folder that its release does not print: hidden content, and numbers on pages."""
    account = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    record = (folder / RECORD).read_text(encoding="utf-8") if (folder / RECORD).is_file() else ""
    policy, audit = account["policy"], account["audit"]
    said = (*constants(notebooks), policy, account_in_words(policy, audit), *_own_reasons(record))
    numbers = untraced(published.pages.items(), published.cells, said, record)
    remarks = of_remarks(published.cells, dict(published.remarks), said)
    return [str(found) for found in (*published.leaks, *numbers, *remarks)]


def _own_reasons(record: str) -> list[str]:
    """Why reports of a run failed: cells of notebooks and seconds are counted in them, and no people."""
    reasons = [str(page.get("reason", "")) for page in json.loads(record)["pages"]] if record else []
    return [reason for reason in reasons if OWN_REASON.fullmatch(reason)]


def refuse(findings: Sequence[str], closing: str = "nothing was published; what stood there is unchanged") -> None:
    """Refuse what was found, if anything was."""
    if not findings:
        return
    more = len(findings) - SHOWN
    raise ReleaseRefused(
        "\n".join(
            [
                f"reports refused: {len(findings)} things in them are not of the sealed release:",
                *(f"  {finding}" for finding in findings[:SHOWN]),
                *([f"  and {more} more"] if more > 0 else []),
                closing,
            ]
        )
    )


def audit_folder(folder: Path, notebooks: Path, progress: Callable[[str], None] = lambda _message: None) -> Found:
    """What an outsider can read in a folder, once it is sure that it holds a release and nothing else.

    folder
        a year's folder of reports, or the folder of a sealed release
    Errors
        ReleaseRefused naming every hidden thing, every untraceable number and every changed file
    """
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give a year's folder of reports, such as reports/2018")
    if not (folder / CELLS).is_file():
        sealed = read_release(folder)
        manifest = sealed.manifest
        return Found(sealed.cells, sealed.definitions, manifest.policy, manifest.audience, "as it was sealed",
                     manifest.loss, manifest.audit)  # fmt: skip
    progress("reading the published files back")
    published = read_published(folder, frozenset((script_hash(),)))
    refuse(
        findings_of(published, folder, notebooks), "give these files to nobody; `partnerlib report` makes them again"
    )
    account = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    out = folder.parents[2] if is_confidential(folder) else folder.parent
    if (out / "ledger").is_dir():
        Ledger.read(out / "ledger", heads=[account["ledger_head"]])
    told = f"{len(published.pages)} pages and the files beside them hold the release and nothing else"
    return Found(published.cells, published.definitions, account["policy"], account["audience"], told,
                 account["loss"], account["audit"])  # fmt: skip
