"""Settings as frozen dataclasses, read from plain YAML: a closed vocabulary, every problem told at once."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal

from partnerlib.errors import did_you_mean


def read(kind: type, written: object) -> tuple[dict[str, Any], list[str]]:
    """The settings of a dataclass that could be read, and what is wrong with the others."""
    problems: list[str] = []
    return _settings(kind, written, "", problems), problems


def _settings(kind: type, written: object, where: str, problems: list[str]) -> dict[str, Any]:
    known = typing.get_type_hints(kind)
    if not isinstance(written, dict):
        problems.append(f"{where or 'file'}: expected the settings {', '.join(known)}")
        return {}
    dot = f"{where}." if where else ""
    problems += [f"{dot}{key}: no such setting; {did_you_mean(str(key), known)}" for key in written if key not in known]
    problems += [f"{dot}{name}: missing" for name in known if name not in written]
    return {name: _value(known[name], written[name], dot + name, problems) for name in known if name in written}


def _value(kind: Any, written: object, where: str, problems: list[str]) -> Any:
    """A value of the kind wanted; None and a problem when it is of another."""
    before = len(problems)
    if is_dataclass(kind):
        values = _settings(typing.cast(type, kind), written, where, problems)
        return kind(**values) if len(problems) == before else None  # type: ignore[operator]
    value = _plain_value(kind, written, where, problems)
    return value if len(problems) == before else None


def _plain_value(kind: Any, written: object, where: str, problems: list[str]) -> Any:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin is Literal:
        if written not in inner:
            problems.append(f"{where}: {written!r}; {did_you_mean(str(written), inner)}")
        return written
    if origin is tuple:
        if not isinstance(written, list):
            problems.append(f"{where}: {written!r}; expected a list")
            return ()
        return tuple(_value(inner[0], entry, f"{where}[{place}]", problems) for place, entry in enumerate(written))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(written, dict):
            problems.append(f"{where}: {written!r}; expected pairs of numbers")
            return {}
        pairs = [
            (_value(inner[0], key, f"{where} key", problems), _value(inner[1], value, f"{where}.{key}", problems))
            for key, value in written.items()
        ]
        return Table(sorted(pair for pair in pairs if None not in pair))
    accepted = (int, float) if kind is float else (kind,)
    if not isinstance(written, accepted) or (isinstance(written, bool) and kind is not bool):
        problems.append(f"{where}: {written!r}; expected {_WORDS[kind]}")
        return None
    return kind(written)


_WORDS: Mapping[Any, str] = types.MappingProxyType(
    {int: "a whole number", float: "a number", str: "words", bool: "true or false"}
)


class Table(dict[int, int]):
    """A mapping that cannot be changed, so that settings stay what their hash says."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self.items()))

    def __reduce__(self) -> tuple[type, tuple[dict[int, int]]]:
        return type(self), (dict(self),)

    def _refuse(self, *_args: object, **_named: object) -> None:
        raise TypeError("settings do not change; read others")

    __setitem__ = __delitem__ = pop = update = clear = setdefault = popitem = _refuse  # type: ignore[assignment]
