"""The lock file, the conda environment and the declared dependencies say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

from partnerlib.installation import examine, pins
from partnerlib.project import project

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"


def declared() -> list[Requirement]:
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in [*described["dependencies"], *described["optional-dependencies"]["dev"]]]


def test_every_declared_dependency_is_pinned_within_its_bounds() -> None:
    versions: dict[str, list[str]] = {}
    for pin in pins(LOCK):
        versions.setdefault(pin.name, []).append(pin.version)
    for requirement in declared():
        name = requirement.name.lower()
        assert name in versions, f"{name} is declared and not locked; run `make lock`"
        assert all(requirement.specifier.contains(version) for version in versions[name])


def test_the_lock_file_has_a_hash_for_every_pin_and_no_index_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
    assert "://" not in text
    assert "index-url" not in text


def test_the_conda_environment_installs_exactly_the_lock_file() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    pip = next(entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    conda = [entry.split("=")[0] for entry in environment["dependencies"] if isinstance(entry, str)]
    assert pip == ["-r requirements.lock"]
    assert not set(conda) & {pin.name for pin in pins(LOCK)} - {"pip"}, "a package pinned twice can differ"


def test_the_readme_gives_a_reason_for_every_dependency() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    unnamed = [requirement.name for requirement in declared() if requirement.name.lower() not in readme]
    assert not unnamed, f"the README does not name {unnamed}"


def test_the_doctor_finds_this_installation_well() -> None:
    assert [str(finding) for finding in examine(project()) if not finding.is_well] == []
