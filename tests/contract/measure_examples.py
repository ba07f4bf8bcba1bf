"""A hand-computed example of about six rows for every measure. The arithmetic stands beside each.

An example is evidence, a cohort, and what the state's row of that single year must say: for each group value (the empty
one for plain numbers) the numerator, the denominator and the value. None stands for a numerator that a mean has not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from measures.invented import followed, invented

from partnerlib.measures.evidence import Evidence
from partnerlib.measures.surveys import ITEMS, SURVEYS

Expected = Mapping[str, tuple[float | None, float, float | None]]


@dataclass(frozen=True)
class Example:
    evidence: Evidence
    cohort: int
    expected: Expected


EXAMPLES: dict[str, Example] = {}


def example(name: str, evidence: Evidence, cohort: int, **expected: tuple[float | None, float, float | None]) -> None:
    """Register the example of a measure; `plain` names the number without a group, `_1` the group value 1."""
    assert name not in EXAMPLES
    cells = {"" if key == "plain" else key.removeprefix("_"): value for key, value in expected.items()}
    EXAMPLES[name] = Example(evidence, cohort, cells)


# Placement: six candidates placed in 2018, one in 2017. f's school, practitioner and ratings are unknown.
PLACED = invented("""
candidate_id placement_year placement_is_high_needs placement_distance_miles placement_district_code practitioner_is_eligible placement_field_matches formative_mean summative_mean
a            2018           T                       5                        97010000                T                        T                       2.0            3.0
b            2018           T                       25                       97010000                T                        T                       2.5            3.0
c            2018           F                       26                       97010000                F                        F                       2.0            2.0
d            2018           F                       40                       97020000                T                        T                       3.0            2.5
e            2018           F                       4                        97020000                -                        F                       2.0            4.0
f            2018           -                       -                        97020000                -                        -                       -              3.0
g            2017           T                       1                        97010000                T                        T                       1.0            4.0
""")  # noqa: E501
example("candidates_placed", PLACED, 2018, plain=(6, 6, 6))
example("placed_in_high_needs_school", PLACED, 2018, plain=(2, 5, 0.4))  # a, b of a to e
example("placement_distance_mean", PLACED, 2018, plain=(None, 5, 20))  # (5 + 25 + 26 + 40 + 4) / 5
example("placement_distance_median", PLACED, 2018, plain=(None, 5, 25))  # 4 5 [25] 26 40
example("placed_near_provider", PLACED, 2018, plain=(3, 5, 0.6))  # 5, 25 and 4 miles
example("placement_concentration", PLACED, 2018, plain=(None, 6, 0.5))  # (3/6)^2 + (3/6)^2
example("eligible_practitioner", PLACED, 2018, plain=(3, 4, 0.75))  # a, b, d of a to d
example("placement_field_match", PLACED, 2018, plain=(3, 5, 0.6))  # a, b, d of a to e
example("assessment_growth", PLACED, 2018, plain=(None, 5, 0.6))  # (1 + 0.5 + 0 - 0.5 + 2) / 5

# Hiring: six completers of 2016, the Octobers of school years 2014 to 2019 collected. e is the teacher of record where
# placed; f is not found at all, g only in an end-of-year collection; h placed but did not complete.
HIRED = invented("""
candidate_id is_completer completion_year is_practicum_equivalent is_linked placement_school_code first_job_year years_to_hire employed_first_october employed_within_2_years employed_within_3_years ever_employed_by_report first_job_school_code first_job_district_code first_job_is_high_needs hired_in_placement_school hired_in_placement_district first_job_distance_miles
a            T            2016            F                       T         97010001              2017           0             T                      T                       T                       T                       97010001              97010000                T                       T                         T                           0
b            T            2016            F                       T         97010001              2017           0             T                      T                       T                       T                       97010002              97010000                F                       F                         T                           10
c            T            2016            F                       T         97010001              2018           1             F                      T                       T                       T                       97020001              97020000                F                       F                         F                           30
d            T            2016            F                       T         97010001              2019           2             F                      F                       T                       T                       97010002              97010000                F                       F                         T                           -
e            T            2016            T                       T         97010001              2017           0             T                      T                       T                       T                       97010001              97010000                T                       T                         T                           0
f            T            2016            F                       F         97010001              -              -             F                      F                       F                       F                       -                     -                       -                       -                         -                           -
g            T            2016            F                       T         97010001              -              -             F                      F                       F                       T                       -                     -                       -                       -                         -                           -
h            F            -               F                       F         97010001              -              -             -                      -                       -                       -                       -                     -                       -                       -                         -                           -
""")  # noqa: E501
example("completers_counted", HIRED, 2016, plain=(7, 7, 7))  # a to g
example("linked_to_staff_records", HIRED, 2016, plain=(6, 7, 6 / 7))  # all but f
example("employed_within_2_years", HIRED, 2016, plain=(4, 7, 4 / 7))  # and c
example("employed_within_3_years", HIRED, 2016, plain=(5, 7, 5 / 7))  # and d
example("ever_employed", HIRED, 2016, plain=(6, 7, 6 / 7))  # and g, by the end of a year
example("hired_in_placement_school", HIRED, 2016, plain=(1, 4, 0.25))  # a of a to d
example("hired_in_placement_district", HIRED, 2016, plain=(3, 4, 0.75))  # a, b, d of a to d
example("hired_near_placement", HIRED, 2016, plain=(2, 3, 2 / 3))  # 0 and 10 of 0, 10, 30 miles
example(
    "hired_in_high_needs_school", HIRED, 2017, plain=(2, 3, 2 / 3), no=(1, 2, 0.5), yes=(1, 1, 1)
)  # a, e of a, b, e
example("completers_hired", HIRED, 2017, plain=(3, 3, 3))  # a, b, e
example("host_yield_1y", HIRED, 2016, plain=(2, 6, 1 / 3))  # a, b of all but e
example("host_yield_3y", HIRED, 2016, plain=(3, 6, 0.5))  # and d
example("years_to_hire", HIRED, 2016, plain=(None, 5, 0.6))  # (0 + 0 + 1 + 2 + 0) / 5

# Hosted completers of 2016: a, b hired elsewhere in time, c by its host, d elsewhere a year late, e the teacher of
# record where placed, f not found, g without a practicum on file; h completed only in 2017.
ELSEWHERE = invented("""
candidate_id is_completer completion_year is_practicum_equivalent placement_school_code license_field first_job_year years_to_hire employed_first_october hired_in_placement_district
a            T            2016            F                       97010001              mathematics   2017           0             T                      F
b            T            2016            F                       97010001              mathematics   2017           0             T                      F
c            T            2016            F                       97010001              mathematics   2017           0             T                      T
d            T            2016            F                       97010001              elementary    2018           1             F                      F
e            T            2016            T                       97010001              elementary    2017           0             T                      T
f            T            2016            F                       97010001              elementary    -              -             F                      -
g            T            2016            F                       -                     elementary    2017           0             T                      -
h            T            2017            F                       97010001              elementary    2018           0             T                      F
""")  # noqa: E501
example(
    "hosted_and_hired", ELSEWHERE, 2016,
    host_district=(1, 5, 0.2), other_district=(2, 5, 0.4), not_found=(2, 5, 0.4),
)  # fmt: skip  # c; a, b; d and f; of a, b, c, d, f
example(
    "employed_first_october", ELSEWHERE, 2016, plain=(5, 7, 5 / 7), mathematics=(3, 3, 1), elementary=(2, 4, 0.5)
)  # a to c of a to c; e, g of d to g

# Beginners of 2018: 11 and 12 from the provider, 13 from another, 14 from both, 15 from none, 16 completed only later.
BEGINNERS = invented(
    first_jobs="""
