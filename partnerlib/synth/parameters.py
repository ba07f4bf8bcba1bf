"""Everything planted in a synthetic state: effects, selection, dirt. Written to truth.json as it stands here.

Where no source is named the value is our own choice, to be swept in sensitivity runs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Parameters:
    """Values a recovery test may look for. Distances in miles, outcomes of students in test-score SD."""

    # Where teachers go from one October to the next: shares of teaching staff, before school and person differences.
    move_in_district: float = 0.0365
    move_other_district: float = 0.0205
    leave_teaching: float = 0.0800
    change_role: float = 0.0070
    on_leave: float = 0.0060
    """Share of an October's staff on leave: on file, not working, back a year later."""

    # Schools differ in what they lose, lastingly and from year to year.
    school_loss_mean: float = 0.153
    school_loss_sd_lasting: float = 0.045
    school_loss_sd_yearly: float = 0.034
    need_loss_by_quantile: tuple[float, ...] = (0.100, 0.108, 0.120, 0.145, 0.195, 0.275)
    """Loss at the quantiles 0, .2, .4, .6, .8, 1 of school need (quartile means 88.8 to 76.7 percent kept)."""
    charter_loss: float = 0.08

    # Planted effects on leaving or moving, as log odds against staying in the school.
    hired_where_placed_on_loss: float = -0.35
    hired_in_placement_district_on_loss: float = -0.10
    strength_on_loss: float = -0.24
    """Selection: stronger candidates stay anyway. Where a raw contrast errs depends on the schools' own losses, too:
    hired in the placement's district is hired where schools lose more, and the raw effect of the district vanishes."""
    partnership_on_loss: float = 0.0
    """A declared partnership has no effect of its own on staying: only its selected candidates look better."""
    leave_by_experience: tuple[float, ...] = (1.90, 1.55, 1.28, 1.08, 0.98, 0.95, 0.90, 0.85, 0.80, 0.75, 0.70)
    move_by_experience: tuple[float, ...] = (1.90, 1.70, 1.45, 1.30, 1.15, 1.00, 0.95, 0.90, 0.85, 0.80, 0.75)
    retirement_age: int = 60
    retirement_factor: float = 2.6
    value_added_on_leaving: float = -0.15
    """Log odds per SD of value added."""
    return_by_years_away: tuple[float, ...] = (0.11, 0.05, 0.025, 0.01)

    # Placement is selected: near the provider and home, stronger candidates in steadier schools with better mentors.
    placement_decay_provider: float = 0.055
    placement_decay_home: float = 0.025
    placement_partner: float = 1.6
    placement_large_district: float = 0.35
    """Utility per log of the number of schools: large districts take most student teachers."""
    placement_strength_by_steadiness: float = 0.40
    placement_strength_in_partner: float = 0.50
    mentor_same_field: float = 3.0
    mentor_value_added: float = 0.30
    mentor_value_added_by_strength: float = 0.35
    mentor_ineligible: float = -4.5
    residency_share: float = 0.15
    """Teachers of record (practicum equivalents), placed where they are employed."""
    residency_strength: float = 0.8
    """SD by which they are stronger, in what keeps people in the job: their better staying is selection alone."""

    # Hiring.
    hire_by_years_since_completion: tuple[float, ...] = (0.515, 0.100, 0.050, 0.025, 0.015, 0.010)
    hard_to_staff_odds: float = 1.7
    strength_on_hire: float = 0.20
    provider_sd_on_hire: float = 0.30
    paraprofessional_first: float = 0.020
    midyear_first: float = 0.020
    home_decay: float = 0.046
    """ln(10)/50: ten times as likely at home as fifty miles away."""
    placement_decay: float = 0.070
    placement_school_bonus: float = 0.25
    """Utility of the placement school over the other schools of its district."""
    share_first_job_placement_district: float = 0.40
    """The district's bonus is solved for in the burn-in years so that this share comes out."""
    share_same_grade: float = 0.27

    # Student outcomes.
    value_added_sd_math: float = 0.15
    value_added_sd_ela: float = 0.11
    value_added_correlation: float = 0.60
    strength_share_of_value_added: float = 0.30
    """Correlation of candidate strength with value added: selection again."""
    mentor_share_of_value_added: float = 0.20
    """Teacher SD of the mentee per teacher SD of the mentor's lasting value added."""
    provider_value_added_sd: float = 0.02
    match_on_value_added: float = 0.03
    """First job in the placement's school type and the same or an adjacent grade."""
    experience_math: tuple[float, ...] = (0.0, 0.035, 0.091, 0.107, 0.122, 0.14, 0.155, 0.17, 0.185, 0.20, 0.21)
    """Returns to experience over the first year."""
    experience_ela_share: float = 0.7
    hosting_on_own_students: float = 0.0
    prior_score: float = 0.86
    ability: float = 0.06
    teacher_year_shock_sd: float = 0.10
    class_shock_sd: float = 0.08
    """Shocks that make a teacher's value added correlate about 0.5 from year to year."""
    school_shock_sd: float = 0.05
    student_noise_sd: float = 0.42
    tracking: float = 0.45
    novices_get_lower_classes: float = 0.8

    # Names and numbers as people write them.
    mepid_missing: float = 0.035
    mepid_mistyped: float = 0.005
    name_variant: float = 0.08
    maiden_name: float = 0.03
    exit_late: float = 0.05
    exit_unreported: float = 0.02
    exit_midyear: float = 0.12
    two_programs: float = 0.02
    two_districts: float = 0.008
    co_teacher: float = 0.06

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


PARAMETERS = Parameters()

RATING_SHARES: dict[int, tuple[float, float, float, float]] = {
    2013: (0.069, 0.851, 0.073, 0.007), 2014: (0.076, 0.868, 0.051, 0.006), 2015: (0.089, 0.862, 0.044, 0.005),
    2016: (0.107, 0.847, 0.041, 0.004), 2017: (0.118, 0.842, 0.036, 0.003), 2018: (0.128, 0.833, 0.036, 0.003),
    2019: (0.136, 0.828, 0.033, 0.003),
}  # fmt: skip
"""Exemplary, Proficient, Needs Improvement, Unsatisfactory among evaluated teachers: state rows of DESE's exports."""

EVALUATED_SHARES: dict[int, float] = {
    2013: 0.649, 2014: 0.837, 2015: 0.930, 2016: 0.939, 2017: 0.956, 2018: 0.961, 2019: 0.955,
}  # fmt: skip

READINESS_SHARES: dict[str, tuple[float, ...]] = {
    "Supervising Practitioner": (0.55, 0.28, 0.12, 0.03, 0.02),
    "Hiring Principal": (0.37, 0.38, 0.19, 0.03, 0.02),
    "Candidate": (0.46, 0.36, 0.14, 0.03, 0.01),
    "Completer": (0.34, 0.40, 0.20, 0.04, 0.02),
}
"""Fully to Not ready. Practitioners and principals: the state rows of 2017; the others are our own choice."""
