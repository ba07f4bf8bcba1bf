"""An installation that cannot make reports is refused with 5 before any work, and says which command mends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from invented_release import ROOT

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links of POSIX")

COMMAND = "import sys; sys.argv[0] = 'partnerlib'; from partnerlib.cli import main; sys.exit(main())"


def installed_without(folder: Path, *left_out: str) -> Path:
    """Every package of this installation in another folder, but for some."""
    site = folder / "site-packages"
    site.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.casefold().startswith(left_out) and entry.suffix != ".pth":
            (site / entry.name).symlink_to(entry)
    return site


def of_version(site: Path, name: str, version: str) -> None:
    """A package says that it is of a version."""
    told = site / f"{name}-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")


def reported(folder: Path, site: Path, **environment: str) -> subprocess.CompletedProcess:
    """`partnerlib report` on an installation, and how it ended."""
    path = os.pathsep.join([str(ROOT), str(site)])
    command = [sys.executable, "-S", "-c", COMMAND, "report", "--out", str(folder / "out"),
               "--processed", str(folder / "processed"), "--quiet"]  # fmt: skip
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, env={**os.environ, "PYTHONPATH": path, **environment}
    )


def refused(folder: Path, done: subprocess.CompletedProcess, said: str) -> None:
    assert done.returncode == 5, done.stderr
    assert said in " ".join(done.stderr.split()), done.stderr
    assert "requirements.lock" in done.stderr and "Traceback" not in done.stderr
    assert not (folder / "processed").exists() and not list((folder / "out").glob("[!.]*")), "work had begun"


def test_a_missing_package_is_named(tmp_path: Path) -> None:
    site = installed_without(tmp_path, "docx", "python_docx")
    refused(tmp_path, reported(tmp_path, site), "python-docx is missing")


@pytest.mark.parametrize(("name", "version"), [("pandas", "2.3.3"), ("papermill", "2.4.0")])
def test_a_package_of_a_version_that_does_not_work_is_named(name: str, version: str, tmp_path: Path) -> None:
    site = installed_without(tmp_path, f"{name}-")
    of_version(site, name, version)
    refused(tmp_path, reported(tmp_path, site), f"{name} is {version}, needed is >=")


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (json.dumps({"argv": ["/gone/python", "-m", "ipykernel_launcher"], "display_name": "x"}), "/gone/python"),
        ("{ not a kernel", "kernel 'python3' cannot be read"),
    ],
)
def test_a_wrong_kernel_specification_is_named(kernel: str, said: str, tmp_path: Path) -> None:
    place = tmp_path / "jupyter" / "kernels" / "python3"
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(kernel, encoding="utf-8")
    site = installed_without(tmp_path, "no package at all")
    done = reported(tmp_path, site, JUPYTER_PATH=str(place.parents[1]), JUPYTER_PREFER_ENV_PATH="0")
    refused(tmp_path, done, said)
    assert "python -m ipykernel install" in done.stderr