candidate_id provider_code mepid completion_year
a            89000001      11    2017
b            89000001      12    2016
c            89000002      13    2017
d            89000001      14    2016
e            89000002      14    2017
f            89000001      16    2018
""",
    careers="""
mepid school_year is_beginner
11    2018        T
12    2018        T
13    2018        T
14    2018        T
15    2018        T
16    2018        T
17    2018        F
""",
)
example("share_of_beginners", BEGINNERS, 2018, plain=(4, 6, 2 / 3))  # 11 to 14 of 11 to 16

# Retention of six teachers from October of 2014. S same school, D same district, P same position elsewhere, A another
# position, - not there. 14 is away in the first year and comes back; 16 is away in the second.
CAREERS_FOLLOWED = """
mepid 1 2 3 4 5
11    S S S D D
12    S D D D D
13    D D P P P
14    - S S - -
15    A A - - -
16    P - P A A
"""
FOLLOWED = invented(
    first_jobs="""
candidate_id mepid first_job_year first_job_is_teacher hired_in_placement_school hired_in_placement_district is_practicum_equivalent
a            11    2014           T                    T                         T                           F
b            12    2014           T                    T                         T                           F
c            13    2014           T                    F                         T                           F
d            14    2014           T                    F                         F                           F
e            15    2014           T                    F                         F                           F
f            16    2014           T                    -                         -                           F
g            17    2014           F                    F                         F                           F
""",  # noqa: E501
    careers="""
