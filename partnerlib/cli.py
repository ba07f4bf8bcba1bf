"""The `partnerlib` command: parse, call, print. Progress and remarks go to standard error, results to standard output.

Exit codes: 0 all well, 1 some report failed, 2 usage or parameters, 3 data invalid, 4 release refused,
5 environment, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as RichTable

from partnerlib import __version__
from partnerlib.errors import DataError, ParameterError, PartnerlibError, did_you_mean
from partnerlib.project import project

app = typer.Typer(
    name="partnerlib",
    help="Do partnerships between educator-preparation programs and school districts work?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

Raw = Annotated[Path | None, typer.Option("--raw", metavar="DIR", help="Raw files; the shipped sample unless given.")]
Processed = Annotated[Path | None, typer.Option("--processed", metavar="DIR", help="Canonical tables and estimates.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where the result goes.")]
Year = Annotated[
    int | None, typer.Option("--year", help="Report year, by its spring: 2018 is 2017-18. Newest if none.")
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="KIND[:CODE]", help="Only this page; may be repeated.")
]
Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Pages made at the same time.")]
Force = Annotated[bool, typer.Option("--force", help="Do it again even when nothing has changed.")]
Rules = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="standard, dese_published, owner, or a .yml file of your own.")
]
Unit = Annotated[
    str | None, typer.Option("--unit", metavar="KIND:CODE", help="The one organization that policy owner is for.")
]
Patience = Annotated[
    float | None,
    typer.Option(
        "--seconds", min=0, help="Longest one question to the solver may take, 10 if none; unanswered is exposed."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, only the result.")]


class Scale(StrEnum):
    """How large a synthetic state is."""

    small = "small"
    state = "state"


@contextmanager
def progress(is_quiet: bool = False) -> Iterator:
    """A line on standard error that says what is going on; nothing when it is not a terminal or not wanted."""
    if is_quiet or not err.is_terminal:
        yield lambda message: None
        return
    with err.status("starting") as status:
        yield lambda message: status.update(str(message))


@app.command()
def sample(
    scale: Annotated[
        Scale, typer.Option(help="`small` is the shipped sample, `state` is as large as Massachusetts.")
    ] = Scale.small,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 20180630,
    out_dir: Out = None,
) -> None:
    """Write a synthetic state: invented people and places, in the layouts agencies use, with known effects.

    Example: `partnerlib sample --scale state --out data/raw/state`
    """  # fmt: skip
    from partnerlib.synth import write_state

    folder = (out_dir or Path("data/raw") / ("sample" if scale is Scale.small else "state")).expanduser().resolve()
    with progress() as tell:
        write_state(folder, scale=scale.value, seed=seed, progress=tell)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    out.print(f"synthetic state ({scale.value}, seed {seed}) in {folder}: {size / 1e6:.1f} MB")


@app.command()
def check(raw: Raw = None) -> None:
    """List every problem of a raw folder at once: file, row, column, what was found, what is expected.

    Example: `partnerlib check --raw data/raw/2018`
    """
    from partnerlib import build as building

    here = project(raw=raw)
    with progress() as tell:
        findings = building.check(here, progress=tell)
    for problem in findings.problems:
        out.print(str(problem), markup=False)
    out.print(findings.summary(), markup=False)
    if findings.is_invalid:
        raise typer.Exit(DataError.exit_code)


@app.command()
def build(raw: Raw = None, processed: Processed = None, force: Force = False, quiet: Quiet = False) -> None:
    """Read the raw files into canonical tables, with rejects and a record of every file; then link.

    Example: `partnerlib build --raw data/raw/2018 --processed data/processed/2018`
    """
    from partnerlib import pipeline

    here = project(raw=raw, processed=processed)
    with progress(quiet) as tell:
        pipeline.prepare(here, progress=tell, force=force)
    from partnerlib import build as building

    out.print(building.record_summary(here.processed), markup=False)


@app.command()
def study(
    name: Annotated[str, typer.Argument(help="Such as `03_hiring`; a part of the name will do.")],
    raw: Raw = None,
    processed: Processed = None,
    out_dir: Out = None,
    year: Year = None,
    parameter: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the notebook.")
    ] = None,
) -> None:
    """Run one study on your data and keep the executed notebook.

    Example: `partnerlib study 03_hiring --raw data/raw/2018 --set horizon=2`
    """
    from partnerlib import pipeline, reports

    here = project(raw=raw, processed=processed, out=out_dir)
    with progress() as tell:
        pipeline.prepare(here, progress=tell)
        written = reports.run_study(
            here, name, year=pipeline.check_year(here, year), settings=_settings(parameter or []), progress=tell
        )
    out.print(f"executed study: {written}", markup=False)


def _settings(pairs: list[str]) -> dict[str, str]:
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ParameterError(f"--set {pair}: expected NAME=VALUE, such as horizon=2")
        settings[name.strip()] = value.strip()
    return settings


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
    from partnerlib import explanations, pipeline

    here = project(raw=raw, processed=processed, out=out_dir)
    owner = explanations.unit_named(unit) if unit else None
    with progress() as tell:
        prepared = pipeline.prepare(here, progress=tell, force=force)
        report_year = pipeline.check_year(here, year)
        folder = pipeline.release(
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
    from partnerlib import explanations, pipeline
    from partnerlib.disclosure.policy import PRIMARY
    from partnerlib.disclosure.sealed import refusal
    from partnerlib.reports import gate

    here = project(processed=processed)
    with progress() as tell:
        found = gate.audit_folder(path.expanduser().resolve(), here.notebooks / "reports", progress=tell)
        verdict = pipeline.attack(
            here, found.cells, found.definitions, found.policy, progress=tell, audience=found.audience,
            ledger=pipeline.ledger_beside(path, ledger), seconds=seconds,
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
        from partnerlib import explanations, installation, pipeline, reports
        from partnerlib.disclosure.policy import read_policy
        from partnerlib.reports.gate import place_for
        from partnerlib.reports.progress import shown

        owner = explanations.unit_named(unit) if unit else None
        rules = _rules(policy)
        pipeline.refuse_owner(read_policy(rules), owner)
        only = only or ([":".join(owner)] if owner else [])
        reports.refuse_malformed(only)
        installation.refuse_unfit()
        with shown(err, quiet) as tell:
            is_asking = dry_run or list_them
            prepared = pipeline.prepare(here, progress=tell, force=force and not is_asking)
            report_year = pipeline.check_year(here, year)
            released = pipeline.release(prepared, report_year, progress=tell, policy=rules, owner=owner)
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


@app.command()
def explain(
    name: Annotated[
        str, typer.Argument(help="A measure, a processed table or a raw layout, as `partnerlib list` shows it.")
    ],
) -> None:
    """Say what a measure means, its formula, who is in it and where it comes from; or what a table or raw layout holds.

    Example: `partnerlib explain hired_in_placement_district`
    """
    from partnerlib import dictionary, measures

    entry = dictionary.describe(name)
    if entry is None and name not in measures.all_measures():
        known = [*measures.all_measures(), *dictionary.names()]
        raise ParameterError(f"{name}: no measure, table or raw layout of this name; {did_you_mean(name, known)}")
    out.print(entry or measures.explain(name), markup=False)


@app.command(name="list")
def list_all(
    what: Annotated[str, typer.Argument(help="measures, studies, sources, tables or pages")] = "measures",
    processed: Processed = None,
    raw: Raw = None,
    year: Year = None,
) -> None:
    """List the measures, the studies, the raw layouts known, the processed tables, or the pages of the plan.

    Example: `partnerlib list studies`
    """
    from partnerlib import listings

    if what not in listings.KINDS:
        raise ParameterError(f"list {what}: nothing of that kind; {did_you_mean(what, listings.KINDS)}")
    rows = listings.rows(what, project(raw=raw, processed=processed), year)
    if not out.is_terminal:
        typer.echo("\n".join("\t".join(row) for row in rows))
        return
    table = RichTable("name", "what it is", box=None, header_style="bold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


@app.command()
def doctor() -> None:
    """Check the installation: Python, packages against the lock file, the Jupyter kernel, folders.

    Example: `partnerlib doctor`
    """
    from partnerlib import installation

    findings = installation.examine(project())
    for finding in findings:
        out.print(str(finding), markup=False)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(5)


@app.command()
def lab() -> None:
    """Open JupyterLab on the notebooks, on this computer only.

    Example: `partnerlib lab`
    """
    import subprocess

    here = project()
    command = [sys.executable, "-m", "jupyter", "lab", "--ServerApp.ip=127.0.0.1", f"--ServerApp.root_dir={here.root}"]
    raise typer.Exit(subprocess.call([*command, str(here.notebooks / "studies")]))


@app.command()
def version() -> None:
    """Print the version."""
    out.print(__version__)


def main() -> int:
    """Run the command line; return its exit code, never a traceback for a problem the user can act on."""
    try:
        result = app(standalone_mode=False)
        return result if isinstance(result, int) else 0
    except PartnerlibError as problem:
        err.print(str(problem), markup=False)
        return problem.exit_code
    except KeyboardInterrupt as problem:
        err.print(str(problem) or "interrupted; nothing half-finished was published", markup=False)
        return 130
    except Exception as problem:
        if hasattr(problem, "exit_code") and hasattr(problem, "format_message"):  # a usage error of the parser
            err.print(problem.format_message(), markup=False)
            return int(problem.exit_code)
        if type(problem).__name__ in {"Abort", "Exit"}:
            return int(getattr(problem, "exit_code", 130))
        if os.environ.get("PARTNERLIB_DEBUG"):
            raise
        err.print(_unexpected(problem), markup=False)
        return 1


def _unexpected(problem: Exception) -> str:
    """The kind and place of an error nobody foresaw, without its message: that may quote a row about a person."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [
        frame
        for frame in frames
        if Path(frame.filename).parent.name != "site-packages" and "partnerlib" in frame.filename
    ]
    place = f"{Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else "outside the library"
    return (
        f"unexpected {type(problem).__name__} in {place}; this is a fault of the library. Its message may quote your "
        "data and is not shown; set PARTNERLIB_DEBUG=1 to see it, and report the kind and the place"
    )


if __name__ == "__main__":
    sys.exit(main())
