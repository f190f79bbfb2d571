"""Dates and times of keys and entities (VR DA, TM, DT), and ranges of them (PS3.4 C.2.2.2.5).

A moment is a text of digits that sorts as time does. One given to the hour only stands for the
whole hour: every value has a first and a last moment. Zone offsets of DT are not followed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_FORMS = {
    "DA": re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})"),
    "TM": re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?"),
    "DT": re.compile(
        r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,6}))?)?)?)?)?)?"
        r"(?:[+-]\d{4})?"
    ),
}
_LAST = {"DA": "", "TM": "5959999999", "DT": "1231235959999999"}
_FIRST = {"DA": "", "TM": "0000000000", "DT": "0101000000000000"}
_LENGTH = {"DA": 8, "TM": 12, "DT": 20}
_NAMES = {"DA": "date", "TM": "time", "DT": "date and time"}
_OFFSET = re.compile(r"[+-]\d{4}(?=-|$)")


class PeriodProblem(Exception):
    """A text that is no date, time or range; says so in words."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last moment, both included; "" is open."""

    begin: str
    end: str


def period_of(vr: str, text: str) -> Period:
    """A key's value: one moment, or a range that may be open. Raises `PeriodProblem`."""
    if _FORMS[vr].fullmatch(text):
        return Period(*span_of(vr, text))
    plain = _OFFSET.sub("", text) if vr == "DT" else text
    begin, dash, end = plain.partition("-")
    sides = [span_of(vr, side.strip()) if side.strip() else ("", "") for side in (begin, end)]
    given = [side for side in (begin.strip(), end.strip()) if side]
    if not dash or not given or sum(1 for side in sides if side[0]) != len(given):
        raise PeriodProblem(f"'{text[:40]}' is no {_NAMES[vr]} and no range of them")
    return Period(sides[0][0], sides[1][1])


def span_of(vr: str, text: str) -> tuple[str, str]:
    """The first and the last moment that a value stands for; "" for what is none."""
    found = _FORMS[vr].fullmatch(text.strip())
    if found is None:
        return "", ""
    digits = "".join(part for part in found.groups() if part)
    if vr == "DA":
        return digits, digits
    missing = _LENGTH[vr] - len(digits)
    return digits + _tail(_FIRST[vr], missing), digits + _tail(_LAST[vr], missing)


def _tail(text: str, length: int) -> str:
    return text[-length:] if length else ""