mepid school_year outcome              is_beginner is_teacher
11    2014        stayer               T           T
12    2014        stayer               T           T
13    2014        mover_in_district    T           T
14    2014        left                 F           T
15    2014        changed_role         F           T
16    2014        mover_other_district F           T
17    2014        stayer               F           F
""",
    retention=followed(CAREERS_FOLLOWED, 2014),
    completion_year=2013,
)
_FOUND = {  # who is found at each level: (1 year, 2 years, 3 years, 5 years)
    "school": (2, 2, 2, 0),  # 11 12; 11 14; 11 14; nobody
    "district": (3, 4, 3, 2),  # 11 12 13; 11 12 13 14; 11 12 14; 11 12
    "state_position": (4, 4, 5, 3),  # and 16; as before; 11 12 13 14 16; 11 12 13
    "state_any": (5, 5, 5, 4),  # and 15; 11 12 13 14 15; as before; 11 12 13 16
}
_THROUGHOUT = {  # who is found in every October between: (2 years, 3 years, 5 years)
    "school": (1, 1, 0),  # 11; 11; nobody
    "district": (3, 2, 2),  # 11 12 13; 11 12; 11 12
    "state_position": (3, 3, 3),  # 11 12 13, always
    "state_any": (4, 3, 3),  # and 15; without
}
_BY_PLACE = {  # after one year, of those hired in the placement school (11 12), and of the others (13 14 15)
    "school": (2, 0), "district": (2, 1), "state_position": (2, 1), "state_any": (2, 2),
}  # fmt: skip
for level, found in _FOUND.items():
    for years, retained in zip((1, 2, 3, 5), found, strict=True):
        of_all = {"plain": (retained, 6, retained / 6)}
        hosted = {}
        if years == 1:
            there, elsewhere = _BY_PLACE[level]
            hosted = {"yes": (there, 2, there / 2)}
            beginner = {"school": 2, "district": 3, "state_position": 3, "state_any": 3}[level]  # of 11 12 13
            example(f"teachers_retained_{level}_1y", FOLLOWED, 2014, **of_all, yes=(beginner, 3, beginner / 3))
        else:
            example(f"teachers_retained_{level}_{years}y", FOLLOWED, 2014, **of_all)
        example(f"retained_{level}_{years}y", FOLLOWED, 2014, **of_all, **hosted)
    for years, retained in zip((2, 3, 5), _THROUGHOUT[level], strict=True):
        example(f"retained_{level}_{years}y_throughout", FOLLOWED, 2014, plain=(retained, 6, retained / 6))

_OUTCOMES = {
    "stayer": (2, 6, 1 / 3),
    "mover_in_district": (1, 6, 1 / 6),
    "mover_other_district": (1, 6, 1 / 6),
    "changed_role": (1, 6, 1 / 6),
    "left": (1, 6, 1 / 6),
}
example("new_teacher_outcomes", FOLLOWED, 2014, **_OUTCOMES)
example("teacher_outcomes", FOLLOWED, 2014, **_OUTCOMES)  # 17 is no teacher

# School: 13 14 15 16 leave in year 1, 12 in year 2, nobody in year 3, 11 in year 4; then nobody is left at risk.
example("hazard_school", FOLLOWED, 2014,
        _1=(4, 6, 4 / 6), _2=(1, 2, 0.5), _3=(0, 1, 0), _4=(1, 1, 1), _5=(None, 0, None))  # fmt: skip
example("survival_school", FOLLOWED, 2014,
        _1=(2, 6, 2 / 6), _2=(1, 6, 1 / 6), _3=(1, 6, 1 / 6), _4=(0, 6, 0), _5=(0, 6, 0))  # fmt: skip
# Position in the state: 14 and 15 leave it in year 1, 16 in year 2; 11 12 13 stay to the end.
example("hazard_state_position", FOLLOWED, 2014,
        _1=(2, 6, 2 / 6), _2=(1, 4, 0.25), _3=(0, 3, 0), _4=(0, 3, 0), _5=(0, 3, 0))  # fmt: skip
example("survival_state_position", FOLLOWED, 2014,
        _1=(4, 6, 4 / 6), _2=(3, 6, 0.5), _3=(3, 6, 0.5), _4=(3, 6, 0.5), _5=(3, 6, 0.5))  # fmt: skip

# Official rates, report year 2019. a: found 2017 to 2019. b: 2017, 2018. c: 2017 and again 2019. d: first in 2019.
# e: found by the end of a year only. f: never found.
OFFICIAL = invented(
    first_jobs="""
