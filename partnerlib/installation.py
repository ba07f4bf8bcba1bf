"""Is this installation the one the results were made with? `partnerlib doctor` asks, and says what to run if not."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from partnerlib.errors import EnvironmentProblem
from partnerlib.project import Project

_PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?:;\s*(?P<marker>[^\\]+))?")

INSTALL = "run `make report` again, or `python -m pip install --require-hashes -r requirements.lock`"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    is_well: bool
    remark: str

    def __str__(self) -> str:
        return f"{'ok     ' if self.is_well else 'PROBLEM'} {self.subject}: {self.remark}"


@dataclass(frozen=True)
class Pin:
    """One exact version of the lock file."""

    name: str
    version: str
    marker: str
    """Where the pin applies (PEP 508); empty for everywhere."""


def pins(lock: Path) -> list[Pin]:
    """The exact versions a lock file asks for."""
    matches = (_PIN.match(line) for line in lock.read_text(encoding="utf-8").splitlines())
    return [Pin(m["name"].lower(), m["version"], (m["marker"] or "").strip()) for m in matches if m]


def _applies(pin: Pin) -> bool:
    from packaging.markers import Marker

    return not pin.marker or Marker(pin.marker).evaluate()


def _packages(lock: Path) -> Finding:
    wrong = []
    for pin in filter(_applies, pins(lock)):
        try:
            installed = metadata.version(pin.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{pin.name} is missing")
            continue
        if installed != pin.version:
            wrong.append(f"{pin.name} is {installed}, pinned {pin.version}")
    remark = f"{'; '.join(wrong)}; {INSTALL}" if wrong else f"all {len(pins(lock))} pins of {lock.name} hold"
    return Finding("packages", not wrong, remark)


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    is_new_enough = sys.version_info >= (3, 11)
    return Finding("Python", is_new_enough, version if is_new_enough else f"{version}; 3.11 or newer is needed")


def _kernel() -> Finding:
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return Finding("Jupyter kernel", False, f"jupyter_client cannot be imported; {INSTALL}")
    mend = "run `python -m ipykernel install --sys-prefix`"
    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except NoSuchKernel:
        return Finding("Jupyter kernel", False, f"no kernel 'python3'; {mend}")
    except (ValueError, TypeError) as problem:
        return Finding("Jupyter kernel", False, f"kernel 'python3' cannot be read ({problem}); {mend}")
    if not spec.argv or shutil.which(spec.argv[0]) is None:
        said = spec.argv[0] if spec.argv else "nothing"
        return Finding("Jupyter kernel", False, f"kernel 'python3' starts {said}, which is not there; {mend}")
    return Finding("Jupyter kernel", True, spec.display_name)


def _folders(project: Project) -> list[Finding]:
    raw_is_there = project.raw.is_dir() and any(project.raw.iterdir())
    remark = "there" if raw_is_there else "empty or missing; run `partnerlib sample`"
    plan = Finding(
        "report plan", project.plan.is_file(), "there" if project.plan.is_file() else "reports/plan.yml is gone"
    )
    return [Finding("raw files", raw_is_there, remark), plan]


def refuse_unfit() -> None:
    """Refuse to begin where a package the library declares is missing or of a version it cannot work with.

    Errors
        EnvironmentProblem naming each, and the command that mends it
    """
    from packaging.requirements import Requirement

    wanted = [Requirement(text) for text in metadata.requires("partnerlib") or ()]
    wrong = []
    for package in wanted:
        if package.marker and not package.marker.evaluate({"extra": ""}):
            continue
        try:
            installed = metadata.version(package.name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{package.name} is missing")
            continue
        if not package.specifier.contains(installed, prereleases=True):
            wrong.append(f"{package.name} is {installed}, needed is {package.specifier}")
    kernel = _kernel()
    wrong += [] if kernel.is_well else [kernel.remark]
    if wrong:
        raise EnvironmentProblem(f"this installation cannot make reports: {'; '.join(wrong)}; {INSTALL}")


def examine(project: Project) -> list[Finding]:
    """Everything that could keep the main job from running, looked at at once."""
    return [_python(), _packages(project.root / "requirements.lock"), _kernel(), *_folders(project)]
