"""Who stays, moves, changes role or leaves from one October to the next: a multinomial logit with planted effects."""

from __future__ import annotations

import numpy as np

from partnerlib.synth.arrays import Floats, Ints
from partnerlib.synth.choice import draw_categories, solve_levels
from partnerlib.synth.geography import Geography
from partnerlib.synth.parameters import Parameters
from partnerlib.synth.people import People

STAY, MOVE_IN_DISTRICT, MOVE_OTHER_DISTRICT, LEAVE, CHANGE_ROLE = range(5)


def yearly_loss(rng: np.random.Generator, geography: Geography, parameters: Parameters) -> Floats:
    """Log of each school's loss this year over the state's mean: lasting part and this year's part."""
    shock = parameters.school_loss_sd_yearly * rng.standard_normal(len(geography.loss))
    loss = np.clip(geography.loss + shock, 0.02, 0.7)
    return np.log(loss / (1 - loss)) - np.log(parameters.school_loss_mean / (1 - parameters.school_loss_mean))


def outcomes(
    rng: np.random.Generator, people: People, staff: Ints, year: int, school_loss: Floats, geography: Geography,
    parameters: Parameters,
) -> Ints:  # fmt: skip
    """What each of last October's teaching staff does by this October.

    The effects of having been hired where placed are the log odds of any loss against staying, as planted.
    """
    school = people["school"][staff]
    seniority = np.minimum(people["seniority"][staff], 10)
    age = year - 1 - people["birth_year"][staff]
    common = (
        school_loss[school]
        + parameters.hired_where_placed_on_loss * people["hired_placed"][staff]
        + parameters.hired_in_placement_district_on_loss * people["hired_district"][staff]
        + parameters.partnership_on_loss * people["hired_partner"][staff]
        + parameters.strength_on_loss * people["strength"][staff] * (people["provider"][staff] >= 0)
    )
    value_added = people["va_math"][staff] / parameters.value_added_sd_math
    leave = (
        np.log(np.array(parameters.leave_by_experience))[seniority]
        + np.log(parameters.retirement_factor) * (age >= parameters.retirement_age)
        + parameters.value_added_on_leaving * value_added
    )
    move = np.log(np.array(parameters.move_by_experience))[seniority]
    has_other_school = geography.schools_in_district[geography.school_district[school]] > 1
    scores = np.stack([
        np.where(has_other_school, common + move, -12.0), common + move, common + leave, common * 0.3,
    ], axis=1)  # fmt: skip
    targets = np.array([parameters.move_in_district, parameters.move_other_district, parameters.leave_teaching,
                        parameters.change_role])  # fmt: skip
    weight = np.exp(scores + solve_levels(scores, targets))
    total = 1 + weight.sum(axis=1, keepdims=True)
    return draw_categories(rng, np.concatenate([1 / total, weight / total], axis=1))