candidate_id mepid completion_year first_job_year employed_first_october ever_employed_by_report
a            11    2016            2017           T                      T
b            12    2016            2017           T                      T
c            13    2016            2017           T                      T
d            14    2016            2019           F                      T
e            15    2016            -              F                      T
f            16    2016            -              F                      F
""",
    careers="""
mepid school_year
11    2017
11    2018
11    2019
12    2017
12    2018
13    2017
13    2019
14    2019
""",
)
example("official_retention_to_2018", OFFICIAL, 2016, plain=(2, 3, 2 / 3))  # a, b in 2018, of a, b, c
example("official_retention_from_2019", OFFICIAL, 2016, plain=(2, 5, 0.4))  # a, c in 2019, of a to e
example("employed_two_octobers", OFFICIAL, 2016, plain=(2, 3, 2 / 3))  # a, b in 2018, of a, b, c in 2017

# New teachers of 2018: 11 and 12 in their first year, 13 in the second, 14 in the third, 15 prepared by nobody here.
NOVICES = invented(
    first_jobs="""
candidate_id mepid completion_year first_job_year hired_in_placement_school is_practicum_equivalent
a            11    2017            2018           T                         F
b            12    2017            2018           F                         F
c            13    2016            2017           T                         T
d            14    2015            2016           T                         F
""",
    careers="""
mepid school_year experience_years
11    2018        0
12    2018        0
13    2018        1
14    2018        2
15    2018        0
""",
    evaluations="""
mepid school_year overall_rating
11    2018        proficient
12    2018        needs_improvement
13    2018        exemplary
14    2018        unsatisfactory
15    2018        unsatisfactory
""",
    classroom_means="""
mepid school_year subject sgp_students sgp
11    2018        math    10           60
11    2018        ela     20           45
12    2018        math    10           50
13    2018        math    20           40
14    2018        math    20           99
15    2018        math    20           99
""",
    teacher_effects="""
mepid school_year subject effect effect_shrunken reliability n_students
11    2018        math    0.30   0.15            0.5         10
12    2018        math    -0.10  -0.08           0.8         30
13    2018        ela     0.10   0.05            0.5         20
14    2018        math    9      9               0.9         20
""",
)
# (60x10 + 45x20 + 50x10 + 40x20) / 60; math (600 + 500 + 800) / 40; where placed 11; elsewhere 12; 13 is of record
example("growth_of_novices", NOVICES, 2018,
        plain=(None, 60, 2800 / 60), math=(None, 40, 47.5), yes=(None, 30, 50), no=(None, 10, 50))  # fmt: skip
# (0.3x10 - 0.1x30 + 0.1x20) / 60
example("value_added_of_novices", NOVICES, 2018, plain=(None, 60, 2 / 60), yes=(None, 10, 0.3), no=(None, 30, -0.1))
example("shrunken_value_added_of_novices", NOVICES, 2018, plain=(None, 3, 0.04))  # (0.15 - 0.08 + 0.05) / 3
example("reliability_of_value_added", NOVICES, 2018, plain=(None, 3, 0.6))  # (0.5 + 0.8 + 0.5) / 3
example("novices_rated_proficient", NOVICES, 2018, plain=(2, 3, 2 / 3), yes=(1, 1, 1), no=(0, 1, 0))
example("ratings_of_novices", NOVICES, 2018,
        unsatisfactory=(0, 3, 0), needs_improvement=(1, 3, 1 / 3), proficient=(1, 3, 1 / 3),
        exemplary=(1, 3, 1 / 3))  # fmt: skip

# Host classrooms of 2018: 71 hosts a and b, 72 hosts c; d is the teacher of record; e's host teaches no tested subject.
HOSTED = invented(
    first_jobs="""
