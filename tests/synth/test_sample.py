"""The committed sample is exactly what one command writes, small, and marked as invented everywhere."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from partnerlib.synth import names

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "data" / "raw" / "sample"
REAL = ROOT.parent / "shared" / "real-data" / "directory"

CAP_ELEMENTS = ("1A4", "1B2", "2A3", "2B1", "2D2", "4A1")
HEADERS = {
    "organizations": "ORG_CODE,ORG_NAME,ORG_ROLE,ORG_TYPE,PARENT_CODE,SY,TOWN,GRADES,LATITUDE,LONGITUDE,STATUS,"
    "SUCCESSOR_CODE,SYNTHETIC",
    "organization_aliases": "ORG_CODE,ORG_ROLE,ALIAS",
    "completers": "SO_CODE,SO_NAME,SY,PROGRAM_NAME,PROGRAM_TYPE,PROGRAM_LEVEL,MEPID,FIRST_NAME,MIDDLE_NAME,LAST_NAME,"
    "DATE_OF_BIRTH,GENDER,RACE_ETHNICITY,EMAIL,LICENSE_NUMBER,COMPLETION_DATE,HOME_TOWN,GPA",
    "cap": "ORGANIZATION_NM,PRACT_DISTRICT_NAME,PRACT_SCHOOL_NAME,SCH_YEAR,PROGRAM_NAME,CAND_MEPID,CAND_FIRST_NAME,"
    "CAND_LAST_NAME,CAND_EMAIL,PS_NAME,PS_EMAIL,SP_NAME,SP_MEPID,SP_FIRST_NAME,SP_LAST_NAME,SP_EMAIL,"
    + ",".join(f"{phase}{element}{side}" for phase in "FS" for element in CAP_ELEMENTS for side in "QSC")
    + ",READY_TO_TEACH",
    "epims_sr": "SY,PERIOD,DIST_CODE," + ",".join(f"SR{n:02d}" for n in range(1, 39)),
    "epims_wa": "SY,PERIOD,DIST_CODE," + ",".join(f"WA{n:02d}" for n in range(1, 18)),
    "sims": "SY,PERIOD,DIST_CODE," + ",".join(f"DOE{n:03d}" for n in range(1, 42)),
    "scs": "SY,PERIOD,DIST_CODE," + ",".join(f"SCS{n:02d}" for n in range(1, 15)),
    "mcas_student": "ADMINYEAR,SASID,SPRP_DIS,SPRP_SCH,GRADE,ETESTSTAT,ESCALEDS,EPERF2,ESGP,MTESTSTAT,MSCALEDS,"
    "MPERF2,MSGP",
    "evaluation": "SY,DIST_CODE,MEPID,EVAL_PLAN,RATING_TYPE,OVERALL_RATING,STANDARD_I,STANDARD_II,STANDARD_III,"
    "STANDARD_IV",
    "survey": "SURVEY,SY,SO_CODE,SO_NAME,RESPONDENT_ID,SCH_CODE,READINESS,ITEM_1,ITEM_2,ITEM_3,ITEM_4,ITEM_5",
}


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_the_sample_is_written_again_byte_for_byte(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from partnerlib.synth import write_state; " \
             "write_state(Path(sys.argv[1]), scale='small')"  # fmt: skip
    other_place = {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "4711"}
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, cwd=ROOT, env=os.environ | other_place)
    again, committed = _files(tmp_path), _files(SAMPLE)
    assert sorted(again) == sorted(committed)
    assert [name for name in again if again[name] != committed[name]] == []


def test_an_older_sample_is_replaced_and_other_files_are_left_alone(tmp_path: Path) -> None:
    from partnerlib.synth import write_state

    (tmp_path / "cap_1999.csv").write_text("an older year of an older sample", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("someone's own", encoding="utf-8")
    write_state(tmp_path, scale="small")
    assert not (tmp_path / "cap_1999.csv").exists()
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "someone's own"


def test_an_unknown_scale_is_named_with_the_known_ones(tmp_path: Path) -> None:
    from partnerlib.errors import ParameterError
    from partnerlib.synth import write_state

    with pytest.raises(ParameterError, match="did you mean 'state'"):
        write_state(tmp_path, scale="sttae")  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_the_sample_takes_less_than_ten_megabytes_on_disk() -> None:
    blocks = sum(-(-path.stat().st_size // 4096) * 4096 for path in SAMPLE.rglob("*") if path.is_file())
    assert blocks < 10_000_000


def test_every_file_has_the_agencies_header_and_says_what_year_it_is() -> None:
    for path in SAMPLE.glob("*.csv"):
        family = re.sub(r"(_(sp|hp|candidate|completer))?(_\d{4})?(_oct|_eoy)?$", "", path.stem)
        with path.open(encoding="utf-8", newline="") as handle:
            reader = csv.reader(handle)
            header = next(reader)
            first = next(reader)
        assert ",".join(header) == HEADERS[family], path.name
        year = re.search(r"_(\d{4})", path.name)
        if year:
            spring = int(year[1])
            label = str(spring) if family == "mcas_student" else f"{spring - 1}-{spring % 100:02d}"
            assert label in first, path.name


def test_cap_submissions_have_the_fifty_three_columns() -> None:
    assert HEADERS["cap"].count(",") + 1 == 53


def test_every_organization_is_marked_invented_and_has_a_code_no_real_one_has() -> None:
    for path in SAMPLE.glob("organizations_*.csv"):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            assert row["SYNTHETIC"] == "Yes"
            assert re.fullmatch(r"8900\d{4}|9[5-8]\d{6}", row["ORG_CODE"]), row["ORG_CODE"]


def test_the_readme_says_synthetic_in_its_first_line_and_how_to_write_it_again() -> None:
    lines = (SAMPLE / "README.md").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("SYNTHETIC")
    assert "    partnerlib sample --scale small --out data/raw/sample" in lines


@pytest.mark.real_data
@pytest.mark.skipif(not REAL.is_dir(), reason="published directory files are not at hand")
def test_no_invented_place_is_a_real_one() -> None:
    with (REAL / "jillk_school_addresses__no_contact.csv").open(encoding="utf-8", errors="replace") as handle:
        rows = list(csv.DictReader(handle))
    real = {row["Town"].lower() for row in rows} | {row["Org Name"].split(": ")[-1].lower() for row in rows}
    words = {word for name in real for word in re.findall(r"[a-z]+", name)}
    assert len(real) > 1000
    assert sorted(set(map(str.lower, names.place_names(400))) & words) == []
    kinds = (
        "",
        " Elementary School",
        " Elementary",
        " Middle School",
        " Early Learning Center",
        " School",
        " High School",
    )
    invented = {f"{word}{kind}".lower() for word in names.SCHOOL_WORDS for kind in kinds}
    assert sorted(invented & real) == []
