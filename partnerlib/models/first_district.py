"""Where do graduates go? The first district among all districts, as near and as large as each is to the graduate.

What is described is the match that came about. Districts choose and candidates choose, and one outcome shows both: no
coefficient here is anybody's preference.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from partnerlib.errors import DataError
from partnerlib.models.choice_sets import choices
from partnerlib.models.conditional_logit import fit_choices
from partnerlib.models.design import require_columns
from partnerlib.models.nested_logit import NestedFit, fit_nested
from partnerlib.models.results import Estimates, coefficient_table, size_cautions
from partnerlib.models.support import Support, support
from partnerlib.panels.distances import miles_between

DISTANCES = ("log_miles_from_placement", "log_miles_from_college", "log_miles_from_home")
DISTRICT = ("log_teachers", "high_needs_share")
MATCHES = ("high_needs_share x placed_in_high_needs", "high_needs_share x grade_point_average")
PLACEMENT = ("is_placement_district", "is_placement_district x log_left_placement_school")

NESTED_TERMS = (*PLACEMENT[:1], *DISTANCES, *DISTRICT)

MOST_ROWS_COUNTED = 500_000
"""Rows up to which people behind every term are counted for the release gate."""

CHOICE_CAN_BE_WRONG = (
    "The match is described: districts' and candidates' wishes are not told apart.",
    "Candidates may ask to be placed where they mean to work: the placement then follows the job.",
    "Whoever found no job in a public school of the state is not in the model.",
    "A further district would draw from all others alike: the model has independence of irrelevant alternatives.",
)


def district_choices(
    hired: pd.DataFrame,
    organizations: pd.DataFrame,
    careers: pd.DataFrame,
    high_needs: pd.DataFrame,
    homes: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Every hired completer in front of every district that had teachers in the October before the first job.

    One row per candidate and district: `is_first_district`, `is_placement_district`; `log_miles_from_placement`,
    `..._college`, `..._home` (log of 1 + miles); `log_teachers` (of the district, the October before),
    `high_needs_share` (of its students); and products with the candidate's traits. `log_left_placement_school` is the
    log of 1 + teachers who left the school of the practicum over the summer before.
    Unknown
        whose home town is not known gets the same distance everywhere, so that the others alone tell about homes;
        `home_is_known` says who. A missing trait counts as the average one
    Left out
        districts without coordinates, and whoever was first hired in one or in a district that had no teachers the
        October before; `hired_completers` says on every row how many were hired in all
    """
    needed = ["candidate_id", "provider_code", "placement_school_code", "placement_district_code", "first_job_year"]
    require_columns(hired, [*needed, "first_job_district_code"], "choice of a first district")
    known = hired.dropna(subset=[*needed, "first_job_district_code"]).reset_index(drop=True)
    if known.empty:
        raise DataError("choice of a first district: no hired completer has a practicum, a provider and a first job")
    open_districts = districts_before(careers, high_needs, organizations)
    choosers = known.assign(**_traits(known, careers, homes, organizations))
    places = organizations.set_index(["role", "organization_code"])[["latitude", "longitude"]].astype(float)
    on_the_map = _at(places, "district", open_districts["district_code"]).notna().all(axis=1).to_numpy()
    rows = choosers.merge(open_districts[on_the_map], on="first_job_year", how="inner")
    district = _at(places, "district", rows["district_code"])
    miles = {
        "placement": _miles(_at(places, "school", rows["placement_school_code"]), district),
        "college": _miles(_at(places, "provider", rows["provider_code"]), district),
        "home": _miles(rows[["home_latitude", "home_longitude"]].set_axis(["latitude", "longitude"], axis=1), district),
    }
    rows = rows.assign(
        hired_completers=hired["candidate_id"].nunique(),
        is_first_district=rows["first_job_district_code"] == rows["district_code"],
        is_placement_district=(rows["placement_district_code"] == rows["district_code"]).astype(float),
        home_is_known=miles["home"].notna(),
        **{f"log_miles_from_{place}": np.log1p(distance.fillna(0.0)) for place, distance in miles.items()},
    )
    rows = rows.assign(
        **{
            PLACEMENT[1]: rows["is_placement_district"] * rows["log_left_placement_school"],
            MATCHES[0]: rows["high_needs_share"] * rows["placed_in_high_needs"],
            MATCHES[1]: rows["high_needs_share"] * rows["grade_point_average_centred"],
        }
    )
    has_chosen = rows.groupby("candidate_id")["is_first_district"].transform("any").astype(bool)
    if not has_chosen.any():
        raise DataError(
            f"choice of a first district: none of {len(known):,} hired completers started in a district with "
            "coordinates that had teachers the October before; see the organizations and the first year of careers"
        )
    return rows[has_chosen].reset_index(drop=True)


