"""Leaks beside the release: caches, stored outputs, logs, names of files, history, a ledger that was edited."""

from __future__ import annotations

import io
import json
import pickle
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from invented_cells import YEAR, invented_cells, sealed, written
from leak import Leak, Look, refusal
from openpyxl import Workbook

from partnerlib.disclosure.ledger import Ledger
from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.secrets import history, scan, tracked, tree

PERSON = {"MEPID": "31415926", "FIRST_NAME": "Ottoline", "LAST_NAME": "Quennebarrow"}
"""Somebody invented, whose name stands in the inputs and must stand nowhere else."""
CANARIES = tuple(PERSON.values())


def notebook(outputs: list[dict[str, object]]) -> bytes:
    cell = {"cell_type": "code", "source": "report.rates()", "outputs": outputs, "metadata": {}, "execution_count": 1}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def text_output(text: str) -> list[dict[str, object]]:
    return [{"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}]


def project() -> dict[str, bytes]:
    """The files of a small project: a page, its record, a README, a study, a report notebook, invented raw data."""
    raw = ",".join(PERSON) + "\n" + "31415927,Some,Body\n"
    return {
        "README.md": b"partnerlib report --only provider:89000001\n",
        "reports/2019/index.html": b"<p>Completers: 120</p>",
        "reports/2019/run.log": b"provider 89000001: page written\n",
        "notebooks/studies/01.ipynb": notebook(text_output("rows without mepid: 12 percent")),
        "notebooks/reports/provider.ipynb": notebook([]),
        "data/raw/sample/completers_2019.csv": raw.encode(),
    }


def with_files(more: Mapping[str, bytes], folder: Path) -> Path:
    for name, content in {**project(), **more}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def looks_at(more: Mapping[str, bytes]) -> Look:
    return lambda folder: scan(tree(with_files(more, folder)), CANARIES)


def git(folder: Path, *arguments: str) -> None:
    named = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", "-C", str(folder), *named, *arguments], check=True, capture_output=True)


def committed(more: Mapping[str, bytes], then_removed: bool) -> Look:
    def look(folder: Path) -> list[object]:
        with_files(more, folder)
        git(folder, "init", "-q")
        git(folder, "add", ".")
        git(folder, "commit", "-qm", "first")
        if then_removed and more:
            git(folder, "rm", "-q", *more)
            git(folder, "commit", "-qm", "second")
            assert not scan(tracked(folder), CANARIES), "what is tracked is clean; only the history is not"
        return list(scan(history(folder) if then_removed else tracked(folder), CANARIES))

    return look


def _trace(name: str, more: Mapping[str, bytes], says: str) -> Leak:
    return Leak(name, "secrets", looks_at({}), looks_at(more), says)


def release(spoil: Callable[[Path], object] | None = None, asked: str = "") -> Look:
    """Two releases in one ledger, then read again; `spoil` does something to their folder in between."""

    def look(folder: Path) -> list[str]:
        written(folder)
        sealed(folder, invented_cells().assign(topic="retention"))
        if spoil:
            spoil(folder)
        heads = [read_head(folder)]
        return refusal(lambda: Ledger.read(folder / "ledger", heads)) or refusal(
            lambda: read_release(folder / "releases" / str(YEAR))
        )

    return look


def read_head(folder: Path) -> str:
    manifest = json.loads((folder / "releases" / str(YEAR) / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest["ledger_head"])


def edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    def spoil(folder: Path) -> None:
        path = next(iter(sorted(folder.glob(name))))
        path.write_bytes(change(path.read_bytes()))

    return spoil


def changed_cells(content: bytes) -> bytes:
    stream = io.BytesIO()
    frame = pd.read_parquet(io.BytesIO(content))
    frame.assign(unit_name=frame["unit_name"].str.upper()).to_parquet(stream, index=False)
    return stream.getvalue()


def without_first_line(content: bytes) -> bytes:
    return content.split(b"\n", 1)[1]


def workbook(author: str) -> bytes:
    """A workbook whose document properties name somebody: packed, so that no plain search finds the name."""
    stream = io.BytesIO()
    book = Workbook()
    book.properties.creator = author
    book.save(stream)
    return stream.getvalue()


def _ledger(name: str, spoil: Callable[[Path], object], says: str) -> Leak:
    return Leak(name, "ledger", release(), release(spoil), says)


PANEL = pd.DataFrame({"mepid": ["31415926"], "is_retained": [True]})

LEAKS = [
    _trace("outputs left in a report notebook",
           {"notebooks/reports/provider.ipynb": notebook(text_output("0.4213"))}, "outputs left in a report notebook"),
    _trace("rows of people in a study's outputs",
           {"notebooks/studies/01.ipynb": notebook(text_output("mepid  outcome\n31415926 left"))}, "rows about people"),
    _trace("error of a notebook that shows a person",
           {"notebooks/studies/01.ipynb": notebook([{"output_type": "error", "ename": "KeyError", "evalue": "x",
                                                     "traceback": ["candidate C0123456789ab"]}])}, "rows about people"),
    _trace("cached pickle", {"data/panel.pkl": pickle.dumps(PANEL)}, "a cache or table"),
    _trace("pickle under another name", {"notebooks/cache": pickle.dumps(PANEL)}, "a cache or table"),
    _trace("processed table beside the pages", {"reports/2019/careers.parquet": b"PAR1"}, "a cache or table"),
    _trace("table of people beside the pages",
           {"reports/2019/extra.csv": b"MEPID,is_retained\n31415927,1\n"}, "a column that identifies people"),
    _trace("file name with n", {"reports/2019/provider-n7.html": b"<p>page</p>"}, "its name tells a number"),
    _trace("log line", {"reports/2019/run.log": b"provider 89000001: retained n=7\n"}, "a number about a group"),
    _trace("error message with a value",
           {"reports/2019/run.log": b"ValueError: rate of 0.4213 outside its interval\n"}, "a number about a group"),
    _trace("log line about a person", {"reports/2019/run.log": b"mepid=31415927 has no school\n"}, "an identifier"),
    _trace("candidate in a page", {"reports/2019/index.html": b"<p>C0123456789ab</p>"}, "an identifier of a person"),
    _trace("e-mail address in a page", {"reports/2019/index.html": b"<p>o.quen@state.edu</p>"}, "an e-mail address"),
    _trace("README example from real data",
           {"README.md": b"partnerlib report --only district:00350000\n\n    retained 0.847\n"}, "a code of a real"),
    _trace("name from the inputs in a page",
           {"reports/2019/index.html": b"<p>Ottoline</p>"}, "a name or identifier from the inputs"),
    _trace("name from the inputs in a workbook's properties",
           {"reports/2019/cells.xlsx": workbook("Ottoline")}, "a name or identifier from the inputs"),
    Leak("git-tracked data", "secrets", committed({}, False), committed({"data/panel.parquet": b"PAR1"}, False),
         "a cache or table"),
    Leak("git history", "secrets", committed({}, True),
         committed({"data/old.csv": b"MEPID,x\n31415926,1\n"}, True), "a name or identifier from the inputs"),
    _ledger("ledger with an edited line", edit("ledger/ledger.jsonl", lambda b: b.replace(b'"public"', b'"owners"')),
            "edited after it was written"),
    _ledger("ledger with a line removed", edit("ledger/ledger.jsonl", without_first_line), "not in its place"),
    _ledger("ledger cut short", edit("ledger/ledger.jsonl", lambda b: b""), "cut short"),
    _ledger("ledger whose copy was changed", edit("ledger/cells/*.parquet", changed_cells), "cells was changed"),
    _ledger("release changed after sealing", edit(f"releases/{YEAR}/cells.parquet", changed_cells), "changed after"),
    _ledger("manifest changed after sealing",
            edit(f"releases/{YEAR}/manifest.json", lambda b: b.replace(b'"partnerlib"', b'"partnerlib" ')
                 .replace(b'"is_synthetic": true', b'"is_synthetic": false')), "changed after"),
]  # fmt: skip
