"""The main job's last step before the pages: from a year's estimates to a sealed release, and the attack on one.

A release is made again when what it is made from, the library or its policy has changed; it is entered in the ledger of
the output folder, which keeps a later one from giving an earlier one away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from partnerlib import build as building
from partnerlib.errors import DataError, ParameterError, ReleaseRefused
from partnerlib.pipeline import Prepared, Progress, estimate, is_current, key_of, mark, quiet
from partnerlib.project import Project

if TYPE_CHECKING:
    from partnerlib.disclosure.ledger import Earlier
    from partnerlib.disclosure.policy import Policy
    from partnerlib.disclosure.releasing import Passed, Verdict
    from partnerlib.disclosure.zones import Aggregates

PUBLIC_POLICY = "standard"
"""The policy of what everybody may read."""


def release(
    prepared: Prepared,
    year: int,
    progress: Progress = quiet,
    policy: str | Path = PUBLIC_POLICY,
    owner: tuple[str, str] | None = None,
    force: bool = False,
    seconds: float | None = None,
) -> Path:
    """The cells of `year` that may be published, sealed: processed/releases/<year>/, and an entry in the ledger.

    Protected, attacked together with every earlier release of the ledger in the output folder, and sealed only when
    nobody is exposed.

    Parameters
        policy: name of a policy, or a file of one's own
        owner: kind and code of the one organization the release is for, under a policy with plain own cells
        force: make it again even when it stands there, up to date
        seconds: longest one question to the solver may take, ten unless given; without an answer it counts as exposed
    Errors
        ReleaseRefused when somebody is exposed, when the ledger or a release that stands there was changed
    """
    from partnerlib.disclosure.ledger import Ledger
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.releasing import SECONDS, pass_gate, read_aggregates
    from partnerlib.disclosure.sealed import MANIFEST, read_release, refuse_exposed, seal, write_release
    from partnerlib.measures.relations import relations

    here = prepared.project
    rules = read_policy(policy)
    refuse_owner(rules, owner)
    folder = here.processed / "releases" / release_name(year, rules.name, owner)
    audience = ":".join(owner) if owner else "public"
    ledger = Ledger.read(here.out / "ledger", heads=published_heads(here))
    key = key_of(prepared.key, str(year), "release", rules.sha256, audience)
    estimates = estimate(prepared, year, progress)
    if not force and is_current(folder / MANIFEST, key) and ledger.holds(read_release(folder).manifest.ledger_head):
        return folder
    progress(f"releasing {year}")
    places = pd.read_parquet(here.processed / "organizations.parquet", columns=["is_synthetic"])
    is_synthetic = bool(places["is_synthetic"].any())
    aggregates = read_aggregates(estimates)
    if owner is None:
        patience = SECONDS if seconds is None else seconds
        gate = partial(pass_gate, aggregates, rules, relations(), is_synthetic, progress=progress, seconds=patience)
        earlier = ledger.earlier_of(year, audience)
        passed = gate([release for release in earlier if release.entry.report_year != year])
        # What this year printed before counts as earlier too, unless the very same is made again.
        if any(release.entry.report_year == year for release in earlier) and not _is_among(passed, earlier):
            passed = gate(earlier)
        refuse_exposed(passed, rules)
        passed = replace(passed, summary=_account(passed, aggregates, rules, is_synthetic, progress))
    else:
        passed = _passed_for(prepared, year, aggregates, rules, owner, progress, seconds)
        ledger = Ledger.read(here.out / "ledger", heads=published_heads(here))
    sealed = seal(
        passed, passed, rules, report_year=year, ledger=ledger, inputs=building.input_hashes(here.processed),
        is_synthetic=is_synthetic, audience=audience,
    )  # fmt: skip
    write_release(sealed, folder, passed.certificate)
    reasons = reasons_of(folder)
    reasons.parent.mkdir(parents=True, exist_ok=True)
    passed.reasons.to_parquet(reasons, index=False)
    mark(folder / MANIFEST, key)
    return folder


def _is_among(passed: Passed, earlier: Sequence[Earlier]) -> bool:
    """Whether the very same cells were released before: made again, they tell nothing new."""
    from partnerlib.disclosure.manifest import content_sha256
    from partnerlib.disclosure.sealed import normal

    return content_sha256(normal(passed.cells)) in {release.entry.cells_sha256 for release in earlier}


def _passed_for(
    prepared: Prepared,
    year: int,
    aggregates: Aggregates,
    rules: Policy,
    owner: tuple[str, str],
    progress: Progress,
    seconds: float | None,
) -> Passed:
    """The public release with an owner's own cells plain; what attackers found is what they found in the public one."""
    from partnerlib.disclosure import owners
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.releasing import Passed
    from partnerlib.disclosure.sealed import read_certificate, read_release
    from partnerlib.measures.relations import relations

    owners.refuse_other_rules(rules, read_policy(PUBLIC_POLICY))
    folder = release(prepared, year, progress, seconds=seconds)
    public = read_release(folder)
    cells = owners.with_own_cells(public, aggregates, rules, relations(), owner)
    return Passed(
        cells=cells,
        definitions=public.definitions,
        loss=public.manifest.loss,
        exposed=(),
        summary=public.manifest.audit,
        certificate=read_certificate(folder),
        reasons=owners.reasons_without_own(pd.read_parquet(reasons_of(folder)), cells, owner),
    )


