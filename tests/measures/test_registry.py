from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
from measures.invented import invented

from partnerlib.errors import DataError, ParameterError
from partnerlib.measures import all_measures, explain, find, measures_page, registry
from partnerlib.measures.estimation import estimate
from partnerlib.measures.registry import measure
from partnerlib.measures.results import Mean, Rate

PLACED = """
candidate_id placement_year summative_mean
a            2018           3.5
b            2018           2.0
c            2018           -
"""


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(registry, "_MEASURES", {})
    yield


def declared(**changes: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "unit": ("provider", "state"), "sample": "placements", "needs": ("summative_mean",), "topic": "placement",
        "title": "Strong summative assessment", "informs": ("partnership criterion 3",),
    }  # fmt: skip
    return {**usual, **changes}


def strong(placements: pd.DataFrame) -> Rate:
    """Share of candidates with a summative mean of 3 or more.

    Formula
        candidates at 3 or more / candidates with a summative assessment
    Source
        a test
    """
    score = placements["summative_mean"]
    return Rate((score >= 3).astype("boolean").mask(score.isna()))


def test_one_decorated_function_is_a_measure_for_every_unit(own_registry: None) -> None:
    measure(**declared())(strong)  # type: ignore[arg-type]
    [entry] = registry.registered().values()
    found = estimate(invented(PLACED), 2018, [entry]).set_index(["unit_kind", "window_years"])
    row = found.loc[("state", 1)]
    assert (row["numerator"], row["denominator"], row["people"], row["value"]) == (1, 2, 2, 0.5)
    assert row["status"] == "reported" and row["note"] == "fewer than 10 people"
    assert row["sample_id"].startswith("placed_candidates-")
    assert set(found.index.get_level_values("unit_kind")) == {"provider", "state"}
    assert entry.sections["Formula"] == "candidates at 3 or more / candidates with a summative assessment"


def test_a_measure_is_given_only_the_columns_it_says_it_needs(own_registry: None) -> None:
    measure(**declared(needs=("formative_mean",)))(strong)  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="summative_mean"):
        estimate(invented(PLACED), 2018, registry.registered().values())


def test_a_column_that_does_not_exist_is_named_with_the_nearest_one(own_registry: None) -> None:
    measure(**declared(needs=("sumative_mean",)))(strong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no column sumative_mean; did you mean 'summative_mean'"):
        estimate(invented(PLACED), 2018, registry.registered().values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": ("providers",)}, "did you mean 'provider'"),
        ({"topic": "hirings"}, "did you mean 'hiring'"),
    ],
)
def test_a_misspelt_declaration_is_an_error_when_it_is_made(
    own_registry: None, change: dict[str, object], message: str
) -> None:
    with pytest.raises(ParameterError, match=message):
        measure(**declared(**change))(strong)  # type: ignore[arg-type]


def test_a_name_can_be_taken_once(own_registry: None) -> None:
    measure(**declared())(strong)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="strong: registered twice"):
        measure(**declared())(strong)  # type: ignore[arg-type]


def test_a_population_that_does_not_exist_is_named(own_registry: None) -> None:
    measure(**declared(sample="placement"))(strong)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="no population 'placement'"):
        estimate(invented(PLACED), 2018, registry.registered().values())


def test_a_family_is_written_once_and_each_member_has_its_own_name_and_horizon(own_registry: None) -> None:
    def waited(completers: pd.DataFrame, years: int) -> Mean:
        """Years waited by those hired within {years} years.

        Formula
            mean of years below {years}
        Source
            a test
        """
        return Mean(completers["years_to_hire"].where(completers["years_to_hire"] < years))

    measure(
        **declared(sample="completers", needs=("years_to_hire",), title="Waited {years}"),  # type: ignore[arg-type]
        name="waited_{years}", horizon="years", family=({"years": 2}, {"years": 3}),
    )(waited)  # fmt: skip
    two, three = registry.registered().values()
    assert (two.name, two.title, two.horizon, two.summary) == (
        "waited_2", "Waited 2", 2, "Years waited by those hired within 2 years.",
    )  # fmt: skip
    assert three.sections["Formula"] == "mean of years below 3"


def test_an_unknown_measure_is_answered_with_the_nearest_name() -> None:
    with pytest.raises(ParameterError, match="did you mean 'hired_in_placement_district'"):
        find("hired_in_placement_distrct")


def test_explain_tells_who_is_counted_and_since_when() -> None:
    text = explain("hired_in_placement_district")
    for part in ("0.15 (school) and 0.40 (district)", "practicum equivalents", "1 October(s)", "Wilson"):
        assert part in text


def test_the_page_has_every_topic_and_a_row_for_every_measure() -> None:
    page = measures_page()
    assert [line for line in page.splitlines() if line.startswith("## ")] == [
        "## Placement", "## Hiring", "## Retention", "## Outcomes", "## Surveys", "## Partnerships",
    ]  # fmt: skip
    assert sum(line.startswith("| `") for line in page.splitlines()) == len(all_measures())


def test_an_explanation_does_not_promise_that_a_release_withholds_what_it_publishes() -> None:
    """The growth measures remark upon fewer than 20 teachers; a release publishes 12."""
    words = explain("growth_of_novices")
    assert "20 people; fewer is remarked upon." in words and "withheld from a release" not in words
