"""What a measure means, in words: the text of `partnerlib explain` and the page of all measures."""

from __future__ import annotations

from collections.abc import Iterable

from partnerlib.measures.populations import POPULATIONS
from partnerlib.measures.registry import Measure

_INTERVAL = """Rates: Wilson. Means: Student's t, clustered on people. Medians: order statistics. Counts: exact Poisson.
Survival: log-log from Greenwood's sum. An interval says how far the number would move between years like this one."""


def explanation(entry: Measure) -> str:
    """A measure as plain text: meaning, formula, who is in it, where it is shown, how sure it is, its source."""
    population = POPULATIONS[entry.sample]
    shown = f"by {population.cohort}, one year and three years pooled; for each {', '.join(entry.unit)}"
    if entry.groups:
        shown += "; and by " + ", ".join(group.replace("_", " ") for group in entry.groups)
    facts = {
        "Who is counted": population.who,
        "District": population.district,
        "Shown": shown,
        "Known": f"{entry.horizon} October(s) after the cohort's year; before that, 'not yet observed'"
        if entry.horizon
        else "with the cohort's own year",
        "Minimum": f"{entry.minimum} people; fewer is remarked upon. What a release withholds is its own rule",
        "Interval": _INTERVAL,
        "Informs": ", ".join(entry.informs),
    }
    parts = {**{key: text for key, text in entry.sections.items() if key != "Source"}, **facts}
    if "Source" in entry.sections:
        parts["Source"] = entry.sections["Source"]
    body = "\n".join(f"{title}\n" + _indented(text) for title, text in parts.items())
    return f"{entry.name}: {entry.title}\n\n{entry.summary}\n\n{body}\n"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def page(measures: Iterable[Measure]) -> str:
    """All measures as a Markdown page, a table for each topic."""
    topics: dict[str, list[Measure]] = {}
    for entry in measures:
        topics.setdefault(entry.topic, []).append(entry)
    lines = ["# Measures", "", "Every number carries its numerator, denominator, people, 95% interval and status.", ""]
    for topic, entries in topics.items():
        lines += [f"## {topic.capitalize()}", "", "| measure | what it means | who | units | known after |"]
        lines += ["|---|---|---|---|---|"]
        lines += [
            f"| `{entry.name}` | {entry.summary} | {POPULATIONS[entry.sample].who} | {', '.join(entry.unit)} "
            f"| {entry.horizon or 'the same year'} |"
            for entry in entries
        ]
        lines.append("")
    return "\n".join(lines)
