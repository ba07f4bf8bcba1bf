"""Whom a measure is about. Importing this package registers every population."""

from partnerlib.measures.populations import candidates, classrooms, responses, teachers, ties
from partnerlib.measures.populations.population import (
    EVERY_UNIT,
    LARGE_UNITS,
    POPULATIONS,
    Population,
    population,
    program_code,
)

__all__ = [
    "EVERY_UNIT",
    "LARGE_UNITS",
    "POPULATIONS",
    "Population",
    "candidates",
    "classrooms",
    "population",
    "program_code",
    "responses",
    "teachers",
    "ties",
]
