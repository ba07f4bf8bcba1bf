"""The data contract: every processed table with its key, columns, types, allowed values, sensitivity and links.

A table is declared once, here. The build writes it, the checks enforce it, the data dictionary prints it.
A number that may be withheld travels with a status: suppressed, missing, not applicable and zero are four things.

columns   what a table and a column are      preparation, schools, published   the tables, by what they are about
"""

from partnerlib.tables.columns import RATINGS, READINESS, STATUSES, Column, Table
from partnerlib.tables.preparation import PREPARATION
from partnerlib.tables.published import PUBLISHED
from partnerlib.tables.schools import SCHOOLS

__all__ = ["RATINGS", "READINESS", "STATUSES", "TABLES", "Column", "Table"]

TABLES: dict[str, Table] = {table.name: table for table in (*PREPARATION, *SCHOOLS, *PUBLISHED)}
"""Every processed table by name."""
