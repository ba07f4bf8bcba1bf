"""One module per family of raw file: how it is recognised, read and conformed to the tables of `partnerlib.tables`.

Adding a source is adding one module here that defines `SOURCE`; it is found by itself.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from partnerlib.sources.contract import Source


@cache
def all_sources() -> tuple[Source, ...]:
    """Every source of the project, by name."""
    modules = [import_module(f"{__name__}.{name}") for name in sorted(module.name for module in iter_modules(__path__))]
    return tuple(module.SOURCE for module in modules if hasattr(module, "SOURCE"))
