"""Organization codes, school years and MEPIDs: parse, check, print. Identifiers are text; years are springs."""

from __future__ import annotations

import re

from partnerlib.errors import ParameterError

STATE_CODE = "00000000"
"""The organization code of the whole state."""

MARKER_CODES = frozenset({STATE_CODE, "09990000", "09990999"})
"""Codes of aggregate rows, never of an organization (quirk AGG-1)."""

_CODE = re.compile(r"^\d{8}$")
_SHORT_CODE = re.compile(r"^\d{1,8}(\.0+)?$")
_YEAR_LABEL = re.compile(r"^\s*(?:SY|FY)?\s*(\d{4})\s*(?:[-–/]\s*(\d{2}|\d{4}))?\s*$")


def is_organization_code(text: str) -> bool:
    """True for eight digits, the only form in which a code travels."""
    return bool(_CODE.match(text))


def organization_code(text: object) -> str:
    """An organization code as eight characters with its leading zeros, or a ParameterError naming what is wrong.

    >>> organization_code("00350000")
    '00350000'
    """
    value = str(text).strip()
    if is_organization_code(value):
        return value
    if _SHORT_CODE.match(value):
        raise ParameterError(
            f"organization code {value!r}: {len(value)} characters; expected eight digits with leading zeros, "
            f"perhaps '{repaired_code(value)}' (quote it: an unquoted 0035 is read as a number)"
        )
    raise ParameterError(f"organization code {value!r}: expected eight digits, such as '00350000'")


def repaired_code(text: str) -> str | None:
    """A code that lost its leading zeros (or became a float) with them put back; None when it is no code (quirk KEY-1).

    >>> repaired_code("350000.0")
    '00350000'
    """
    value = text.strip()
    return value.split(".")[0].zfill(8) if _SHORT_CODE.match(value) else None


def district_of(code: str) -> str:
    """The district a school code belongs to: the first four digits, then 0000."""
    return f"{code[:4]}0000"


def level_of(code: str) -> str:
    """`state`, `district` or `school`, from the form of a public school code."""
    if code == STATE_CODE:
        return "state"
    return "district" if code.endswith("0000") else "school"


def school_year(label: object) -> int:
    """A school year, named by its spring, from any label met in real files.

    >>> school_year("2017-18"), school_year("2013 - 14"), school_year(2018), school_year("2017-2018")
    (2018, 2014, 2018, 2018)
    """
    text = str(label).strip()
    match = _YEAR_LABEL.match(text)
    if not match:
        raise ParameterError(f"school year {text!r}: expected '2017-18' or the spring year 2018")
    first, second = int(match[1]), match[2]
    if second is None:
        return first
    spring = int(second) if len(second) == 4 else first - first % 100 + int(second) + (100 if first % 100 == 99 else 0)
    if spring != first + 1:
        raise ParameterError(f"school year {text!r}: the second year does not follow the first")
    return spring


def year_label(spring: int) -> str:
    """A school year as people print it.

    >>> year_label(2018)
    '2017-18'
    """
    return f"{spring - 1}-{spring % 100:02d}"


def is_mepid(text: str) -> bool:
    """True for eight digits. MEPIDs are text: a leading digit may be zero."""
    return bool(_CODE.match(text))


def partnership_code(provider_code: str, district_code: str) -> str:
    """The code of a provider-district pair, the unit this project is about.

    >>> partnership_code("89000001", "97010000")
    '89000001-97010000'
    """
    return f"{provider_code}-{district_code}"
