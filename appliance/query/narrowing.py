"""From the keys of a question to what the index is searched by: never narrower than they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from appliance.archive.criteria import (
    FIELDS,
    Criterion,
    Holding,
    Like,
    Named,
    OfClass,
    OneOf,
    Sounding,
    Span,
)
from appliance.archive.names import words
from appliance.query.identifier import EMPTY, Identifier, Key
from appliance.query.keys import ATTRIBUTES, MOMENTS, Attribute, reaches
from appliance.query.matching import WILD
from appliance.query.model import Options
from appliance.query.moments import Range, dates, times, together
from appliance.query.names import loosened
from appliance.query.patterns import wild

_LAST = "\U0010ffff"


def searched(identifier: Identifier) -> list[tuple[Attribute, Key]]:
    """The keys that rows of the index decide."""
    pairs = [(ATTRIBUTES[key.tag], key) for key in identifier.keys if key.tag in ATTRIBUTES]
    return [
        (attribute, key)
        for attribute, key in pairs
        if attribute.matched and not key.universal and reaches(identifier.level, attribute)
    ]


def combined(identifier: Identifier, options: Options) -> dict[tuple[int, int], Range]:
    """Dates and times that are matched together: negotiated, and ranges both."""
    found: dict[tuple[int, int], Range] = {}
    for date, time in MOMENTS if options.combined else ():
        days, hours = identifier.values(date), identifier.values(time)
        if len(days) == len(hours) == 1 and "-" in days[0] and "-" in hours[0]:
            found[date, time] = together(dates(days[0]), times(hours[0]))
    return found


def criteria(identifier: Identifier, options: Options) -> tuple[Criterion, ...]:
    """What to search the index by."""
    together_times = {time for _, time in combined(identifier, options)}
    return tuple(
        one
        for attribute, key in searched(identifier)
        if attribute.tag not in together_times and not (options.empty and EMPTY in key.values)
        for one in _of(attribute, key.values, options)
    )


def _of(attribute: Attribute, values: Sequence[str], options: Options) -> Iterator[Criterion]:
    if attribute.field == "modalities":
        yield Holding(tuple(values))
    elif attribute.field == "sop_classes":
        yield OfClass(tuple(values))
    elif attribute.vr == "PN":
        yield from _name(attribute, values, options)
    elif attribute.vr in ("DA", "TM"):
        yield from _moment(attribute, values)
    elif FIELDS[attribute.field].number:
        yield OneOf(attribute.field, tuple(number for one in values for number in _whole(one)))
    elif attribute.vr in WILD and any(wild(one) for one in values):
        yield Like(attribute.field, tuple(one.strip(" ") for one in values))
    else:
        yield OneOf(attribute.field, tuple(one.strip(" ") for one in values))


def _name(attribute: Attribute, values: Sequence[str], options: Options) -> Iterator[Criterion]:
    patterns = tuple(loosened(one) for one in values)
    if attribute.field != "patient_name":
        if not options.fuzzy:
            yield Like("referring_folded", tuple(f"*{one}*" for one in patterns))
    elif not options.fuzzy or any(wild(one) for one in values):
        # What is like a name also when it is asked for by its sound, but not the reverse.
        if not (options.fuzzy and not all(wild(one) for one in values)):
            yield Named(patterns)
    elif len(values) == 1:
        yield Sounding(tuple(words(values[0])))


def _moment(attribute: Attribute, values: Sequence[str]) -> Iterator[Criterion]:
    if len(values) != 1:
        return
    if attribute.vr == "DA":
        days = dates(values[0])
        yield Span(attribute.field, days.low, days.high)
        return
    hours = times(values[0])  # stored with and without colons, and shorter: the hour comes first
    yield Span(attribute.field, hours.low[:2], hours.high and hours.high[:2] + _LAST)


def _whole(text: str) -> list[int]:
    """A number as the index keeps it; none for what it can not hold."""
    try:
        number = float(text)
    except ValueError:
        return []
    whole = number == int(number) if abs(number) < 2**31 else False
    return [int(number)] if whole else []
