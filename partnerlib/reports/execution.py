"""One report notebook, run by papermill, and the proof that it ran whole.

Success is never read from papermill's silence: a killed kernel leaves cells marked completed, and `sys.exit(0)` in the
middle counts as success. A run is whole when every code cell has an execution count, in order, no cell an error, and
the last block is the seal over exactly the blocks that are in the notebook.

Nothing is on a page that was not drawn from its release: a cell that shows a raw table, a figure of its own, printed
text or HTML fails the page, and so does a block of another release or of none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partnerlib.display.blocks import MEDIA_TYPE, seal

FORKED, OWN_KERNEL = "forked", "nbclient"
"""Engines of papermill: ours, and papermill's own, which starts a kernel."""

KERNEL = "python3"
"""The kernel of the active environment."""

MEMORY_MB = 1500
"""Memory the cells of a report may take, beyond what their imports take."""


@dataclass(frozen=True)
class Element:
    """A piece of a page in reading order: prose of the notebook, or a block one of its cells showed."""

    kind: str
    """prose, or the kind of block."""
    data: Mapping[str, Any]


class Incomplete(Exception):
    """A run that did not do all it should; the message says what is missing."""


def execute(
    notebook: Path,
    output: Path,
    parameters: Mapping[str, Any],
    seconds: int,
    cwd: Path | None = None,
    engine: str = FORKED,
    memory_mb: int = MEMORY_MB,
) -> float:
    """Run a notebook into `output` with papermill; raises what papermill and nbclient raise.

    The cells run in the output's own folder unless `cwd` says otherwise, so that a stray file falls there.

    Parameters
        seconds: limit of the whole notebook where it is forked, of each cell in a kernel of its own
        engine: of papermill; the one that forks uses an ordinary kernel where nothing can be forked

    Result
        most memory (MB) it had at once; 0 where that was not measured
    """
    from papermill import execute_notebook

    limits = {"notebook_timeout": seconds, "memory_mb": memory_mb} if engine == FORKED else {}
    executed = execute_notebook(
        _literal(notebook),
        _literal(output),
        parameters=dict(parameters),
        engine_name=engine,
        kernel_name=KERNEL,
        progress_bar=False,
        log_output=False,
        execution_timeout=seconds,
        cwd=str(cwd or output.parent),
        **limits,
    )
    return float(executed.metadata.papermill.get("peak_memory_mb", 0.0))


def _literal(path: Path) -> str:
    """A path as papermill takes it: in braces it would look for the name of a parameter."""
    return str(path).replace("{", "{{").replace("}", "}}")


def reached(output: Path) -> str:
    """The code cell a notebook was at when it stopped, in words: `cell 3 of 21`."""
    try:
        cells = json.loads(output.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError):
        return "a cell"
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    begun = [place for place, cell in enumerate(code, start=1) if cell.get("execution_count")]
    return f"cell {begun[-1]} of {len(code)}" if begun else "the start"


def elements_of(notebook: Path, release: str) -> list[Element]:
    """The prose and blocks of an executed notebook in reading order, or `Incomplete` when it did not run whole.

    release
        identifier of the sealed release that every block must be drawn from
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]
    _refuse_unexecuted(code)
    _refuse_unreleased(code, release)
    elements = []
    for cell in cells:
        if cell["cell_type"] == "markdown":
            elements.append(Element("prose", {"text": "".join(cell["source"])}))
        elif cell["cell_type"] == "code":
            elements += [Element(str(block["kind"]), block) for block in _blocks(cell)]
    _refuse_unsealed([element.data for element in elements if element.kind != "prose"])
    return [element for element in elements if element.kind != "completion"]


def _blocks(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [output["data"][MEDIA_TYPE] for output in cell.get("outputs", [])]


def _refuse_unreleased(cells: Sequence[Mapping[str, Any]], release: str) -> None:
    """Every output is a block of this release: no cell shows anything else. The reason never quotes what it shows."""
    for place, cell in enumerate(cells, start=1):
        for output in cell.get("outputs", []):
            where = f"code cell {place} of {len(cells)}"
            block = output.get("data", {}).get(MEDIA_TYPE)
            if not isinstance(block, dict) or "kind" not in block:
                raise Incomplete(
                    f"{where} shows {_kind_of(output)}; a page shows what a sealed release holds, as the methods of "
                    "`released(...)` draw it, and nothing else"
                )
            if block.get("release") != release:
                origin = "another release" if block.get("release") else "no release"
                raise Incomplete(f"{where} shows a {block['kind']} of {origin}; expected the release of this run")


def _kind_of(output: Mapping[str, Any]) -> str:
    if output.get("output_type") == "stream":
        return "printed text"
    kinds = [str(kind) for kind in output.get("data", {})]
    if any(kind.startswith("image/") for kind in kinds):
        return "a raw figure"
    if "text/html" in kinds:
        return "a raw table or HTML"
    return "a raw value"


def _refuse_unexecuted(cells: Sequence[Mapping[str, Any]]) -> None:
    for place, cell in enumerate(cells, start=1):
        errors = [output for output in cell.get("outputs", []) if output.get("output_type") == "error"]
        if errors:
            raise Incomplete(f"code cell {place} of {len(cells)} raised {errors[0].get('ename', 'an error')}")
        if cell.get("execution_count") != place:
            raise Incomplete(f"code cell {place} of {len(cells)} was not run, or not in its turn")


def _refuse_unsealed(blocks: Sequence[Mapping[str, Any]]) -> None:
    if not blocks or blocks[-1]["kind"] != "completion":
        raise Incomplete("the notebook ended before its last cell: no mark of completion")
    if blocks[-1].get("seal") != seal(blocks[:-1]):
        raise Incomplete("what the notebook shows is not what it sealed: a result was lost, added or changed")
