"""Candidates and educators as comparable records: names without accents or marks, nicknames with their formal names."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import narwhals as nw
import pandas as pd
import pyarrow as pa

from partnerlib import engine
from partnerlib.panels.inputs import Processed, panel

COMPARED = ("mepid", "license", "birth", "first", "last", "institution")
"""What two records are compared on; `first_forms` holds the first name and every formal name it may stand for."""

_SCHEMA = pa.schema(
    [
        ("unique_id", pa.string()),
        ("person", pa.string()),
        ("provider_code", pa.string()),
        *((name, pa.string()) for name in COMPARED),
        ("first_forms", pa.list_(pa.string())),
    ]
)


@cache
def _formal_names() -> dict[str, list[str]]:
    """Formal names by nickname: CHRIS may be CHRISTOPHER or CHRISTINE."""
    with (files("partnerlib.linkage") / "nicknames.csv").open() as file:
        table = pd.read_csv(file, dtype=str)
    return {str(nickname): list(names) for nickname, names in table.groupby("nickname")["name"]}


def letters(names: pd.Series) -> pd.Series:
    """Names as capital letters only: no accents, apostrophes, hyphens or blanks; null when nothing is left.

    >>> letters(pd.Series(["O'Dowd", "Núñez-Costa"])).tolist()
    ['ODOWD', 'NUNEZCOSTA']
    """
    plain = names.str.normalize("NFKD").str.upper().str.replace(r"[^A-Z]", "", regex=True)
    return plain.where(plain.str.len() > 0)


def candidate_records(processed: Processed) -> pa.Table:
    """One record per candidate, in the order of their identifiers."""
    rows = processed.collect("candidates").sort_values("candidate_id", ignore_index=True)
    return _records(
        rows.assign(unique_id=rows["candidate_id"], person=rows["candidate_id"], institution=None).rename(
            columns={"reported_mepid": "mepid"}
        )
    )


def educator_records(processed: Processed) -> pa.Table:
    """One record per educator and way of being written: a name changed by marriage is a second record of the person."""
    written = ["mepid", "first_name", "last_name", "birth_date", "license_number", "degree_institution"]
    known = processed.scan("educators").filter(~nw.col("last_name").is_null()).select(*written).unique()
    rows = panel(known).sort_values(written, ignore_index=True)
    rows["unique_id"] = rows["mepid"] + "-" + rows.groupby("mepid").cumcount().astype(str)
    return _records(
        rows.assign(person=rows["mepid"], provider_code=None).rename(columns={"degree_institution": "institution"})
    )


def _records(rows: pd.DataFrame) -> pa.Table:
    first = letters(rows["first_name"].astype("str"))
    license_number = rows["license_number"].astype("str").str.upper().str.replace(r"[^A-Z0-9]", "", regex=True)
    license_number = license_number.str.lstrip("0")
    formal = _formal_names()
    forms = {name: [name, *formal.get(name, [])] for name in first.dropna().unique()}
    frame = pd.DataFrame(
        {
            "unique_id": rows["unique_id"],
            "person": rows["person"],
            "provider_code": rows["provider_code"],
            "mepid": rows["mepid"],
            "license": license_number.where(license_number.str.len() > 0),
            "birth": pd.to_datetime(rows["birth_date"]).dt.strftime("%Y-%m-%d"),
            "first": first,
            "last": letters(rows["last_name"].astype("str")),
            "institution": rows["institution"],
            "first_forms": first.astype(object).map(forms).astype(object),
        }
    )
    return pa.Table.from_pandas(frame, schema=_SCHEMA, preserve_index=False)


def with_institutions(candidates: pa.Table, educators: pa.Table, share: float = 0.5, least: int = 10) -> pa.Table:
    """Candidates with the degree institution of their provider, where the records show which one it is.

    Learnt from candidates whose MEPID, last name and birth date or licence agree with an educator's: the institution
    that at least `share` of a provider's `least` or more such educators report. Unknown for every other provider.
    """
    if not candidates.num_rows or not educators.num_rows:
        return candidates
    agree = nw.col("last") == nw.col("last_right")
    sure = (nw.col("birth") == nw.col("birth_right")) | (nw.col("license") == nw.col("license_right"))
    left, right = (engine.lazy(engine.connection().from_arrow(table)) for table in (candidates, educators))
    pairs = panel(
        left.join(right, on="mepid", how="inner")
        .filter(agree, sure.fill_null(False), ~nw.col("institution_right").is_null())
        .select("provider_code", "person", institution="institution_right")
        .unique()
    )
    counts = pairs.groupby(["provider_code", "institution"]).size().rename("people").reset_index()
    counts["share"] = counts["people"] / counts.groupby("provider_code")["people"].transform("sum")
    learnt = counts.loc[(counts["share"] >= share) & (counts["people"] >= least)]
    of_provider = learnt.set_index("provider_code")["institution"]
    codes = candidates.column("provider_code").to_pandas()
    column = pa.array(codes.map(of_provider), type=pa.string(), from_pandas=True)
    return candidates.set_column(candidates.schema.get_field_index("institution"), "institution", column)
