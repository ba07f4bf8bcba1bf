"""What a synthetic state turned out to be: the marginals a calibration is judged by, from the simulated truth."""

from __future__ import annotations

import numpy as np

from partnerlib.synth.arrays import Flags, Ints
from partnerlib.synth.geography import Geography
from partnerlib.synth.histories import TEACHER, Histories
from partnerlib.synth.parameters import READINESS_SHARES
from partnerlib.synth.scales import Scale
from partnerlib.synth.survey_files import responses


def marginals(histories: Histories, geography: Geography, scale: Scale, seed: int) -> dict[str, float]:
    """Shares from 0 to 1, standard deviations and correlations; counts end in `_n`."""
    return (
        retention(histories, geography, scale)
        | first_jobs(histories, geography, scale)
        | employment(histories, scale)
        | ratings(histories)
        | readiness(histories, scale, seed)
        | {"provider_value_added_sd": float(geography.provider_effect.std())}
    )


def _working(histories: Histories, year: int, job: int | None = TEACHER) -> tuple[Ints, Ints]:
    october = histories.octobers[year]
    here = october["is_working"] if job is None else october["is_working"] & (october["job"] == job)
    return october["person"][here], october["school"][here]


def stays(histories: Histories, geography: Geography, year: int) -> tuple[Ints, Ints, Flags, Flags, Flags]:
    """Teachers of an October with their school, and whether they teach next October: there, in the district, at all."""
    person, school = _working(histories, year)
    next_person, next_school = _working(histories, year + 1)
    now = np.full(len(histories.people["mepid"]), -1)
    now[next_person] = next_school
    there = now[person]
    in_district = (there >= 0) & (geography.school_district[there] == geography.school_district[school])
    return person, school, there == school, in_district, there >= 0


def retention(histories: Histories, geography: Geography, scale: Scale) -> dict[str, float]:
    """Teachers found again a year later, at three levels; how schools differ, and how lastingly."""
    n = len(geography.school_code)
    found = {"school": 0, "district": 0, "state": 0}
    total, kept, base = 0, [], []
    for year in scale.years[:-1]:
        _, school, at_school, in_district, at_all = stays(histories, geography, year)
        total += len(school)
        for level, hits in zip(found, (at_school, in_district, at_all), strict=True):
            found[level] += int(hits.sum())
        base.append(np.bincount(school, minlength=n))
        kept.append(np.bincount(school[at_school], minlength=n))
    heads, stayed = np.stack(base).astype(np.int64), np.stack(kept).astype(np.int64)
    rates = {f"retained_{level}": count / total for level, count in found.items()}
    quartile = np.searchsorted(np.quantile(geography.need, [0.25, 0.5, 0.75]), geography.need)
    by_need = [float(stayed[:, quartile == q].sum() / heads[:, quartile == q].sum()) for q in range(4)]
    return rates | {
        "retained_school_by_need_1": by_need[0], "retained_school_by_need_4": by_need[3],
        "need_quartile_gap": by_need[0] - by_need[3],
        "school_retention_sd": _between_school_sd(heads, stayed),
        "school_retention_yearly_correlation": _yearly_correlation(heads, stayed),
        "teacher_years_n": float(total),
    }  # fmt: skip


def _between_school_sd(heads: Ints, stayed: Ints) -> float:
    """SD of schools' rates with binomial noise taken out (moments), the mean over years."""
    values = []
    for base, kept in zip(heads, stayed, strict=True):
        use = base >= 10
        rate, size = kept[use] / base[use], base[use]
        mean = kept[use].sum() / size.sum()
        noise = mean * (1 - mean) / size
        variance = np.average((rate - mean) ** 2 - noise, weights=size)
        values.append(np.sqrt(max(variance, 0.0)))
    return float(np.mean(values))


def _yearly_correlation(heads: Ints, stayed: Ints) -> float:
    """Correlation of a school's rate with its rate a year later, schools of 20 teachers and more."""
    first, second = [], []
    for year in range(len(heads) - 1):
        use = (heads[year] >= 20) & (heads[year + 1] >= 20)
        first.append(stayed[year][use] / heads[year][use])
        second.append(stayed[year + 1][use] / heads[year + 1][use])
    return float(np.corrcoef(np.concatenate(first), np.concatenate(second))[0, 1])


