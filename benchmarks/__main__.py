"""`make bench`: every benchmark, one after the other. `make bench ARGS="reports --pages 50"` runs one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from benchmarks import build, choice, hazards, release, reports, value_added

app = typer.Typer(add_completion=False, help=__doc__)


@app.command(name="reports")
def report_pages(
    pages: Annotated[int, typer.Option(help="Pages to make each way.")] = 50,
    jobs: Annotated[int, typer.Option(help="Pages at the same time in our batch.")] = 2,
    by_hand: Annotated[int, typer.Option(help="Pages the loop of commands makes, taken evenly from those.")] = 8,
    released: Annotated[
        Path | None, typer.Option(help="Folder of a sealed release; the shipped sample's when none is given.")
    ] = None,
    formats: Annotated[str, typer.Option(help="Formats besides HTML alone.")] = "html,pdf,word,excel,csv",
) -> None:
    """A batch of pages against a loop of the `papermill` and `jupyter nbconvert` commands."""
    reports.compare(pages, jobs, by_hand, released, formats)


@app.command(name="build")
def build_tables(
    raw: Annotated[
        Path | None, typer.Option(help="Raw folder; a synthetic state is written when none is given.")
    ] = None,
    scale: Annotated[str, typer.Option(help="Size of the synthetic state: small or state.")] = "state",
) -> None:
    """Raw files to tables and panels, against plain pandas and against a bare DuckDB scan of the same files."""
    build.compare(raw, scale)


@app.command(name="release")
def release_gate(
    estimates: Annotated[
        Path | None, typer.Option(help="Estimates of a year, as Parquet; the shipped sample's when none is given.")
    ] = None,
    gconfid: Annotated[Path | None, typer.Option(help="An interpreter with G-Confid, to compare patterns.")] = None,
) -> None:
    """Protecting and auditing a release, against a plain audit by linear programming of the same tables."""
    release.compare(estimates, gconfid)


@app.command(name="hazards")
def yearly_hazards(
    rows: Annotated[int, typer.Option(help="Person-years; 50,000, 500,000 and 5,000,000 when 0.")] = 0,
) -> None:
    """Hazards and competing exits on person-years, identical rows counted first, against `statsmodels`."""
    hazards.compare(rows)


@app.command(name="choice")
def first_districts(
    candidates: Annotated[int, typer.Option(help="Candidates in front of 400 districts.")] = choice.CANDIDATES,
    few: Annotated[int, typer.Option(help="Candidates `statsmodels` is asked about.")] = choice.FEW,
) -> None:
    """The choice of a first district, against `statsmodels` and R's `clogit`."""
    choice.compare(candidates, few)


@app.command(name="value-added")
def teacher_effects(
    rows: Annotated[int, typer.Option(help="Student-years; 100,000, one and ten million when 0.")] = 0,
) -> None:
    """Teacher and school-by-year effects from sums per cell, against `pyfixest` on every row."""
    value_added.compare(rows)


@app.callback(invoke_without_command=True)
def everything(context: typer.Context) -> None:
    """All benchmarks at their full size (about fifteen minutes on two cores)."""
    if context.invoked_subcommand is None:
        build.compare(None, "state")
        reports.compare(50, 2, 8, formats="html,pdf,word,excel,csv")
        release.compare(None)
        hazards.compare()
        choice.compare()
        value_added.compare()


if __name__ == "__main__":
    app()
