"""Every real file is opened or refused with a reason, and no source takes a file of another report for its own."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from partnerlib.sources import all_sources
from partnerlib.sources.reading import UnreadableFile, open_raw


def test_each_family_is_recognised_and_nothing_else(real_data: Path) -> None:
    taken, refused = defaultdict(set), set()
    for path in sorted(path for path in real_data.rglob("*") if path.is_file()):
        try:
            raw = open_raw(path, real_data)
        except UnreadableFile as error:
            refused.add(path.suffix)
            assert error.problem.source_file == path.relative_to(real_data).as_posix() and error.problem.expected
            continue
        for source in all_sources():
            if source.recognise(raw):
                taken[source.name].add(path.relative_to(real_data).as_posix())
    folder = {name: {file.split("/")[0] for file in files} for name, files in taken.items()}
    assert folder == {
        "provider_employment": {"epp_employment_pages"}, "staff_retention": {"staffing_retention"},
        "teacher_data": {"teacher_data"},
    }  # fmt: skip
    assert {name: len(files) for name, files in taken.items()} == {
        "provider_employment": len([*(real_data / "epp_employment_pages").iterdir()]),
        "staff_retention": len([*(real_data / "staffing_retention").iterdir()]),
        "teacher_data": len([p for p in (real_data / "teacher_data").iterdir() if "area" not in p.name]),
    }
    assert refused <= {".dbf", ".prj", ".shp", ".shx"}, "only the parts of a shapefile are no tables"
