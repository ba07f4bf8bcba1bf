"""Words of this field that a page uses, each in a sentence a school committee would understand."""

from __future__ import annotations

GLOSSARY = {
    "95% interval": (
        "The range a number would fall in for most years like this one. A wide interval says that few people stand "
        "behind the number, and that it may be quite different next year."
    ),
    "Band": "Two ends between which a share lies. Bands are printed in place of shares to protect people.",
    "Candidate": "A person enrolled in a program that prepares educators.",
    "Cohort": "Everybody counted by the same school year: of placement, completion, first job or October.",
    "Completer": "A candidate who finished the program.",
    "First job": "The first position in a Massachusetts public school in the October staff collections.",
    "High-needs school": (
        "A school with a large share of students who have low income, are English learners or have a disability, as "
        "the page's own measure defines it."
    ),
    "New teacher": "A completer whose first job is as a teacher.",
    "Partnership": "A provider and a district that hosts its candidates or hires its completers.",
    "Practicum": "The supervised teaching in a school that ends a program.",
    "Practicum equivalent": "The practicum of a candidate who is already the teacher of record of the class.",
    "Provider": "A sponsoring organization: a college, a district or another body with approved programs.",
    "Retention": (
        "The share still there after some years. It means something only with its level: same school, same district, "
        "same position in the state, any position in the state."
    ),
    "School year": "Named by both its years: 2017-18 ends in the spring of 2018.",
    "Supervising practitioner": "The teacher in whose classroom the practicum takes place.",
    "Three cohorts pooled": "Three cohorts counted together, so that small groups can be told of at all.",
    "Withheld": "Not printed, because it could tell something about a person.",
}
"""Term and meaning, in alphabetical order."""
