"""The Splink model: how much it tells when two records agree, learnt from candidates whose MEPID finds their educator.

For every level of agreement, m is its share among true pairs and u its share among chance pairs. m is counted over
candidates with a confirmed MEPID, with a few pseudo-pairs of prior shares so that no level is ever unheard of; u is
sampled by Splink, or set for identifiers, which agree by chance only where one is mistyped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import splink.comparison_level_library as levels
from splink import Linker, SettingsCreator, block_on
from splink.comparison_library import CustomComparison
from splink.internals.comparison_creator import ComparisonCreator
from splink.internals.comparison_level_creator import ComparisonLevelCreator
from splink.internals.duckdb.database_api import DuckDBAPI

from partnerlib import engine
from partnerlib.linkage.records import COMPARED

PSEUDO_PAIRS = 20
"""Pairs that the prior shares below count for."""

PRIOR_M: dict[str, tuple[float, ...]] = {
    "mepid": (0.99, 0.01),
    "license": (0.985, 0.015),
    "birth": (0.985, 0.01, 0.005),
    "first": (0.90, 0.05, 0.03, 0.02),
    "last": (0.93, 0.02, 0.02, 0.03),
    "institution": (0.6, 0.4),
}
"""Prior shares of true pairs at each level, best level first: our own reading of how such files are kept."""

TRUE_SHARE = 0.6
"""Candidates found among educators, as far as is known before linking: sets the model's starting odds."""

SEED = 20180927
"""Seed of the sample of chance pairs."""

CHANCE_PAIRS = 1_000_000

IDENTIFIERS = ("mepid", "license")
"""Numbers that no two people share: they agree by chance only when one is mistyped, and hits one of all."""

LEVEL_OF = {name: f"{name}_level" for name in COMPARED}
"""Column with the level of agreement of each thing compared."""

_BLOCKS = (
    ("mepid",),
    ("license",),
    ("birth",),
    ("first", "last"),
)


@dataclass(frozen=True)
class _Comparison:
    name: str
    levels: tuple[ComparisonLevelCreator, ...]
    """Levels of agreement, best first, without the one for a missing value and the one for everything else."""


def _comparisons() -> tuple[_Comparison, ...]:
    def same(column: str, frequent: bool = False) -> ComparisonLevelCreator:
        return levels.ExactMatchLevel(column, term_frequency_adjustments=frequent)

    swapped = 'concat(substr("birth_l", 1, 5), substr("birth_l", 9, 2), \'-\', substr("birth_l", 6, 2)) = "birth_r"'
    nearly_born = levels.CustomLevel(f'damerau_levenshtein("birth_l", "birth_r") <= 1 OR {swapped}')
    short_form = levels.CustomLevel(
        'list_has_any("first_forms_l", "first_forms_r") OR (least(length("first_l"), length("first_r")) >= 3 '
        'AND (starts_with("first_l", "first_r") OR starts_with("first_r", "first_l")))'
    )
    double_name = levels.CustomLevel(
        'least(length("last_l"), length("last_r")) >= 4 '
        'AND (contains("last_l", "last_r") OR contains("last_r", "last_l"))'
    )
    return (
        _Comparison("mepid", (same("mepid"),)),
        _Comparison("license", (same("license"),)),
        _Comparison("birth", (same("birth"), nearly_born)),
        _Comparison("first", (same("first", True), short_form, levels.JaroWinklerLevel("first", 0.9))),
        _Comparison("last", (same("last", True), double_name, levels.JaroWinklerLevel("last", 0.9))),
        _Comparison("institution", (same("institution"),)),
    )


def _settings(prior: float) -> dict[str, Any]:
    comparisons: list[ComparisonCreator | dict[str, Any]] = []
    for comparison in _comparisons():
        shares = PRIOR_M[comparison.name]
        graded = zip((*comparison.levels, levels.ElseLevel()), shares, strict=True)
        every: list[ComparisonLevelCreator | dict[str, Any]] = [levels.NullLevel(comparison.name)]
        every += [level.configure(m_probability=share) for level, share in graded]
        comparisons.append(CustomComparison(every, output_column_name=comparison.name))
    creator = SettingsCreator(
        link_type="link_only",
        comparisons=comparisons,
        blocking_rules_to_generate_predictions=[block_on(*columns) for columns in _BLOCKS],
        probability_two_random_records_match=prior,
        retain_matching_columns=True,
        retain_intermediate_calculation_columns=False,
        additional_columns_to_retain=["person", "provider_code"],
        linker_uid="partnerlib",
    )
    settings: dict[str, Any] = creator.create_settings_dict("duckdb")
    return settings


