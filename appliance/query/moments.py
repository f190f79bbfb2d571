"""Dates and times as ranges (PS3.4 §C.2.2.2.5, PS3.5 §6.2), from a first to a last moment.

Dates are texts of 8 digits, times of 12 (to the microsecond), so that they compare as texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from appliance.archive.model import date_of

_DATES = re.compile(r"([\d.]*)\s*-\s*([\d.]*)")
_TIME = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(?:\.(\d{1,6}))?)?)?")
_TIMES = re.compile(r"([\d:.]*)\s*-\s*([\d:.]*)")
_MOMENT = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:\.(\d{1,6}))?([+-]\d{4})?")
_MOMENTS = re.compile(r"(\d{4,14}(?:\.\d{1,6})?(?:[+-]\d{4})?)?\s*-\s*(\d{4,14}\S*)?")
_FIRST_TIME, _LAST_TIME = "0" * 12, "235959999999"


class Malformed(ValueError):
    """No date, time or range of them; the text names it."""


@dataclass(frozen=True, slots=True)
class Range:
    """From the first to the last, both included; "" is no limit."""

    low: str
    high: str
    single: bool = False  # one value was given, not a range

    def holds(self, first: str) -> bool:
        """Whether a moment (the first one that its text can mean) lies within."""
        return bool(first) and self.low <= first and (not self.high or first <= self.high)


def dates(text: str) -> Range:
    """A DA of a query. Raises Malformed."""
    text = text.strip()
    if day := date_of(text):
        return Range(day, day, single=True)
    low, high = _ends(_DATES, text, "date")
    days = Range(date_of(low), date_of(high))
    if bool(low) != bool(days.low) or bool(high) != bool(days.high):
        raise Malformed(f"'{text}' is no date or range of dates")
    return days


def times(text: str) -> Range:
    """A TM of a query; a time without minutes means its whole hour. Raises Malformed."""
    text = text.strip()
    if found := _TIME.fullmatch(text):
        return Range(_first(found), _last(found), single=True)
    low, high = _ends(_TIMES, text, "time")
    first, last = _TIME.fullmatch(low), _TIME.fullmatch(high)
    if (low and not first) or (high and not last):
        raise Malformed(f"'{text}' is no time or range of times")
    return Range(_first(first) if first else "", _last(last) if last else "")


def moments(text: str) -> Range:
    """A DT of a query; moments with an offset are compared in UTC. Raises Malformed."""
    text = text.strip()
    if found := _MOMENT.fullmatch(text):
        return Range(*_bounds(found), single=True)
    low, high = _ends(_MOMENTS, text, "date and time")
    first, last = _MOMENT.fullmatch(low), _MOMENT.fullmatch(high)
    if (low and not first) or (high and not last):
        raise Malformed(f"'{text}' is no moment or range of moments")
    return Range(_bounds(first)[0] if first else "", _bounds(last)[1] if last else "")


def first_date(text: str) -> str:
    """A stored DA; "" for what is none."""
    return date_of(text)


def first_time(text: str) -> str:
    """A stored TM with all its digits; "" for what is none."""
    found = _TIME.fullmatch(text.strip())
    return _first(found) if found else ""


def first_moment(text: str) -> str:
    """A stored DT with all its digits; "" for what is none."""
    found = _MOMENT.fullmatch(text.strip())
    try:
        return _bounds(found)[0] if found else ""
    except Malformed:
        return ""


def together(days: Range, hours: Range) -> Range:
    """A date range and a time range as one: from the first time of the first day on."""
    low = days.low + (hours.low or _FIRST_TIME) if days.low else ""
    return Range(low, days.high + (hours.high or _LAST_TIME) if days.high else "")


def _ends(form: re.Pattern[str], text: str, what: str) -> tuple[str, str]:
    found = form.fullmatch(text)
    if not found or not (found[1] or found[2]):
        raise Malformed(f"'{text}' is no {what} or range")
    return found[1] or "", found[2] or ""


def _first(found: re.Match[str]) -> str:
    hour, minute, second, fraction = found.groups()
    return f"{hour}{minute or '00'}{second or '00'}{fraction or '':0<6}"


def _last(found: re.Match[str]) -> str:
    hour, minute, second, fraction = found.groups()
    return f"{hour}{minute or '59'}{second or '59'}{fraction or '':9<6}"


def _bounds(found: re.Match[str]) -> tuple[str, str]:
    *parts, fraction, offset = found.groups()
    lows, highs = ("0000", "01", "01", "00", "00", "00"), ("", "12", "31", "23", "59", "59")
    low = [part or default for part, default in zip(parts, lows, strict=True)]
    high = [part or default for part, default in zip(parts, highs, strict=True)]
    return (
        _moment(low, f"{fraction or '':0<6}", offset),
        _moment(_within_month(high), f"{fraction or '':9<6}", offset),
    )


def _within_month(parts: list[str]) -> list[str]:
    year, month, day, *rest = parts
    if month == "12" or day != "31":
        return parts
    try:
        first_of_next = datetime(int(year), int(month) + 1, 1)
    except ValueError:
        return parts  # refused when it is put together
    return [year, month, f"{(first_of_next - timedelta(days=1)).day:02}", *rest]


def _moment(parts: list[str], fraction: str, offset: str | None) -> str:
    try:
        year, month, day, hour, minute, second = map(int, parts)
        moment = datetime(year, month, day, hour, minute, second, int(fraction))
        if offset:
            minutes = int(offset[1:3]) * 60 + int(offset[3:])
            moment -= timedelta(minutes=minutes if offset[0] == "+" else -minutes)
    except (ValueError, OverflowError):
        raise Malformed(f"'{''.join(parts)}' is no moment") from None
    return f"{moment:%Y%m%d%H%M%S%f}".rjust(20, "0")
