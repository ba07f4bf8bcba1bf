"""The reports of one year as they are to be: what is the same for every page, and the key each page is known by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from partnerlib.disclosure.sealed import read_release
from partnerlib.disclosure.zones import SealedRelease
from partnerlib.errors import ParameterError
from partnerlib.project import Project, code_sha256
from partnerlib.reports.drawn import Drawn
from partnerlib.reports.geography import district_places
from partnerlib.reports.inputs import commit, environment, sha256_of
from partnerlib.reports.parameters import resolve
from partnerlib.reports.plan import Page, Plan, is_synthetic, pages_of, read_plan
from partnerlib.reports.printing import audience_name
from partnerlib.reports.record import sha256


@dataclass(frozen=True)
class Edition:
    """What is the same for every page of a year's reports."""

    project: Project
    plan: Plan
    report_year: int
    released: Path
    """Folder of the sealed release."""
    release: SealedRelease = field(repr=False)
    pages: Sequence[Page] = field(repr=False)
    """Every page of the plan, in the order of the index."""
    is_synthetic: bool
    formats: tuple[str, ...] = ("html",)
    """Formats every page is written in."""
    environment: Mapping[str, object] = field(default_factory=environment, repr=False)

    @cached_property
    def audience(self) -> str:
        """The one organization the release is for, by name; empty for a public one."""
        return audience_name(self.release)

    @cached_property
    def places(self) -> str:
        """Where districts are: public geography, for maps."""
        return district_places(self.project, self.report_year)

    @cached_property
    def drawn(self) -> Drawn:
        """What each page is drawn from."""
        return Drawn.of_release(self.release)

    @cached_property
    def notebooks(self) -> Mapping[str, str]:
        """Hash of the notebook of each kind of page."""
        return {kind: sha256(entry.notebook) for kind, entry in self.plan.entries.items()}

    def parameters(self, page: Page) -> dict[str, Any]:
        """The parameters of a page's notebook, each in its declared type."""
        entry = self.plan.entries[page.kind]
        given = {
            **entry.parameters,
            "report_year": self.report_year,
            "unit_code": page.unit_code,
            "release_path": str(self.released),
            **({"places": self.places} if "places" in entry.declared else {}),
        }
        return resolve(given, entry.declared, f"{page.kind}:{page.unit_code}")

    def key(self, page: Page) -> str:
        """Hash of all a page is made from: its released cells, notebook, parameters, the library and the packages.

        Not the release: where nothing changed but cells of others, the page is what it was.
        """
        settings = {name: value for name, value in self.parameters(page).items() if name != "release_path"}
        return sha256_of(
            self.drawn.by(page.kind, page.unit_code), self.notebooks[page.kind], sorted(settings.items()),
            self.plan.entries[page.kind].title, repr(page), self.is_synthetic, self.formats, code_sha256(),
            self.environment,
        )  # fmt: skip

    def whole_key(self, keys: Sequence[tuple[str, str]]) -> str:
        """Hash of all a year's folder is made from, its pages in their order: the same key means the same folder."""
        return sha256_of(
            list(keys), sha256(self.released / "manifest.json"), self.notebooks, self.is_synthetic, self.places,
            code_sha256(), self.environment,
        )  # fmt: skip

    def facts(self, inputs: Mapping[str, str]) -> dict[str, Any]:
        """What the record says of a run before it comes to its pages."""
        manifest = self.release.manifest
        parameters = {
            kind: {name: entry.declared[name].cast(value) for name, value in entry.parameters.items()}
            for kind, entry in self.plan.entries.items()
        }
        return {
            "report_year": self.report_year,
            "is_synthetic": self.is_synthetic,
            "release": manifest.release_id,
            "policy": manifest.policy,
            "audience": manifest.audience,
            "inputs_sha256": dict(sorted(inputs.items())),
            "parameters": parameters,
            "limits": {"seconds": self.plan.seconds, "memory_mb": self.plan.memory_mb},
            "code_sha256": code_sha256(),
            "commit": commit(self.project.root),
            **self.environment,
        }


def read_edition(
    project: Project, report_year: int, released: str | Path, formats: tuple[str, ...] = ("html",)
) -> Edition:
    """The reports of a year as plan, notebooks, directory and release would have them; all mistakes told at once."""
    plan = read_plan(project.plan, project.notebooks / "reports")
    folder = Path(released).resolve()
    release = read_release(folder)
    pages = pages_of(plan, project, report_year, folder)
    refuse_same_names(pages)
    return Edition(project, plan, report_year, folder, release, pages, is_synthetic(project), formats)


def refuse_same_names(pages: Sequence[Page]) -> None:
    """Refuse pages that would be one file on some computer: capital letters are no difference on many of them."""
    by_name: dict[str, list[Page]] = {}
    for page in pages:
        by_name.setdefault(page.path.casefold(), []).append(page)
    same = [
        f"{path}: the page of {' and of '.join(f'{page.kind}:{page.unit_code}' for page in those)}; a file has one page"
        for path, those in by_name.items()
        if len(those) > 1
    ]
    if same:
        raise ParameterError("\n".join(same))