def score(candidates: pa.Table, educators: pa.Table) -> pd.DataFrame:
    """Every pair of candidate and educator that agrees on something, with the weight of the evidence for the pair.

    Columns
        candidate_id, provider_code, mepid (the educator's), weight (log2 odds), probability, and for each thing
        compared its level of agreement: -1 not comparable, 0 differs, higher is better
    Rows
        one per pair, sorted by candidate and educator; of several ways an educator is written, the best
    """
    database = engine.open_connection()
    try:
        database.execute("SET threads = 1")  # the sample of chance pairs depends on the order of rows otherwise
        api = DuckDBAPI(database)
        tables = [
            api.register(candidates, dataset_display_name="candidates"),
            api.register(educators, dataset_display_name="educators"),
        ]
        people = pc.count_distinct(educators.column("person")).as_py()
        prior = TRUE_SHARE / people
        chance = _with_chance_shares(Linker(tables, _settings(prior), log_level="ERROR"), people)
        trained = _with_true_shares(chance, _predict(Linker(tables, chance, log_level="ERROR")))
        database.execute("RESET threads")
        return _predict(Linker(tables, trained, log_level="ERROR"))
    finally:
        database.close()


def _predict(linker: Linker) -> pd.DataFrame:
    gammas = ", ".join(f"gamma_{name}::TINYINT AS {LEVEL_OF[name]}" for name in COMPARED)
    pairs = linker.inference.predict().as_duckdbpyrelation()
    frame: pd.DataFrame = pairs.project(
        "person_l AS candidate_id, provider_code_l AS provider_code, person_r AS mepid, "
        f"match_weight AS weight, match_probability AS probability, unique_id_r AS written, {gammas}"
    ).df()
    best = frame.sort_values(["candidate_id", "mepid", "weight", "written"], ascending=[True, True, False, True])
    best = best.drop_duplicates(["candidate_id", "mepid"]).drop(columns="written")
    return best.reset_index(drop=True)


def _with_chance_shares(linker: Linker, people: int) -> dict[str, Any]:
    """The settings with u for every level: sampled, but for identifiers the share mistyped / number of educators."""
    linker.training.estimate_u_using_random_sampling(
        max_pairs=CHANCE_PAIRS, seed=SEED, min_count_per_level=None, num_chunks=1
    )
    settings: dict[str, Any] = linker.misc.save_model_to_json()
    for comparison in settings["comparisons"]:
        every = _graded(comparison)
        name = comparison["output_column_name"]
        if name in IDENTIFIERS:
            chance = PRIOR_M[name][-1] / people
            shares = np.array([chance, 1 - chance])
        else:
            shares = np.array([level.get("u_probability") or 1 / CHANCE_PAIRS for level in every])
        for level, share in zip(every, shares / shares.sum(), strict=True):
            level["u_probability"] = float(share)
    return settings


def _with_true_shares(settings: dict[str, Any], pairs: pd.DataFrame) -> dict[str, Any]:
    """The settings with m for every level, counted over the pairs that are surely the same person.

    Sure pairs for the MEPID agree on licence and birth date; sure pairs for everything else agree on the MEPID and are
    probable even so, which leaves out mistyped MEPIDs that are somebody else's.
    """
    by_mepid = pairs.loc[(pairs["mepid_level"] == 1) & (pairs["probability"] > 0.5)]
    by_others = pairs.loc[(pairs["license_level"] == 1) & (pairs["birth_level"] == 2)]
    for comparison in settings["comparisons"]:
        name = comparison["output_column_name"]
        every = _graded(comparison)
        sure = by_others["mepid_level"] if name == "mepid" else by_mepid[LEVEL_OF[name]]
        best_first = sure[sure >= 0].value_counts().reindex(range(len(every) - 1, -1, -1), fill_value=0).to_numpy()
        counts = best_first + PSEUDO_PAIRS * np.array(PRIOR_M[name])
        for level, share in zip(every, counts / counts.sum(), strict=True):
            level["m_probability"] = float(share)
    return settings


def _graded(comparison: dict[str, Any]) -> list[dict[str, Any]]:
    """The levels of a comparison without the one for missing values, best first."""
    return [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
