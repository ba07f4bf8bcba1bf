"""A unit of any size has its page, and whatever the clock of the computer does, years are those of the data."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from invented_page import report_page
from invented_release import DISTRICT, PAIR, SMALL_DISTRICT, TYPICAL, invented_cells, release_of
from tiny_reports import IS_FULL, YEAR, content, different, ended, moved, started, tiny

from partnerlib.reports.page import html_of
from partnerlib.reports.plan import slug

MANY = 300
CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long long asked = 0;
static long long shift(void) { /* set at first, and put back by a day at every hundredth question */
  const char *to = getenv("CLOCK_SHIFT");
  return (to ? atoll(to) : 0) - (++asked / 100) * 86400;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *) = 0;
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int told = real(clock, now);
  if (clock == CLOCK_REALTIME) now->tv_sec += shift();
  return told;
}
time_t time(time_t *where) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (where) *where = now.tv_sec;
  return now.tv_sec;
}
"""
"""A clock that is wrong, and jumps back while it is watched; only of what time of day it is, as on a real computer."""

MOMENTS = {"last day of a leap February": 1582934390, "end of a fiscal year": 1593575990, "far ahead": 4102444790}
"""Seconds of 1970 at which a run begins: 2020-02-28 and 2020-06-30, ten seconds before midnight; 2099-12-31."""


def of_many_districts() -> pd.DataFrame:
    """The invented cells, the provider placing in three hundred districts more."""
    cells = invented_cells()
    told = {"district": cells[cells["unit_code"] == DISTRICT], "partnership": cells[cells["unit_code"] == PAIR]}
    more = []
    for number in range(MANY):
        code = f"{97100000 + 1000 * number}"
        more += [
            told["district"].assign(unit_code=code, unit_name=f"Town {number}"),
            told["partnership"].assign(unit_code=f"{TYPICAL}-{code}", unit_name=f"Harbor and Town {number}"),
        ]
    return pd.concat([cells, *more], ignore_index=True)


@pytest.mark.parametrize("kind", ["provider", "review"])
def test_a_provider_of_three_hundred_districts_has_its_page(kind: str, tmp_path: Path) -> None:
    page = html_of(report_page(kind, TYPICAL, release_of(tmp_path, of_many_districts())))
    assert sum(f"Town {number}<" in page or f"Town {number} " in page for number in range(MANY)) >= 10
    assert "more" in page, "those that are not shown are counted"
    assert len(page) < 3_000_000


def test_a_unit_whose_name_has_four_thousand_letters_has_its_page(tmp_path: Path) -> None:
    cells, name = invented_cells(), "Llanfair " * 444
    cells.loc[cells["unit_code"] == TYPICAL, "unit_name"] = name
    page = html_of(report_page("provider", TYPICAL, release_of(tmp_path, cells)))
    assert name.strip() in page and len(slug(name)) <= 40


def test_a_district_whose_every_number_is_withheld_is_told_why(tmp_path: Path) -> None:
    here, _ = tiny(tmp_path)
    assert ended(started(here, only=[f"district:{SMALL_DISTRICT}"])).returncode == 0
    page = next((here.out / str(YEAR) / "district").glob("*.html")).read_text(encoding="utf-8")
    assert "withheld" in page


@pytest.mark.skipif(os.name == "nt" or not shutil.which("cc"), reason="needs a compiler of C")
def test_whatever_the_clock_says_the_years_and_every_byte_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "clock.c").write_text(CLOCK, encoding="utf-8")
    library = tmp_path / "clock.so"
    built = subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "clock.c", "-ldl"], check=False)
    if built.returncode:
        pytest.skip("the compiler of C has no headers")
    here, _ = tiny(tmp_path / "project")
    only = ["state", f"district:{SMALL_DISTRICT}"]
    usual = moved(here, tmp_path / "usual")
    assert ended(started(usual, only=only)).returncode == 0
    expected = content(usual.out / str(YEAR))
    now = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    for name, moment in list(MOMENTS.items())[: None if IS_FULL else 1]:
        other = moved(here, tmp_path / "other")
        clock = {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(moment - now)}
        shown = subprocess.run(["date", "+%Y"], capture_output=True, text=True, env={**os.environ, **clock}, check=True)
        assert shown.stdout.strip() in {"2020", "2099"}, "the clock was not set"
        told = ended(started(other, clock, only=only))
        assert told.returncode == 0, told.stderr
        assert different(content(other.out / str(YEAR)), expected) == set(), name