candidate_id practitioner_mepid placement_year is_practicum_equivalent
a            71                 2018           F
b            71                 2018           F
c            72                 2018           F
d            73                 2018           T
e            74                 2018           F
""",
    classroom_means="""
mepid school_year subject sgp_students sgp students score
71    2018        math    20           40  24       0.5
72    2018        math    10           70  12       -0.2
72    2017        math    10           99  12       9
73    2018        math    10           99  12       9
""",
)
example("growth_of_host_classrooms", HOSTED, 2018, plain=(None, 30, 50))  # (20x40 + 10x70) / 30: 71 counts once
example("scores_of_host_classrooms", HOSTED, 2018, plain=(None, 36, 9.6 / 36))  # (24x0.5 - 12x0.2) / 36

# Surveys: the same five answers in each of the four, and one answer in every other survey.
_ANSWERS = """
response_id survey        school_year readiness        item_1 item_2 item_3 item_4 item_5
r1          {survey}      2018        fully_ready      4      4      1      -      2
r2          {survey}      2018        mostly_ready     3      4      2      -      2
r3          {survey}      2018        mostly_ready     3      4      3      -      3
r4          {survey}      2018        not_ready        2      4      -      4      3
r5          {survey}      2018        -                -      4      -      3      -
r6          {other}       2018        fully_ready      1      1      1      1      1
"""
for survey in SURVEYS:
    other = next(name for name in SURVEYS if name != survey)
    answers = invented(surveys=_ANSWERS.format(survey=survey, other=other))
    example(f"respondents_{survey}", answers, 2018, plain=(5, 5, 5))
    example(f"ready_{survey}", answers, 2018, plain=(3, 4, 0.75))
    example(f"readiness_{survey}", answers, 2018,
            not_ready=(1, 4, 0.25), minimally_ready=(0, 4, 0), moderately_ready=(0, 4, 0),
            mostly_ready=(2, 4, 0.5), fully_ready=(1, 4, 0.25))  # fmt: skip
    for item, (rows, mean) in zip(ITEMS, ((4, 3.0), (5, 4.0), (3, 2.0), (2, 3.5), (4, 2.5)), strict=True):
        example(f"item_{item}_{survey}", answers, 2018, plain=(None, rows, mean))

# Ties of two providers with three districts; a row is one candidate.
TIES = invented("""
candidate_id placement_year placement_district_code first_job_year first_job_district_code provider_code
a            2015           97010000                2016           97010000                89000001
b            2017           97020000                2018           97010000                89000001
c            2018           97010000                2018           97020000                89000001
d            2018           97010000                2018           97020000                89000002
e            2018           97020000                2019           97010000                89000001
f            2018           97030000                2019           97020000                89000002
""")
# Years with the first provider 4 (97010000) and 2 (97020000), with the second 1 (97010000) and 1 (97030000).
example("tie_years", TIES, 2018, plain=(None, 4, 2))
example("partners_that_hire_again", TIES, 2018, plain=(2, 3, 2 / 3))  # 1-97010000 and 2-97020000; not 1-97020000
example("hire_concentration", TIES, 2018, plain=(None, 3, 5 / 9))  # (1/3)^2 + (2/3)^2
example("supply_concentration", TIES, 2018, plain=(None, 3, 5 / 9))  # (2/3)^2 + (1/3)^2
