"""The plan of a year's reports: which page for which unit, from which notebook, with which parameters.

Everything is checked here, all problems at once, before a kernel starts or a file is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from partnerlib.codes import STATE_CODE, is_organization_code, repaired_code
from partnerlib.disclosure.sealed import read_release
from partnerlib.errors import ParameterError, did_you_mean
from partnerlib.project import Project
from partnerlib.reports.drawn import UNIT_OF, WITH_PARTNERSHIPS
from partnerlib.reports.parameters import Parameter, problems_of, read_parameters
from partnerlib.reports.printing import NOBODY, WITHHELD, has_number

KINDS = ("state", "provider", "district", "partnership", "review", "advisory")
"""Kinds of page, in the order of the index."""

ONLY_PUBLISHED = ("program", "partnership")
"""Kinds of unit whose existence in the data is a fact about people: listed only with a published number."""

GIVEN_BY_THE_RUN = ("report_year", "unit_code", "release_path")
"""Parameters every report notebook declares; the run gives them, a plan cannot."""

SECONDS = 120
"""Longest a page may take, unless the plan says otherwise."""

MEMORY_MB = 1500
"""Most memory the cells of a page may take, unless the plan says otherwise."""

SLUG_CHARACTERS = 40


class TextLoader(yaml.SafeLoader):
    """YAML with every scalar read as text: a bare 00350000 is a code, not the octal number it is to YAML."""

    yaml_implicit_resolvers: dict = {}


@dataclass(frozen=True)
class Entry:
    """One kind of page, as the plan writes it."""

    kind: str
    title: str
    notebook: Path
    units: tuple[str, ...]
    """Codes of the units, or empty for all."""
    parameters: Mapping[str, str]
    declared: Mapping[str, Parameter]


@dataclass(frozen=True)
class Plan:
    """Every kind of page of the plan, checked."""

    entries: Mapping[str, Entry]
    seconds: int
    memory_mb: int = MEMORY_MB


@dataclass(frozen=True)
class Page:
    """One page to be made: a unit and the entry it is made by."""

    kind: str
    unit_code: str
    unit_name: str
    reason_for_nothing: str
    """Why there is nothing to report, in words; empty when there is something."""

    @property
    def slug(self) -> str:
        """The page's name in a file system and an address: kind, code and a short, plain form of the unit's name."""
        return f"{self.kind}/{self.unit_code}-{slug(self.unit_name)}".rstrip("-")

    @property
    def path(self) -> str:
        return f"{self.slug}.html"


def slug(name: str) -> str:
    """A name in small letters, digits and hyphens, at most forty characters; the code before it keeps it unique.

    >>> slug("Université of the Åland/Islands")
    'universite-of-the-aland-islands'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_CHARACTERS].strip("-")


def read_plan(path: Path, notebooks: Path) -> Plan:
    """The plan, checked whole: kinds, notebooks, units and parameters; one ParameterError lists every problem."""
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=TextLoader)
    except yaml.YAMLError as problem:
        raise ParameterError(f"{path.name}: not YAML: {problem}") from None
    raw = raw if isinstance(raw, dict) else {}
    problems = _unknown(raw, ("reports", "limits"), path.name)
    entries = {}
    for kind, fields in (raw.get("reports") or {}).items():
        where = f"{path.name}: {kind}"
        if kind not in KINDS:
            problems.append(f"{where}: unknown kind of page; {did_you_mean(str(kind), KINDS)}")
            continue
        problems += _unknown(fields, ("notebook", "title", "units", "parameters"), where)
        notebook = notebooks / str(fields.get("notebook", f"{kind}.ipynb"))
        declared = read_parameters(notebook)
        parameters = fields.get("parameters") or {}
        problems += problems_of(parameters, declared, where)
        problems += [
            f"{where}: {name} is given by the run, not by the plan" for name in parameters if name in GIVEN_BY_THE_RUN
        ]
        problems += [f"{notebook.name}: does not declare {name}" for name in GIVEN_BY_THE_RUN if name not in declared]
        units = fields.get("units", "all")
        codes = () if units == "all" else tuple(units if isinstance(units, list) else [units])
        problems += [f"{where}: {code!r} is not a unit's code" for code in codes if not is_unit_code(kind, code)]
        entries[kind] = Entry(kind, fields.get("title", kind), notebook, codes, parameters, declared)
    limits = raw.get("limits") or {}
    problems += _unknown(limits, ("seconds", "memory"), f"{path.name}: limits")
    seconds, memory = str(limits.get("seconds", SECONDS)), str(limits.get("memory", MEMORY_MB))
    problems += [
        f"{path.name}: limits: {name}={value}: expected a whole number of {unit}, 1 or more"
        for name, value, unit in (("seconds", seconds, "seconds"), ("memory", memory, "megabytes"))
        if not value.isdigit() or int(value) < 1
    ]
    if not entries and not problems:
        problems.append(f"{path.name}: no reports; expected one entry for each kind of page ({', '.join(KINDS)})")
    if problems:
        raise ParameterError("\n".join(problems))
    return Plan({kind: entries[kind] for kind in KINDS if kind in entries}, int(seconds), int(memory))


def _unknown(fields: Any, known: Iterable[str], where: str) -> list[str]:
    names = fields if isinstance(fields, dict) else {}
    return [
        f"{where}: unknown entry {name!r}; {did_you_mean(str(name), known)}" for name in names if name not in set(known)
    ]


def is_unit_code(kind: str, code: str) -> bool:
    """Whether a text has the form of a code of that kind of unit.

    >>> is_unit_code("provider", "89000001"), is_unit_code("partnership", "89000001-97010000")
    (True, True)
    """
    parts = code.split("-") if kind == "partnership" else [code]
    return len(parts) == (2 if kind == "partnership" else 1) and all(map(is_organization_code, parts))


