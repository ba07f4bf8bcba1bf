"""Which source a raw file belongs to, by its content alone, and where its name says otherwise."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from partnerlib.codes import year_label
from partnerlib.errors import DataError, Problem
from partnerlib.sources import all_sources
from partnerlib.sources.contract import Conformed, Source
from partnerlib.sources.microdata import StagedFile
from partnerlib.sources.reading import RawFile, UnreadableFile

NOT_DATA = frozenset({"truth", "truth.json"})
"""What a synthetic state says about itself: known to the tests of the estimators, never to the build."""


def find_files(folder: Path) -> list[Path]:
    """Every file of a raw folder that may hold data, in a fixed order."""
    if not folder.is_dir():
        raise DataError(f"{folder}: no such folder; give the folder that holds the raw files with --raw")
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.upper().startswith("README")
        and not any(part.startswith(".") or part in NOT_DATA for part in path.relative_to(folder).parts)
    ]


def digest_of(hashes: dict[str, str], code: str) -> str:
    """One hash of names, contents and the code that reads them."""
    listed = "".join(f"{name}\0{hashes[name]}\n" for name in sorted(hashes))
    return hashlib.sha256(f"{code}\n{listed}".encode()).hexdigest()


def recognise(raw: RawFile) -> Source:
    """The one source a file's content belongs to; otherwise an UnreadableFile that names the nearest layout."""
    known = [source for source in all_sources() if source.recognise(raw)]
    if len(known) == 1:
        return known[0]
    if known:
        titles = " and ".join(source.title for source in known)
        raise UnreadableFile(
            Problem(raw.name, None, None, f"columns that fit {titles}", "columns of one layout", "rejected")
        )
    present = {_plain(name) for name in raw.header}
    nearest, missing, extra = None, [], 0.0
    for source in all_sources():
        needed = [column for column in source.columns if column.required]
        absent = [c.names[0] for c in needed if not any(_plain(name) in present for name in c.names)]
        share = 1 - len(absent) / len(needed) if needed else 0.0
        if share > extra:
            nearest, missing, extra = source, absent, share
    if nearest is None or extra < 0.4:
        expected = "a file of a known layout; see `partnerlib list`"
    else:
        expected = f"nearest is {nearest.title}, missing columns: {', '.join(missing) or 'none'}"
        known_names = {_plain(name) for column in nearest.columns for name in column.names}
        strange = [name for name in raw.header if _plain(name) not in known_names]
        expected += f"; columns it does not know: {', '.join(strange)}" if strange else ""
    raise UnreadableFile(Problem(raw.name, None, None, "no known layout", expected, "rejected"))


def unknown_columns(raw: RawFile, source: Source) -> list[Problem]:
    """Columns of a row-level file that its layout does not name: nothing reads them."""
    known = {_plain(name) for column in source.columns for name in column.names}
    expected = f"a column of {source.title}; it is left out"
    return [
        Problem(raw.name, raw.header_row, name, "a column this layout does not have", expected, "flagged")
        for name in raw.header
        if _plain(name) not in known
    ]


def contradictions(raw: RawFile, source: Source, conformed: Conformed) -> list[Problem]:
    """Where the file's name says another kind, year or collection than its content."""
    name, problems = raw.name.lower(), []
    if source.usual_names and not any(word in name for word in source.usual_names):
        others = [s.title for s in all_sources() if any(word in name for word in s.usual_names)]
        if others:
            problems.append(Problem(raw.name, None, None, f"a name of {others[0]} over {source.title}",
                                    "a name that fits the content, which was believed; rename the file",
                                    "flagged"))  # fmt: skip
    staged = conformed.staged if isinstance(conformed, StagedFile) else None
    if staged is None:
        return problems
    parts = [value for partition in staged.partitions for value in partition]
    years = {value for value in parts if isinstance(value, int) and value > 1}
    named = _years_named(name)
    if years and named and not named & years:
        problems.append(
            Problem(
                raw.name,
                None,
                None,
                "a name that says " + _years(named),
                f"{_years(years)}, as its rows say; the rows were believed: rename the file",
                "flagged",
            )
        )
    collections = {value for value in parts if isinstance(value, str)}
    for word, collection in (("oct", "october"), ("eoy", "end_of_year")):
        if collections and re.search(rf"(?<![a-z]){word}(?![a-z])", name) and collection not in collections:
            problems.append(Problem(raw.name, None, None, f"a name that says {collection.replace('_', ' ')}",
                                    f"{' and '.join(sorted(collections)).replace('_', ' ')}, as its rows say; "
                                    "the rows were believed: rename the file", "flagged"))  # fmt: skip
    return problems


def _years_named(name: str) -> set[int]:
    labels = re.findall(r"(?<!\d)((?:19|20)\d{2})-(\d{2})(?!\d)", name)
    if labels:
        return {int(first) + 1 for first, _ in labels}
    return {int(year) for year in re.findall(r"(?<!\d)((?:19|20)\d{2})(?!\d)", name)}


def _years(springs: set[int]) -> str:
    return ", ".join(year_label(year) for year in sorted(springs))


def _plain(name: str) -> str:
    return " ".join(name.lower().split())
