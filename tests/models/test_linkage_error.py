"""Links drawn from the linker's probabilities, the estimate over the draws, and what part of its variance they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from partnerlib.errors import DataError, ParameterError
from partnerlib.models.linear import Question, linear
from partnerlib.models.linkage import draw_links, linkage_ladder, relinked
from partnerlib.models.results import Estimates
from partnerlib.panels import load_panels


def links_of(mepids: list[str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "candidate_id": [f"C{place}" for place in range(len(mepids))], "provider_code": "89000001",
            "mepid": mepids, "method": ["unmatched" if mepid is None else "mepid" for mepid in mepids],
            "probability": [None if mepid is None else 0.99 for mepid in mepids],
        }
    )  # fmt: skip


def pairs_of(rows: list[tuple[str, str, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["candidate_id", "mepid", "probability"])
    return frame.assign(provider_code="89000001")


def test_links_are_drawn_as_often_as_the_linker_thinks_them_likely() -> None:
    n = 4000
    links = links_of([f"own {place}" for place in range(n)])
    pairs = pairs_of(
        [
            (f"C{place}", f"{whose} {place}", share)
            for place in range(n)
            for whose, share in (("own", 0.8), ("other", 0.5))
        ]
    )
    drawn = draw_links(links, pairs, np.random.default_rng(0))["mepid"].str.split().str[0].fillna("none")
    # Odds 4, 1 and 1 of none.
    shares = drawn.value_counts(normalize=True)
    assert [shares["own"], shares["other"], shares["none"]] == pytest.approx([4 / 6, 1 / 6, 1 / 6], abs=0.03)


def test_an_educator_whom_two_candidates_draw_stays_with_the_likelier() -> None:
    links = links_of(["1", None])
    pairs = pairs_of([("C0", "1", 1 - 1e-12), ("C1", "1", 0.9)])
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn = draw_links(links, pairs, rng).set_index("candidate_id")["mepid"]
        assert drawn["C0"] == "1" and pd.isna(drawn["C1"])


def test_methods_say_what_became_of_a_link() -> None:
    links = links_of(["1", "2", None])
    pairs = pairs_of([("C0", "1", 1 - 1e-12), ("C1", "3", 1 - 1e-12), ("C2", "4", 1e-12)])
    drawn = draw_links(links, pairs, np.random.default_rng(0))
    assert drawn["method"].tolist() == ["mepid", "probabilistic", "unmatched"]
    assert list(drawn.columns) == list(links.columns)


def test_doubt_unlinks_its_share_of_sure_links() -> None:
    n = 3000
    links = links_of([str(place) for place in range(n)])
    pairs = pairs_of([(f"C{place}", str(place), 1 - 1e-12) for place in range(n)])
    drawn = draw_links(links, pairs, np.random.default_rng(0), doubt=0.1)
    assert drawn["mepid"].isna().mean() == pytest.approx(0.1, abs=0.02)
    assert draw_links(links, pairs, np.random.default_rng(0))["mepid"].notna().all()


def careers(n: int = 400) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Candidates of whom the placed earn more; every educator has a namesake one number on."""
    rng = np.random.default_rng(3)
    placed = rng.random(n) < 0.5
    pay = pd.DataFrame({"mepid": [str(place) for place in range(n)], "pay": placed * 1.0 + rng.normal(size=n)})
    links = links_of([str(place) for place in range(n)])
    candidates = links[["candidate_id"]].assign(placed=placed.astype(float), school=np.arange(n) % 80)
    return candidates, pay, links


def estimate_from(candidates: pd.DataFrame, pay: pd.DataFrame):
    question = Question("pay", ("placed",), "difference in pay", "school", "candidate_id", "invented")

    def estimate(links: pd.DataFrame) -> Estimates:
        rows = candidates.merge(links[["candidate_id", "mepid"]], on="candidate_id").merge(pay, on="mepid")
        return linear(rows, question, "model")

    return estimate


def test_doubtful_links_widen_the_interval_and_the_share_from_links_is_told() -> None:
    candidates, pay, links = careers()
    estimate = estimate_from(candidates, pay)
    sure = pairs_of([(f"C{place}", str(place), 1 - 1e-12) for place in range(400)])
    namesakes = pairs_of(
        [
            (f"C{place}", str((place + step) % 400), share)
            for place in range(400)
            for step, share in ((0, 0.7), (1, 0.5))
        ]
    )
    linked, certain = linkage_ladder(estimate, links, sure, rng=np.random.default_rng(0), draws=5)
    again, doubtful = linkage_ladder(estimate, links, namesakes, rng=np.random.default_rng(0), draws=15)
    assert certain["placed"]["estimate"] == pytest.approx(linked["placed"]["estimate"])
    assert certain.statistics["share from draws of links: placed"] == pytest.approx(0.0, abs=1e-12)
    assert any("so sure" in sentence for sentence in certain.cautions)
    assert doubtful.statistics["share from draws of links: placed"] > 0.1
    assert doubtful.statistics["share of candidates relinked"] > 0.3
    assert doubtful["placed"]["estimate"] < 0.95 * again["placed"]["estimate"], "strangers' pay dilutes the difference"
    assert doubtful["placed"]["std_error"] > linked["placed"]["std_error"]


def test_panels_made_from_other_links_have_other_first_jobs_and_the_same_ones_from_the_same() -> None:
    panels = load_panels(Path("data/processed/sample"))
    links = panels.processed.collect("links")
    pd.testing.assert_frame_equal(relinked(panels, links).first_jobs, panels.first_jobs)
    none = links.assign(mepid=pd.NA, method="unmatched", probability=np.nan)
    unlinked = relinked(panels, none)
    assert not unlinked.first_jobs["is_linked"].any() and panels.first_jobs["is_linked"].any()
    assert unlinked.first_jobs["first_job_year"].isna().all()
    assert unlinked.careers is panels.careers


def test_unknown_candidates_and_impossible_doubt_are_refused() -> None:
    links = links_of(["1"])
    rng = np.random.default_rng(0)
    with pytest.raises(DataError, match="1 candidates are not among the links"):
        linkage_ladder(lambda rows: None, links, pairs_of([("C9", "1", 0.5)]), rng=rng)  # type: ignore[arg-type,return-value]
    with pytest.raises(ParameterError, match="expected a share from 0"):
        draw_links(links, pairs_of([("C0", "1", 0.5)]), rng, doubt=1.0)
