"""What may be published: from internal aggregates to a sealed release. Knows the shape of numbers, nothing of people.

policy        what may be printed, by name              protection    what is rounded and withheld
audit         what an attacker still finds              releasing     the two together, until nobody is found
zones         people, aggregates, releases: three types sealed        the only way to make and to read a release
ledger        every release ever made                   versions      two releases about the same people
files         the table and the workbook beside pages   models, figures, images, secrets: whatever else may leave
"""

from partnerlib.disclosure.sealed import read_release, seal, write_release
from partnerlib.disclosure.zones import Aggregates, SealedRelease, sealed_only

__all__ = ["Aggregates", "SealedRelease", "read_release", "seal", "sealed_only", "write_release"]
