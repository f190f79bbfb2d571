"""Whether a value is what was asked for (PS3.4 §C.2.2.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from appliance.dicom.header import name_of
from appliance.query.identifier import EMPTY, Key
from appliance.query.model import NOT_THE_MODEL, Options, Refused
from appliance.query.moments import (
    Malformed,
    Range,
    dates,
    first_date,
    first_moment,
    first_time,
    moments,
    times,
)
from appliance.query.names import name_matches
from appliance.query.patterns import like, wild

# PS3.4 §C.2.2.2.4; PN is wild in its own way.
WILD = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_NUMBERS = frozenset({"IS", "DS", "US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"})
RANGES: Mapping[str, tuple[Callable[[str], Range], Callable[[str], str]]] = {
    "DA": (dates, first_date),
    "TM": (times, first_time),
    "DT": (moments, first_moment),
}


def value_matches(vr: str, wanted: Sequence[str], stored: Sequence[str], options: Options) -> bool:
    """One of the stored values is like one of those wanted; nothing wanted: always."""
    if not wanted or "*" in wanted:
        return True
    there = [one for one in stored if one]
    if options.empty and EMPTY in wanted and not there:
        return True
    return any(_single(vr, want, one, options) for want in wanted for one in there)


def _single(vr: str, wanted: str, stored: str, options: Options) -> bool:
    if vr == "PN":
        return name_matches(wanted, stored, fuzzy=options.fuzzy)
    if vr in RANGES:
        return _within(vr, wanted, stored)
    if vr in _NUMBERS:
        return _number(wanted) == _number(stored)
    if vr in WILD and wild(wanted):
        return like(wanted.strip(" "), stored.strip(" "))
    return wanted.strip(" ") == stored.strip(" ")


def _within(vr: str, wanted: str, stored: str) -> bool:
    parse, first = RANGES[vr]
    asked, moment = parse(wanted), first(stored)
    # A single value is itself and not the hour or month it begins (PS3.4 §C.2.2.2.1).
    return asked.low == moment if asked.single else asked.holds(moment)


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text.strip()


def items_match(
    wanted: Sequence[Sequence[Key]], stored: Sequence[Mapping[int, Key]], options: Options
) -> bool:
    """Sequence matching (PS3.4 §C.2.2.2.6): one stored item has all that is asked of an item."""
    asked = [keys for keys in wanted if not all(key.universal for key in keys)]
    return not asked or any(
        all(key_matches(key, one.get(key.tag), options) for key in keys)
        for keys in asked
        for one in stored
    )


def key_matches(key: Key, stored: Key | None, options: Options) -> bool:
    """Whether an attribute of a data set is what its key asks for."""
    if key.universal:
        return True
    if key.vr == "SQ":
        items = stored.items if stored else ()
        return items_match(key.items, [{one.tag: one for one in item} for item in items], options)
    vr = stored.vr if stored and key.vr == "UN" else key.vr
    return value_matches(vr, key.values, stored.values if stored else (), options)


def check_values(keys: Sequence[Key]) -> None:
    """Dates and times must be some. Raises `Refused`."""
    for key in keys:
        for item in key.items:
            check_values(item)
        if key.vr not in RANGES or key.universal:
            continue
        for value in key.values:
            try:
                if value != EMPTY:
                    RANGES[key.vr][0](value)
            except Malformed as error:
                words = f"{name_of(key.tag)}: {error}"
                raise Refused(NOT_THE_MODEL, words, (key.tag,)) from error
