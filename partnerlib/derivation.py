"""Columns and tables that need more than one row or file: who is one candidate, who is one educator, high needs,
standard scores.

Each function gives a DuckDB query over rows that the sources gave; the build runs it once, into its table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from partnerlib import engine
from partnerlib.sources.layouts import StagedRows
from partnerlib.tables import TABLES


def settle_identities(files: Sequence[StagedRows]) -> None:
    """Give one candidate one id over all files of the providers.

    A row names its candidate by e-mail, else MEPID, else full name, within the provider. A row without e-mail whose
    MEPID (or, without that, whose name) is that of exactly one candidate known by more is that candidate's row, too.
    """
    connection = engine.connection()
    rows = " UNION ALL ".join(file.table_sql("candidates") for file in files)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE named AS SELECT DISTINCT candidate_id, provider_code, email, "
                       f"reported_mepid, lower(first_name || ' ' || last_name) AS name FROM ({rows})")  # fmt: skip
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE settled AS
        WITH by_mepid AS (
            SELECT provider_code, reported_mepid, min(candidate_id) AS known FROM named
            WHERE email IS NOT NULL AND reported_mepid IS NOT NULL GROUP BY ALL HAVING count(DISTINCT candidate_id) = 1
        ), stronger AS (
            SELECT named.candidate_id, named.provider_code, named.name,
                CASE WHEN email IS NULL THEN coalesce(known, named.candidate_id) ELSE named.candidate_id END AS settled,
                email IS NULL AND reported_mepid IS NULL AS by_name_only
            FROM named LEFT JOIN by_mepid USING (provider_code, reported_mepid)
        ), by_name AS (
            SELECT provider_code, name, min(settled) AS known FROM stronger
            WHERE NOT by_name_only AND name IS NOT NULL GROUP BY ALL HAVING count(DISTINCT settled) = 1
        )
        SELECT DISTINCT candidate_id, CASE WHEN by_name_only THEN coalesce(known, settled) ELSE settled END AS settled
        FROM stronger LEFT JOIN by_name USING (provider_code, name)"""
    )
    for file in files:
        connection.execute(
            f"UPDATE {file.table} SET candidate_id = s.settled FROM settled s "
            f"WHERE {file.table}.candidate_id = s.candidate_id AND s.settled <> s.candidate_id"
        )
    connection.execute("DROP TABLE named; DROP TABLE settled")


def candidates(rows: str, _before: str) -> str:
    """One row per candidate: what completer files say first, then CAP; the newest file first.

    The MEPID is the well-formed one that most rows report.
    """
    merged = [
        name for name in TABLES["candidates"].column_names
        if name not in ("candidate_id", "reported_mepid", "is_completer")
    ]  # fmt: skip
    firsts = ", ".join(
        f"first({name} ORDER BY is_completer DESC, source_file DESC, {name}) FILTER ({name} IS NOT NULL) AS {name}"
        for name in merged
    )
    return f"""WITH said AS ({rows}), counted AS (
            SELECT candidate_id, reported_mepid, regexp_full_match(reported_mepid, '[0-9]{{8}}') AS is_formed,
                count(*) AS rows, bool_or(is_completer) AS by_completion
            FROM said WHERE reported_mepid IS NOT NULL GROUP BY ALL
        ), mepids AS (
            SELECT candidate_id, reported_mepid FROM counted QUALIFY row_number() OVER (PARTITION BY candidate_id
                ORDER BY is_formed DESC, rows DESC, by_completion DESC, reported_mepid) = 1
        ), people AS (SELECT candidate_id, {firsts}, bool_or(is_completer) AS is_completer FROM said GROUP BY ALL)
        SELECT * FROM people LEFT JOIN mepids USING (candidate_id)"""


def students(rows: str, before: str) -> str:
    """High needs: low income, disability, or English learner in the year or in either of the two years before."""
    return f"""SELECT said.* REPLACE (is_low_income OR is_english_learner OR has_disability
            OR sasid IN (SELECT sasid FROM ({before}) WHERE is_english_learner) AS is_high_needs)
        FROM ({rows}) AS said"""


def scores(rows: str, _before: str) -> str:
    """Standard score: the scaled score in standard deviations of all students of its year, grade and subject.

    The deviation comes from sums alone: those of whole numbers are exact in whatever order the cores add them up, so
    that the same files give the same bytes.
    """
    return f"""WITH said AS ({rows}), sums AS (
            SELECT school_year, grade, subject, count(scaled_score) AS n, sum(scaled_score) AS total,
                sum(scaled_score * scaled_score) AS squares
            FROM said GROUP BY ALL
        ), forms AS (
            SELECT school_year, grade, subject, total / n AS mean,
                nullif(sqrt(greatest(n * squares - total * total, 0)), 0) / n AS sd
            FROM sums
        )
        SELECT said.* REPLACE ((scaled_score - mean) / sd AS standard_score)
        FROM said JOIN forms ON said.school_year = forms.school_year AND said.subject = forms.subject
            AND said.grade IS NOT DISTINCT FROM forms.grade"""


def educators(roster: str, assignments: str) -> str:
    """One row per person and collection: a district that reports the person as working goes before one that does
    not, then the larger full-time equivalent, then the district's code."""
    kept = ", ".join(name for name in TABLES["educators"].column_names if name not in ("district_count", "is_working"))
    return f"""WITH time AS (
            SELECT mepid, school_year, collection, district_code, sum(fte) AS fte FROM {assignments} GROUP BY ALL
        )
        SELECT {kept}, employment_status = 'working' AS is_working,
            count(*) FILTER (employment_status = 'working') OVER person AS district_count
        FROM {roster} LEFT JOIN time USING (mepid, school_year, collection, district_code)
        WINDOW person AS (PARTITION BY mepid, school_year, collection)
        QUALIFY row_number() OVER (PARTITION BY mepid, school_year, collection
            ORDER BY employment_status = 'working' DESC, coalesce(fte, 0) DESC, employment_status = 'on_leave' DESC,
            district_code) = 1"""


DERIVED: dict[str, Callable[[str, str], str]] = {"candidates": candidates, "students": students, "scores": scores}
"""Tables whose rows need others of the table: from all rows of a school year, and those of the two years before it."""