def districts_before(careers: pd.DataFrame, high_needs: pd.DataFrame, organizations: pd.DataFrame) -> pd.DataFrame:
    """Districts by year of a first job: log_teachers of the October before, high_needs_share of their students then."""
    teachers = careers[careers["is_teacher"] & careers["district_code"].notna()]
    size = teachers.groupby(["district_code", "school_year"])["mepid"].nunique().rename("teachers").reset_index()
    schools = organizations[organizations["role"] == "school"].set_index("organization_code")["parent_code"]
    students = high_needs.assign(district_code=high_needs["school_code"].map(schools))
    students["needy"] = students["high_needs_rate"] * students["students"]
    summed = students.groupby(["district_code", "school_year"])[["needy", "students"]].sum()
    share = (summed["needy"] / summed["students"]).rename("high_needs_share").reset_index()
    found = size.merge(share, on=["district_code", "school_year"], how="left")
    return pd.DataFrame(
        {
            "district_code": found["district_code"],
            "first_job_year": (found["school_year"] + 1).astype("Int64"),
            "log_teachers": np.log(found["teachers"]),
            "high_needs_share": found["high_needs_share"].fillna(found["high_needs_share"].mean()).fillna(0.0),
        }
    )


def first_district_ladder(
    rows: pd.DataFrame, *, sample_id: str, cluster: str = "placement_school_code"
) -> tuple[Estimates, ...]:
    """How much likelier a district is the first employer: its being the placement's alone, then beside distances,
    the district's size and need, and what candidate and district have in common.

    Formula
        P(candidate i starts in district j) = exp(x_ij b) / sum over the districts k open to i of exp(x_ik b)
    Errors
        clustered by the school of the practicum, where candidates are placed together, factor G/(G-1)
    Source
        Krieg, Theobald & Goldhaber (2016); McFadden (1974)
    """
    steps: dict[str, tuple[str, ...]] = {
        "placement alone": PLACEMENT[:1],
        "+ distances": (*PLACEMENT[:1], *DISTANCES),
        "+ districts": (*PLACEMENT[:1], *DISTANCES, *DISTRICT),
        "+ matches": (*PLACEMENT, *DISTANCES, *DISTRICT, *MATCHES),
    }
    return tuple(first_district(rows, terms, name, sample_id, cluster) for name, terms in steps.items())


def first_district(
    rows: pd.DataFrame,
    terms: Sequence[str],
    specification: str,
    sample_id: str,
    cluster: str = "placement_school_code",
    offset: str | None = None,
) -> Estimates:
    """One specification of the choice of a first district; terms that vary for no chooser are left out and named."""
    varies = rows.groupby("candidate_id")[list(terms)].nunique().max() > 1
    kept = [term for term in terms if varies[term]]
    left_out = [term for term in terms if not varies[term]]
    found = choices(rows, kept, "candidate_id", "is_first_district", cluster, offset)
    fit = fit_choices(found)
    # A term that tells the choice, or is a combination of others, has no estimate: no number stands in its place.
    estimates = np.where(np.isin(fit.names, fit.not_identified), np.nan, fit.coefficients)
    errors = np.where(np.isnan(estimates), np.nan, fit.std_errors)
    return Estimates(
        terms=coefficient_table(fit.names, estimates, errors),
        estimand="log odds that a district is the first employer, against another open one, per unit of the term; "
        "the match that came about, nobody's preference",
        outcome="is_first_district",
        specification=specification,
        clustering=f"by {cluster}",
        n=fit.rows,
        people=fit.choosers,
        clusters=fit.clusters,
        sample_id=sample_id,
        wrong_if=CHOICE_CAN_BE_WRONG,
        cautions=(
            *((f"The same for all districts of everybody and left out: {', '.join(left_out)}.",) if left_out else ()),
            *_who_is_missing(rows, kept, fit.choosers),
            *size_cautions(fit.choosers, fit.clusters, cluster),
            *fit.cautions,
        ),
        statistics={
            "log_likelihood": fit.log_likelihood,
            "pseudo_r2": 1 - fit.log_likelihood / fit.null_log_likelihood,
        },
        support=_support(rows, kept),
    )


