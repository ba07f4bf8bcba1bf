"""Commands from raw files to tables and studies: sample, check, build, study."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from partnerlib.cli.options import Force, Out, Processed, Quiet, Raw, Year, app, out, progress
from partnerlib.errors import DataError, ParameterError
from partnerlib.project import project


class Scale(StrEnum):
    """How large a synthetic state is."""

    small = "small"
    state = "state"


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