def pages_of(plan: Plan, project: Project, report_year: int, released: Path) -> list[Page]:
    """Every page of the plan: units of the release, and providers and districts that are open but have no number."""
    cells = read_release(
        released, [[("unit_kind", "in", sorted({UNIT_OF.get(kind, kind) for kind in plan.entries}))]]
    ).cells
    units = _units(cells, _organizations(project, report_year))
    pages = []
    problems = []
    for kind, entry in plan.entries.items():
        known = units.get(UNIT_OF.get(kind, kind), {})
        problems += [
            f"plan.yml: {kind} {code}: no such unit in the data; {did_you_mean(code, known)}"
            for code in entry.units
            if code not in known
        ]
        for code in entry.units or sorted(known):
            if code in known:
                name, has_number, has_row = known[code]
                pages.append(Page(kind, code, name, _reason(has_number, has_row)))
    if problems:
        raise ParameterError("\n".join(problems))
    return pages


def _reason(has_number: bool, has_row: bool) -> str:
    if has_number:
        return ""
    return WITHHELD if has_row else NOBODY


def _units(cells: pd.DataFrame, organizations: pd.DataFrame) -> dict[str, dict[str, tuple[str, bool, bool]]]:
    cells = cells.assign(has_number=has_number(cells))
    cells = cells.assign(has_row=cells["has_number"] | cells["withheld"])
    found = cells.sort_values("cohort").groupby(["unit_kind", "unit_code"], sort=True)[
        ["unit_name", "has_number", "has_row"]
    ].agg({"unit_name": "last", "has_number": "any", "has_row": "any"})  # fmt: skip
    units: dict[str, dict[str, tuple[str, bool, bool]]] = {
        kind: {row.code: (row.name, False, False) for row in part.itertuples(index=False)}
        for kind, part in organizations.groupby("role")
    }
    for (kind, code), row in found.iterrows():
        if kind in ONLY_PUBLISHED and not row["has_number"]:
            continue
        name = str(row["unit_name"]) if pd.notna(row["unit_name"]) else str(code)
        name = "The state" if kind == "state" else name
        units.setdefault(kind, {})[code] = (name, bool(row["has_number"]), bool(row["has_row"]))
    units.setdefault("state", {}).setdefault(STATE_CODE, ("The state", False, False))
    return units


def _organizations(project: Project, report_year: int) -> pd.DataFrame:
    """Providers and districts open in the report year, with their newest name; empty without a directory."""
    path = project.processed / "organizations.parquet"
    columns = ["organization_code", "role", "organization_name", "school_year"]
    if not path.is_file():
        return pd.DataFrame(columns=["role", "code", "name"])
    table = pd.read_parquet(path)
    if "is_open" in table:
        table = table[table["is_open"].fillna(True).astype(bool)]
    table = table[table["role"].isin(["provider", "district"]) & (table["school_year"] <= report_year)][columns]
    newest = table.sort_values("school_year").drop_duplicates(["organization_code", "role"], keep="last")
    newest = newest[newest["school_year"] == newest["school_year"].max()]
    return newest.rename(columns={"organization_code": "code", "organization_name": "name"})


def is_synthetic(project: Project) -> bool:
    """Whether the directory of organizations says that the state is invented; then every page says so."""
    path = project.processed / "organizations.parquet"
    if not path.is_file():
        return False
    flags = pd.read_parquet(path, columns=["is_synthetic"])["is_synthetic"]
    return bool(flags.fillna(False).any())


def refuse_malformed(only: Iterable[str]) -> None:
    """Refuse names of `--only` that are of no page of any year, before anything is read or computed."""
    problems = []
    for text in only:
        kind, colon, code = text.partition(":")
        if kind not in KINDS:
            problems.append(f"--only {text}: unknown kind of page; {did_you_mean(kind, KINDS)}")
        elif colon and not is_unit_code(kind, code):
            whole = repaired_code(code) if kind != "partnership" else ""
            hint = f"a code has eight digits with its leading zeros, perhaps '{whole}'" if whole else "no unit's code"
            problems.append(f"--only {text}: {hint}")
    if problems:
        raise ParameterError("\n".join(problems))


def chosen(pages: list[Page], only: Iterable[str]) -> list[Page]:
    """The pages that `--only` names, as kind or kind:code; one ParameterError lists every name that is none."""
    wanted: set[tuple[str, str]] = set()
    problems = []
    kinds = [kind for kind in KINDS if any(page.kind == kind for page in pages)]
    for text in only:
        kind, colon, code = text.partition(":")
        if kind not in kinds:
            problems.append(f"--only {text}: unknown kind of page; {did_you_mean(kind, kinds)}")
            continue
        codes = [page.unit_code for page in pages if page.kind == kind]
        if colon and code not in codes:
            if (
                UNIT_OF.get(kind, kind) in WITH_PARTNERSHIPS
                and not is_organization_code(code)
                and (whole := repaired_code(code))
            ):
                problems.append(f"--only {text}: a code has eight digits with its leading zeros, perhaps '{whole}'")
                continue
            near = did_you_mean(code, codes) if len(codes) <= 20 or _is_near(code, codes) else f"such as {codes[0]}"
            problems.append(f"--only {text}: no {kind} with this code; {near}")
        wanted |= {(kind, known) for known in codes if not colon or known == code}
    if problems:
        raise ParameterError("\n".join(problems))
    return [page for page in pages if (page.kind, page.unit_code) in wanted] if wanted else pages


def _is_near(code: str, codes: list[str]) -> bool:
    return did_you_mean(code, codes).startswith("did you mean")
