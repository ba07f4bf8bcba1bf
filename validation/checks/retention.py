"""Checks of the estimators behind the question of who stays."""

from __future__ import annotations

import numpy as np
import pandas as pd

from partnerlib.models.exits import exit_model
from partnerlib.models.frailty import shared_frailty
from partnerlib.models.incidence import cumulative_incidence
from partnerlib.models.new_teachers import hazard_ladder
from partnerlib.models.retention import hazard_model, person_periods
from validation.check import Check, Draw
from validation.worlds.retention import leavers_only, log_odds_ratio, teachers, true_incidence

STAYS_MORE = -0.4
"""Log odds of leaving that being hired where one was placed takes away."""
MOVES_MORE = 0.4
SPREAD = 0.5
"""Standard deviation of districts' log odds of leaving."""
FOURTH = 4


def _drawn(term: str, planted: float, row: pd.Series, naive: float = float("nan")) -> Draw:
    return Draw(term, planted, float(row["estimate"]), float(row["low"]), float(row["high"]), naive)


def hazard(seed: int, is_planted: bool) -> list[Draw]:
    """The last step of the ladder, beside the first."""
    effect = STAYS_MORE if is_planted else 0.0
    rows = teachers(np.random.default_rng([1, seed]), {"left": effect}, confounding=0.5)
    rows = rows.assign(exited=rows["exit"] == "left")
    spells = leavers_only(rows)
    steps = hazard_ladder(spells, exposures=["placed"], traits=["grades"], sample_id="invented")
    return [_drawn("hired where placed", effect, steps[-1]["placed"], float(steps[0]["placed"]["estimate"]))]


def proportional_hazard(seed: int, is_planted: bool) -> list[Draw]:
    """Complementary log-log where the odds are those of continuous time, cut into years."""
    effect = STAYS_MORE if is_planted else 0.0
    rng = np.random.default_rng([2, seed])
    people = 1500
    placed = rng.random(people) < 0.4
    leaves_after = rng.exponential(1 / (0.16 * np.exp(effect * placed)))
    entry, last = np.where(rng.random(people) < 0.3, 2, 0), rng.integers(3, 7, people)
    seen = leaves_after > entry
    duration = np.minimum(np.ceil(leaves_after), last).astype(int)
    spells = pd.DataFrame(
        {"mepid": np.arange(people), "entry": entry, "duration": duration, "event": leaves_after <= last,
         "placed": placed, "placement_school_code": rng.integers(0, 80, people)}
    )[seen]  # fmt: skip
    fit = hazard_model(
        person_periods(spells), exposures=["placed"], cluster="placement_school_code", link="cloglog",
        sample_id="invented",
    )  # fmt: skip
    return [_drawn("hired where placed", effect, fit["placed"], log_odds_ratio(spells["event"], spells["placed"]))]


def exits(seed: int, is_planted: bool) -> list[Draw]:
    """Two ways out that the exposure pushes in opposite directions."""
    effects = {"left": STAYS_MORE, "mover_other_district": MOVES_MORE} if is_planted else {}
    rows = teachers(np.random.default_rng([3, seed]), effects)
    found = {one.outcome: one for one in exit_model(rows, exposures=["placed"], cluster="placement_school_code",
                                                    sample_id="invented")}  # fmt: skip
    people = rows.groupby("mepid").agg(exit=("exit", "last"), placed=("placed", "first"))
    return [
        _drawn(words, effects.get(kind, 0.0), found[f"exit: {kind}"]["placed"],
               log_odds_ratio(people["exit"] == kind, people["placed"]))
        for kind, words in (("left", "out of the schools"), ("mover_other_district", "to another district"))
    ]  # fmt: skip


def incidence(seed: int, is_planted: bool) -> list[Draw]:
    """Share gone from the schools by the fourth year: those hired where placed less the others."""
    effects = {"left": STAYS_MORE, "mover_other_district": MOVES_MORE} if is_planted else {}
    rows = teachers(np.random.default_rng([4, seed]), effects)
    table = cumulative_incidence(rows, sample_id="invented", by=["placed"]).table
    fourth = table[(table["time"] == FOURTH) & (table["exit"] == "left")].set_index("placed")
    gap = float(fourth.loc[True, "incidence"] - fourth.loc[False, "incidence"])
    reach = 1.96 * float(np.sqrt((fourth["std_error"] ** 2).sum()))
    planted = true_incidence("left", FOURTH, True, effects) - true_incidence("left", FOURTH, False, effects)
    gone = rows[(rows["exit"] == "left") & (rows["period"] <= FOURTH)].groupby("placed")["mepid"].nunique()
    shares_gone = gone / rows.groupby("placed")["mepid"].nunique()
    naive = float(shares_gone.loc[True] - shares_gone.loc[False])
    return [Draw("gone by year 4", planted, gap, gap - reach, gap + reach, naive)]


def frailty(seed: int, is_planted: bool) -> list[Draw]:
    """Forty districts that differ, or do not, in the odds of leaving."""
    effect, spread = (STAYS_MORE, SPREAD) if is_planted else (0.0, 0.0)
    rows = teachers(np.random.default_rng([5, seed]), {"left": effect}, frailty=spread)
    found = shared_frailty(rows.assign(exited=rows["exit"] == "left"), exposures=["placed"], sample_id="invented")
    term = found.shared["placed"]
    low = found.std_dev_low if found.p_value < 0.05 else 0.0
    high = found.std_dev_high if np.isfinite(found.std_dev_high) else found.std_dev
    return [
        _drawn("hired where placed", effect, term, float(found.plain["placed"]["estimate"])),
        Draw("difference between districts (SD)", spread, found.std_dev, min(low, found.std_dev), high),
    ]


CHECKS: tuple[Check, ...] = (
    Check(
        "hazard of leaving, + provider", "retention", hazard,
        "Yearly logit odds; grades and providers drive both being hired where placed and leaving; a third enter late. "
        "Moves end spells without an event. The raw step misses the confounders.",
    ),
    Check(
        "hazard of leaving, complementary log-log", "retention", proportional_hazard,
        "Exponential times cut into years; a third enter in their third year. The plain table of who was seen to leave "
        "ignores how long each was watched.",
    ),
    Check(
        "competing exits", "retention", exits,
        "Multinomial logit odds of three ways out; a third enter late. The plain table counts who was seen to go.",
    ),
    Check(
        "cumulative incidence, difference", "retention", incidence,
        "The same world; planted is the true difference of shares gone by year 4. The plain share forgets who was "
        "watched for less than four years or entered late.",
    ),
    Check(
        "shared frailty by district", "retention", frailty,
        "Normal district effects on the log odds, unrelated to the exposure; 40 districts. The plain hazard is the "
        "naive one. The SD's interval excludes zero when the likelihood-ratio test rejects at 5%.",
    ),
)  # fmt: skip
