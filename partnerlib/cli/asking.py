"""Commands that tell what there is and whether it works: explain, list, doctor, lab, version."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table as RichTable

from partnerlib import __version__
from partnerlib.cli.options import Processed, Raw, Year, app, out
from partnerlib.errors import ParameterError, did_you_mean
from partnerlib.project import project


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