def first_jobs(histories: Histories, geography: Geography, scale: Scale) -> dict[str, float]:
    """Where new completers start, against their placement; teachers of record are left out."""
    people = histories.people
    start, grade = _first_positions(histories, scale)
    use = (start >= 0) & (people["place_school"] >= 0) & ~people["is_resident"] & people["is_completer"]
    use &= people["cohort"] >= scale.first_year
    placed = people["place_school"][use]
    at = start[use]
    return {
        "first_job_placement_school": float((at == placed).mean()),
        "first_job_placement_district": float(
            (geography.school_district[at] == geography.school_district[placed]).mean()
        ),
        "first_job_same_grade": float((grade[use] == people["place_grade"][use]).mean()),
        "first_jobs_n": float(use.sum()),
    }


def _first_positions(histories: Histories, scale: Scale) -> tuple[Ints, Ints]:
    """School and grade of each candidate's first October as a teacher after completion, -1 when none."""
    people = histories.people
    school, grade = np.full(len(people["mepid"]), -1), np.full(len(people["mepid"]), -1)
    for year in reversed(scale.years):
        october = histories.octobers[year]
        here = october["is_working"] & (october["job"] <= 3)
        who = october["person"][here]
        after = people["cohort"][who] < year
        school[who[after]] = october["school"][here][after]
        grade[who[after]] = october["grade"][here][after]
    return school, grade


def employment(histories: Histories, scale: Scale) -> dict[str, float]:
    """Completers ever found in a staff collection, and of those the share still employed in the fifth October."""
    people = histories.people
    n = len(people["mepid"])
    ever, in_first = np.zeros(n, bool), np.zeros(n, bool)
    at_five, still = 0, 0
    for year in scale.years:
        found = np.zeros(n, bool)
        for snapshot in (histories.octobers[year], histories.midyear[year]):
            found[snapshot["person"]] = True
        found &= people["cohort"] < year
        october = np.zeros(n, bool)
        october[_working(histories, year, None)[0]] = True
        in_first |= october & (people["cohort"] == year - 1)
        ever |= found
        five = ever & people["is_completer"] & (people["cohort"] == year - 5) & (people["cohort"] >= scale.first_year)
        at_five += int(five.sum())
        still += int((five & october).sum())
    observed = people["is_completer"] & (people["cohort"] >= scale.first_year) & (people["cohort"] < scale.last_year)
    return {
        "completers_ever_employed": float(ever[observed].mean()),
        "completers_employed_first_october": float(in_first[observed].mean()),
        "still_employed_year_5": still / max(at_five, 1),
        "completers_n": float(observed.sum()),
        "ever_employed_year_5_n": float(at_five),
    }


def ratings(histories: Histories) -> dict[str, float]:
    """Shares of the four ratings among evaluated teaching staff, 2018."""
    overall = histories.ratings[2018]["overall"]
    rated = overall[overall >= 0]
    names = ("exemplary", "proficient", "needs_improvement", "unsatisfactory")
    return {f"rated_{name}_2018": float((rated == level).mean()) for level, name in enumerate(names)} | {
        "rated_2018_n": float(len(rated))
    }


def readiness(histories: Histories, scale: Scale, seed: int) -> dict[str, float]:
    """Shares of the five readiness levels, surveys of practitioners and principals, 2015 on."""
    result: dict[str, float] = {}
    for survey, short in (("Supervising Practitioner", "sp"), ("Hiring Principal", "hp")):
        levels = np.concatenate(
            [responses(histories, survey, year, seed)[1] for year in range(2015, scale.last_year + 1)]
        )
        shares = np.bincount(levels, minlength=len(READINESS_SHARES[survey])) / len(levels)
        result |= {f"readiness_{short}_{level + 1}": float(share) for level, share in enumerate(shares)}
        result[f"readiness_{short}_n"] = float(len(levels))
    return result
