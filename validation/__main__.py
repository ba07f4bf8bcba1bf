"""`make validate`: every estimator on hundreds of invented states. `make validate ARGS="--only hiring --states 20"`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from validation.check import summary
from validation.run import run, write


def main(
    states: Annotated[int, typer.Option(help="States of each check; its own number when 0.")] = 0,
    only: Annotated[list[str], typer.Option(help="A question or a check; may be repeated.")] = [],  # noqa: B006
    jobs: Annotated[int, typer.Option(help="States at the same time.")] = 2,
) -> None:
    """Print bias, coverage, size and power; of a whole run, keep them in `validation/`."""
    draws = run(states or None, only, jobs)
    is_whole = not states and not only
    table = write(draws) if is_whole else summary(draws)
    shown = Table(*map(str, table.columns), title="Recovery of planted effects")
    for row in table.itertuples(index=False):
        shown.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    Console(width=200).print(shown)


if __name__ == "__main__":
    typer.run(main)
