"""What the commands share: where they print, and the options that mean the same wherever they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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
        "--seconds", min=0, help="Longest a question to the solver may take: 10, in an audit 60; unanswered is exposed."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress, only the result.")]


@contextmanager
def progress(is_quiet: bool = False) -> Iterator:
    """A line on standard error that says what is going on; nothing when it is not a terminal or not wanted."""
    if is_quiet or not err.is_terminal:
        yield lambda message: None
        return
    with err.status("starting") as status:
        yield lambda message: status.update(str(message))
