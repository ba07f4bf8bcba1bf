"""What may be published: from estimates to a release. Knows only the shape of an estimates table, nothing of people."""

from partnerlib.disclosure.release import (
    MINIMUM_PEOPLE,
    RELEASE_COLUMNS,
    read_release,
    release,
    withhold_small_cells,
    write_release,
)

__all__ = [
    "MINIMUM_PEOPLE",
    "RELEASE_COLUMNS",
    "read_release",
    "release",
    "withhold_small_cells",
    "write_release",
]
