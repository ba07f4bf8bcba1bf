"""From internal estimates to public cells: shape, primary rules, rounding, partners.

protect(estimates, policy, relations, is_synthetic)   the cells of a release, and why others are withheld
withhold(protected, cells)                            the same with more withheld: what an audit found wanting
"""

from partnerlib.disclosure.protection.further import withhold
from partnerlib.disclosure.protection.gate import Protected, protect
from partnerlib.disclosure.protection.loss import Loss

__all__ = ["Loss", "Protected", "protect", "withhold"]
