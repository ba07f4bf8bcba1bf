"""What only the maker of a synthetic state knows: parameters, planted effects, true identities, where the dirt is."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import Histories
from partnerlib.synth.mess import Spot
from partnerlib.synth.parameters import EVALUATED_SHARES, RATING_SHARES, READINESS_SHARES, Parameters
from partnerlib.synth.preparation_files import Identities
from partnerlib.synth.scales import Scale

FOLDER = "truth"
LINKS = ("provider_code", "cohort", "email", "first_name", "last_name", "reported_mepid", "true_mepid", "is_completer",
         "is_placed", "in_staff_files", "value_added_math", "value_added_ela", "mentor_true_mepid",
         "mentor_value_added_sd", "hired_placed", "hired_district", "match")  # fmt: skip


def write_truth(
    folder: Path, scale: Scale, parameters: Parameters, geography: Geography, histories: Histories,
    identities: Identities, marginals: dict[str, float], spots: list[Spot], seed: int,
) -> dict[str, object]:  # fmt: skip
    """Write `truth.json` and `truth_links.csv` into `folder`; return what the first holds."""
    truth: dict[str, object] = {
        "synthetic": True,
        "scale": scale.name,
        "seed": seed,
        "years": [scale.first_year, scale.last_year],
        "student_years": [scale.first_student_year, scale.last_year] if scale.students else [],
        "parameters": parameters.as_dict(),
        "targets": {
            "ratings": {str(year): shares for year, shares in RATING_SHARES.items()},
            "evaluated": {str(year): share for year, share in EVALUATED_SHARES.items()},
            "readiness": READINESS_SHARES,
        },
        "solved": {
            "placement_school_bonus": round(histories.placement_bonus[0], 6),
            "placement_district_bonus": round(histories.placement_bonus[1], 6),
        },
        "providers": _providers(geography),
        "partnerships": _partnerships(geography),
        "special": _special(geography),
        "marginals": {name: round(value, 6) for name, value in marginals.items()},
        "mess": {"rows": [spot.as_dict() for spot in spots], "counts": _counts(spots)},
    }
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(truth, indent=1, sort_keys=True)
    (folder / "truth.json").write_text(text + "\n", encoding="utf-8", newline="\n")
    _write_links(folder / "truth_links.csv", scale, geography, histories, identities)
    return truth


def _providers(geography: Geography) -> list[dict[str, object]]:
    """Planted effects of every provider: on value added in SD, on being hired in log odds."""
    rows = zip(geography.provider_code, geography.provider_name, geography.provider_effect, geography.provider_hire,
               strict=True)  # fmt: skip
    return [
        {"code": code, "name": name, "value_added": round(float(effect), 6), "hire_log_odds": round(float(hire), 6)}
        for code, name, effect, hire in rows
    ]


def _partnerships(geography: Geography) -> list[dict[str, object]]:
    pairs = np.argwhere(geography.partner_since > 0)
    return [
        {"provider_code": geography.provider_code[p], "district_code": geography.district_code[d],
         "since": int(geography.partner_since[p, d])}
        for p, d in pairs
    ]  # fmt: skip


def _special(geography: Geography) -> dict[str, object]:
    """Units that reports and tests use as edge cases."""
    closed = np.flatnonzero(geography.school_closed > 0)
    renamed = np.flatnonzero(geography.school_renamed > 0)
    return {
        "tiny_provider": geography.provider_code[-1],
        "provider_without_placements": geography.provider_code[-2],
        "provider_sharing_a_district_code": geography.provider_code[-3],
        "residency_provider": geography.provider_code[-4],
        "district_that_hosts_nobody": [geography.district_code[d] for d in np.flatnonzero(~geography.hosts)],
        "closed_schools": {geography.school_code[s]: int(geography.school_closed[s]) for s in closed},
        "renamed_schools": {geography.school_code[s]: int(geography.school_renamed[s]) for s in renamed},
    }


def _counts(spots: list[Spot]) -> dict[str, int]:
    names = sorted({spot.file for spot in spots})
    return {name: sum(spot.file == name and spot.action == "rejected" for spot in spots) for name in names}


def _write_links(path: Path, scale: Scale, geography: Geography, histories: Histories, identities: Identities) -> None:
    """True MEPID of every candidate in the files, with what was planted in them."""
    people = histories.people
    on_file = np.zeros(len(people["mepid"]), bool)
    for year in scale.years:
        on_file[histories.octobers[year]["person"]] = True
        on_file[histories.midyear[year]["person"]] = True
    placed = people["place_school"] >= 0
    cohort = people["cohort"]
    who = np.flatnonzero((cohort >= scale.first_year) & (cohort <= scale.last_year) & (placed | people["is_completer"]))
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(LINKS)
        for i in who:
            mentor, reported = people["mentor"][i], identities.mepid[i]
            writer.writerow((
                geography.provider_code[people["provider"][i]], cohort[i], identities.email[i], identities.first[i],
                identities.last[i], f"{reported:08d}" if reported >= 0 else "", f"{people['mepid'][i]:08d}",
                int(people["is_completer"][i]), int(placed[i]), int(on_file[i]), f"{people['va_math'][i]:.4f}",
                f"{people['va_ela'][i]:.4f}", f"{people['mepid'][mentor]:08d}" if mentor >= 0 else "",
                f"{people['mentor_va'][i]:.3f}", int(people["hired_placed"][i]), int(people["hired_district"][i]),
                int(people["match"][i]),
            ))  # fmt: skip
