"""Commands about what may be published: release, audit, report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from partnerlib.cli.options import (
    Force,
    Jobs,
    Only,
    Out,
    Patience,
    Processed,
    Quiet,
    Raw,
    Rules,
    Unit,
    Year,
    app,
    err,
    out,
    progress,
)
from partnerlib.project import project


@app.command()
def release(
    raw: Raw = None,
    processed: Processed = None,
    out_dir: Out = None,
    year: Year = None,
    policy: Rules = "standard",
    unit: Unit = None,
    cell: Annotated[
        str | None,
        typer.Option("--explain", metavar="CELL", help="Say why a cell is withheld, to the internal reader."),
    ] = None,
    force: Force = False,
    seconds: Patience = None,
) -> None:
    """Seal the numbers of a year that may be published: protected, attacked, entered in the ledger.

    Prints what is withheld and what each attacker could find. Refuses, with exit code 4, whatever exposes anybody.

    Example: `partnerlib release --year 2018 --explain "retained_school_1y provider:89000001 2017"`
    """
    from partnerlib import explanations, pipeline, releases

    here = project(raw=raw, processed=processed, out=out_dir)
    owner = explanations.unit_named(unit) if unit else None
    with progress() as tell:
        prepared = pipeline.prepare(here, progress=tell, force=force)
        report_year = pipeline.check_year(here, year)
        folder = releases.release(
            prepared, report_year, progress=tell, policy=_rules(policy), owner=owner, force=force, seconds=seconds
        )
    told = explanations.of_cell(folder, cell) if cell else explanations.of_release(folder)
    out.print(told, markup=False)


def _rules(policy: str) -> str | Path:
    """A policy by name, or a file when one is meant."""
    return Path(policy).expanduser() if policy.endswith((".yml", ".yaml")) else policy


@app.command()
def audit(
    path: Annotated[Path, typer.Argument(help="A year's folder of reports, or a release's own folder.")],
    processed: Processed = None,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="DIR", help="Earlier releases; the one beside the folder when not given."),
    ] = None,
    seconds: Patience = None,
) -> None:
    """Read published files back as an outsider would, and attack them: what is hidden, and who can be found.

    What the ledger's earlier releases printed about the same people is attacked together with it.

    Exit code 0 when nobody is exposed and nothing is hidden, else 4, with each cell and place named.

    Example: `partnerlib audit reports/2018`
    """
    from partnerlib import explanations, releases
    from partnerlib.disclosure.policy import PRIMARY
    from partnerlib.disclosure.sealed import refusal
    from partnerlib.reports import gate

    here = project(processed=processed)
    with progress() as tell:
        found = gate.audit_folder(path.expanduser().resolve(), here.notebooks / "reports", progress=tell)
        verdict = releases.attack(
            here, found.cells, found.definitions, found.policy, progress=tell, audience=found.audience,
            ledger=releases.ledger_beside(path, ledger), seconds=seconds,
        )  # fmt: skip
    out.print(f"{path}: {found.told}", markup=False)
    summary = {**verdict.summary, **{name: counts for name, counts in found.audit.items() if name == PRIMARY}}
    out.print(explanations.of_attack(summary), markup=False)
    out.print(explanations.in_a_line(found.loss, summary), markup=False)
    for known in verdict.already:
        out.print(f"already exposed by an earlier release, which this one adds nothing to: {known}", markup=False)
    if verdict.exposed:
        raise refusal(verdict.exposed, str(path))


@app.command()
def report(
    raw: Raw = None,
    processed: Processed = None,
    out_dir: Out = None,
    year: Year = None,
    only: Only = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first so many pages.")] = None,
    jobs: Jobs = 2,
    policy: Rules = "standard",
    unit: Unit = None,
    force: Force = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from where an interrupted run was ended.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say which pages would be made and why; make none.")
    ] = False,
    list_them: Annotated[
        bool, typer.Option("--list", help="List every page asked for and its state; make none.")
    ] = False,
    formats: Annotated[
        list[str] | None, typer.Option("--formats", metavar="NAMES", help="html,pdf,word,excel,csv; all if none.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Make the annual pages of every provider, district and partnership and of the state.

    Whatever is missing or stale upstream (build, link, estimates, release) is run first, and only that; then the pages
    whose released cells, notebook, parameters, library or packages have changed, and only those. The year's folder is
    replaced whole or not at all. With `--dry-run` and `--list` no page is made.

    `--policy owner --unit provider:CODE` makes the page of one organization with its own numbers plain, in
    `confidential/provider-CODE/` of the output folder: for that organization and for nobody else.

    Example: `partnerlib report --year 2018 --only provider:89000001 --only state`
    """
    from partnerlib.reports.interruption import ending_at_signals
    from partnerlib.reports.lock import alone

    here = project(raw=raw, processed=processed, out=out_dir)
    with ending_at_signals(), alone(here.out):
        from partnerlib import explanations, installation, pipeline, releases, reports
        from partnerlib.disclosure.policy import read_policy
        from partnerlib.reports.gate import place_for
        from partnerlib.reports.progress import shown

        owner = explanations.unit_named(unit) if unit else None
        rules = _rules(policy)
        releases.refuse_owner(read_policy(rules), owner)
        only = only or ([":".join(owner)] if owner else [])
        reports.refuse_malformed(only)
        installation.refuse_unfit()
        with shown(err, quiet) as tell:
            is_asking = dry_run or list_them
            prepared = pipeline.prepare(here, progress=tell, force=force and not is_asking)
            report_year = pipeline.check_year(here, year)
            released = releases.release(prepared, report_year, progress=tell, policy=rules, owner=owner)
            place = replace(here, out=place_for(here.out, owner))
            if is_asking:
                found = reports.surveyed(
                    place, report_year, released, only=only, limit=limit, force=force, formats=formats or ()
                )
            else:
                result = reports.run(
                    place, report_year, released, only=only, jobs=jobs, progress=tell, force=force,
                    resume=resume, limit=limit, formats=formats or (),
                )  # fmt: skip
    if is_asking:
        out.print(found.as_text(is_whole=list_them), markup=False)
        return
    out.print(result.summary(), markup=False)
    if result.exit_code:
        raise typer.Exit(result.exit_code)
