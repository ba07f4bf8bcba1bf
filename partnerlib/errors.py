"""One family of errors. Each says what, where, why and what to do; each carries the exit code of its kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class PartnerlibError(Exception):
    """Any problem the user can act on. `exit_code` is what the command line returns for it."""

    exit_code = 1


class ParameterError(PartnerlibError):
    """A command, option, parameter or unit that does not exist or does not parse."""

    exit_code = 2


class DataError(PartnerlibError):
    """Raw or processed data that cannot be used as it is."""

    exit_code = 3


class ReleaseRefused(PartnerlibError):
    """A release that would publish what the policy forbids."""

    exit_code = 4


class EnvironmentProblem(PartnerlibError):
    """A missing kernel, package or file of the installation itself."""

    exit_code = 5


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one raw file, in the words a data manager needs to mend it."""

    source_file: str
    """Path of the raw file, relative to the raw folder."""
    row: int | None
    """Line of the file as an editor numbers it (header included), or None for the whole file."""
    column: str | None
    """Column as the file names it, or None for the whole row."""
    found: str
    """What stands there. Personal columns show only the shape of the value ('Aaa 99')."""
    expected: str
    """What should stand there, and what to do about it."""
    action: str
    """`rejected`: the row is not in the processed tables. `flagged`: it is, with this remark."""

    def __str__(self) -> str:
        where = ", ".join(
            part
            for part in (f"row {self.row}" if self.row else "", f"column {self.column}" if self.column else "")
            if part
        )
        place = f"{self.source_file}: {where}" if where else self.source_file
        return f"{place}: found {self.found}; expected {self.expected} ({self.action})"


def shape(value: str | None) -> str:
    """The form of a value without its content: letters become A or a, digits 9. Used for personal columns.

    >>> shape("O'Neil 03/14/1985")
    "A'Aaaa 99/99/9999"
    """
    if value is None:
        return "nothing"
    return "".join("9" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in value)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`did you mean 'year'?`, or the list of what is known when nothing is near.

    A part of a name counts, too: 'yeer' is near 'report_year'.
    """
    choices = sorted(set(known))
    spoken = {part: choice for choice in choices for part in choice.lower().split("_") if len(part) > 3}
    spoken |= {choice.lower(): choice for choice in choices}
    near = get_close_matches(word.lower(), spoken, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{spoken[near[0]]}'?"
    return "known: " + ", ".join(choices) if choices else "nothing is known here"
