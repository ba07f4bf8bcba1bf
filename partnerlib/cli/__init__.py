"""The `partnerlib` command: parse, call, print. Progress and remarks go to standard error, results to standard output.

Exit codes: 0 all well, 1 some report failed, 2 usage or parameters, 3 data invalid, 4 release refused,
5 environment, 130 interrupted.
"""

from __future__ import annotations

import os
import traceback
from pathlib import Path

# In the order in which they are listed.
from partnerlib.cli import data as data, publishing as publishing, asking as asking  # isort: skip
from partnerlib.cli.options import app, err
from partnerlib.errors import PartnerlibError


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