def _account(
    passed: Passed, aggregates: Aggregates, rules: Policy, is_synthetic: bool, progress: Progress
) -> dict[str, Mapping[str, int]]:
    """What a release says of its audit: what attackers found, and what primary suppression alone would have left."""
    from partnerlib.disclosure.policy import PRIMARY
    from partnerlib.disclosure.stated import found_by_public, under_primary_alone
    from partnerlib.measures.relations import relations

    progress("counting what withholding small numbers alone would give away")
    if rules.on_exposure == "state":
        return {**passed.summary, "public": found_by_public(passed.cells, passed.definitions, aggregates, rules)}
    return {**passed.summary, PRIMARY: under_primary_alone(aggregates, rules, relations(), is_synthetic)}


def attack(
    here: Project,
    cells: pd.DataFrame,
    definitions: pd.DataFrame,
    policy: str,
    progress: Progress = quiet,
    audience: str = "public",
    ledger: Path | None = None,
    seconds: float | None = None,
) -> Verdict:
    """Attack a release that was read back from its files, under the policy it names, as its audience would.

    Parameters
        ledger: folder of the ledger; what its releases before this one printed is attacked together with it
        seconds: longest one question to the solver may take, sixty unless given; without an answer it counts as exposed
    """
    from partnerlib.disclosure.ledger import Ledger
    from partnerlib.disclosure.owners import is_own
    from partnerlib.disclosure.policy import read_policy
    from partnerlib.disclosure.releasing import PATIENCE, Verdict, read_aggregates
    from partnerlib.disclosure.releasing import attack as attacked
    from partnerlib.disclosure.stated import found_by_public

    year = int(cells["report_year"].max())
    estimates = here.processed / "estimates" / f"{year}.parquet"
    if not estimates.is_file():
        raise DataError(f"{estimates}: missing; give the processed tables the release was made from, as --processed")
    rules, aggregates = read_policy(policy.rpartition(" ")[0]), read_aggregates(estimates)
    if rules.on_exposure == "state":
        return Verdict((), {"public": found_by_public(cells, definitions, aggregates, rules)})
    kind, colon, code = audience.partition(":")
    # An owner knows its own cells, printed or not: it is one of the attackers on all others.
    others = cells[~is_own(cells, (kind, code))] if colon else cells
    earlier = Ledger.read(ledger).before(cells, audience) if ledger else ()
    patience = PATIENCE if seconds is None else seconds
    return attacked(others, definitions, rules, aggregates, progress=progress, earlier=earlier, seconds=patience)


def ledger_beside(published: Path, ledger: Path | None = None) -> Path | None:
    """The ledger given, which must be there, or the one beside a folder of published files, if any.

    Errors
        DataError when the folder given holds no ledger
    """
    from partnerlib.disclosure.ledger import FILE

    if ledger is not None and not (ledger.expanduser() / FILE).is_file():
        raise DataError(f"{ledger / FILE}: missing; give the folder that holds it as --ledger")
    beside = ledger or published.expanduser().resolve().parent / "ledger"
    return beside.expanduser() if (beside.expanduser() / FILE).is_file() else None


def release_name(year: int, policy: str, owner: tuple[str, str] | None = None) -> str:
    """Folder of a release: the year for the one that is reported, else the year and what sets it apart.

    >>> release_name(2018, "standard"), release_name(2018, "owner", ("provider", "89000001"))
    ('2018', '2018-owner-provider-89000001')
    """
    parts = [str(year), *([policy] if policy != "standard" else []), *(owner or ())]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower())


def reasons_of(release: Path) -> Path:
    """Why cells of a release are withheld: for the internal reader, and beside no release."""
    return release.parents[1] / "reasons" / f"{release.name}.parquet"


def refuse_owner(policy: Policy, owner: tuple[str, str] | None) -> None:
    """A policy for one owner needs one, and no other policy takes one."""
    if policy.own_cells == "plain" and owner is None:
        raise ParameterError(f"policy {policy.name}: is for one organization; say which, as --unit provider:89000001")
    if owner is not None and (policy.own_cells != "plain" or owner[0] not in {"provider", "district"}):
        raise ParameterError(
            f"--unit {':'.join(owner)}: a release for one provider or one district goes with --policy owner; "
            "a public release is about all"
        )


def published_heads(here: Project) -> list[str]:
    """Ledger entries that published and sealed releases of this output folder name: the ledger must hold each."""
    from partnerlib.disclosure.ledger import Ledger

    heads = [_ledger_named(file)["ledger_head"] for file in sorted(here.out.glob("*/manifest.json"))]
    first = next((entry.sha256 for entry in Ledger.read(here.out / "ledger").entries), None)
    sealed = map(_ledger_named, sorted((here.processed / "releases").glob("*/manifest.json")))
    return heads + [account["ledger_head"] for account in sealed if account["ledger"] == first]


def _ledger_named(file: Path) -> dict[str, str]:
    """A manifest's fields, whole: what was published must be known to be looked at together with what will be."""
    try:
        account = json.loads(file.read_text(encoding="utf-8"))
        return {"ledger_head": account["ledger_head"], "ledger": account["ledger"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise ReleaseRefused(
            f"{file}: no account of a release; put it back from a copy, or remove {file.parent} if it was never given "
            "to anybody"
        ) from None