def _who_is_missing(rows: pd.DataFrame, terms: Sequence[str], people: int) -> tuple[str, ...]:
    """Sentences about hired completers who are not in front of the districts, or whose home is not known."""
    sentences = []
    hired = int(rows["hired_completers"].iloc[0]) if "hired_completers" in rows else people
    if hired > people:
        sentences.append(
            f"{hired - people:,} of {hired:,} hired completers are left out: no practicum or first district on file, "
            "or the district had no teachers the October before or has no coordinates."
        )
    unknown = int((~rows.groupby("candidate_id")["home_is_known"].any()).sum())
    if unknown and "log_miles_from_home" in terms:
        sentences.append(f"{unknown:,} candidates have no known home town: the rest tell about it.")
    return tuple(sentences)


def independence_check(rows: pd.DataFrame, miles: float = 25.0, terms: Sequence[str] = NESTED_TERMS) -> NestedFit:
    """The same choice with districts near the practicum and further ones as two nests: does a near district draw from
    near ones more than from others? `nested_logit.reading_of_independence` says it in a sentence.
    """
    near = np.expm1(rows["log_miles_from_placement"]) <= miles
    nests = rows.assign(nest=np.where(near, f"within {miles:.0f} miles of the practicum", "further away"))
    return fit_nested(nests, terms, "nest", "candidate_id", "is_first_district")


def _support(rows: pd.DataFrame, terms: Sequence[str]) -> Support | None:
    if len(rows) > MOST_ROWS_COUNTED:
        return None
    return support(
        rows["is_first_district"].astype(float), rows[list(terms)].astype(float), rows["candidate_id"], exposures=terms,
        effects=[rows["candidate_id"]], effect_names=["candidate"],
    )  # fmt: skip


def _traits(
    known: pd.DataFrame, careers: pd.DataFrame, homes: pd.DataFrame | None, organizations: pd.DataFrame
) -> dict[str, pd.Series]:
    """What a chooser brings to every district."""
    left = careers[careers["is_teacher"] & (careers["retained_school"] == False)]  # noqa: E712  (nullable)
    leavers = left.groupby(["school_code", "school_year"]).size()
    before = pd.MultiIndex.from_arrays([known["placement_school_code"], known["first_job_year"].astype("int64") - 1])
    grades = known.get("grade_point_average", pd.Series(np.nan, index=known.index)).astype(float)
    needs = known.get("placement_is_high_needs", pd.Series(np.nan, index=known.index)).astype("Float64").astype(float)
    place = pd.DataFrame({"latitude": np.nan, "longitude": np.nan}, index=known.index)
    if homes is not None:
        place = homes.set_index("candidate_id")[["latitude", "longitude"]].reindex(known["candidate_id"])
    return {
        "log_left_placement_school": pd.Series(
            np.log1p(leavers.reindex(before).fillna(0).to_numpy()), index=known.index
        ),
        "grade_point_average_centred": (grades - grades.mean()).fillna(0.0),
        "placed_in_high_needs": needs.fillna(needs.mean() if needs.notna().any() else 0.0),
        "home_latitude": pd.Series(place["latitude"].to_numpy(float), index=known.index),
        "home_longitude": pd.Series(place["longitude"].to_numpy(float), index=known.index),
    }


def _at(places: pd.DataFrame, role: str, codes: pd.Series) -> pd.DataFrame:
    return places.loc[role].reindex(codes).reset_index(drop=True)


def _miles(start: pd.DataFrame, end: pd.DataFrame) -> pd.Series:
    start = start.reset_index(drop=True)
    return miles_between(start["latitude"], start["longitude"], end["latitude"], end["longitude"])
