"""Attribute matching (PS3.4 C.2.2.2): single value, list of UIDs, wildcard, range, list."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tortoise.expressions import Q

from appliance.errors import BadRequest

_LONGEST = 1024
_MOST_UIDS = 1000
_LATEST = "9" * 12  # behind the beginning of a time: the last moment that begins so
_DATE = re.compile(r"\d{4}(\d{4})?")
_TIME = re.compile(r"\d{2}(\d{2}(\d{2}(\.\d{1,6})?)?)?")


class Kind(Enum):
    """How the values of a column are compared."""

    TEXT = "text"  # letter by letter; wildcards
    WORDS = "words"  # without case and accents; wildcards
    NAME = "name"  # the same, each group of components for itself
    LIST = "list"  # UIDs
    RANGE = "range"  # dates: YYYYMMDD
    TIME = "time"  # HHMMSS.ffffff, any beginning of it
    NUMBER = "number"
    SET = "set"  # one of several values, kept between backslashes


@dataclass(frozen=True, slots=True)
class Pattern:
    """A condition on one column."""

    kind: Kind
    exact: bool  # the narrowing says it all
    fields: dict[str, Any] = field(default_factory=dict)  # lookup -> value, for the database
    test: Any = None

    def narrowing(self, path: str) -> Q:
        """What the database can leave out."""
        return Q(**{f"{path}{lookup}": value for lookup, value in self.fields.items()})

    def fits(self, value: Any) -> bool:
        return self.test is None or bool(self.test(value))


def pattern(name: str, kind: Kind, text: str, fuzzy: bool) -> Pattern:
    """The condition that `text` means. Raises `BadRequest` in words."""
    text = text.strip(" ")
    if len(text) > _LONGEST and kind is not Kind.LIST:
        raise BadRequest(f"{name} is longer than {_LONGEST} characters")
    if not text or text == "*":
        return Pattern(kind, exact=True)  # universal matching (PS3.4 C.2.2.2.3)
    return _MAKERS[kind](name, text, fuzzy)


def _list(name: str, text: str, fuzzy: bool) -> Pattern:
    uids = re.split(r"[\\,]", text)
    if len(uids) > _MOST_UIDS:
        raise BadRequest(f"{name} lists more than {_MOST_UIDS} UIDs; ask in parts")
    if not all(re.fullmatch(r"[0-9.]{1,64}", uid) for uid in uids):
        raise BadRequest(f"{name} = {text[:80]!r} is not a UID, or a list of UIDs")
    return Pattern(Kind.LIST, exact=True, fields={"__in": uids})


def _number(name: str, text: str, fuzzy: bool) -> Pattern:
    if not re.fullmatch(r"[+-]?\d{1,9}", text):
        raise BadRequest(f"{name} = {text[:80]!r} is not a whole number")
    return Pattern(Kind.NUMBER, exact=True, fields={"": int(text)})


def _range(name: str, text: str, fuzzy: bool) -> Pattern:
    low, dash, high = text.replace(".", "").partition("-")
    if not all(not end or _DATE.fullmatch(end) for end in (low, high)) or not (low or high):
        raise BadRequest(f"{name} = {text[:80]!r} is neither a date (20260301) nor a range of them")
    if not dash:
        return Pattern(Kind.RANGE, exact=True, fields={"": low})
    ends = {"__gte": low or "0"} | ({"__lte": high} if high else {})
    return Pattern(Kind.RANGE, exact=True, fields=ends)


def _time(name: str, text: str, fuzzy: bool) -> Pattern:
    low, dash, high = text.replace(":", "").partition("-")
    if not all(not end or _TIME.fullmatch(end) for end in (low, high)) or not (low or high):
        raise BadRequest(f"{name} = {text[:80]!r} is neither a time (143000) nor a range of them")
    if not dash:
        # A time that is not given to the end means all that begin so (PS3.4 C.2.2.2.1).
        return Pattern(Kind.TIME, exact=True, fields={"__gte": low, "__lte": low + _LATEST})
    ends = {"__gte": low or "0"} | ({"__lte": high + _LATEST} if high else {})
    return Pattern(Kind.TIME, exact=True, fields=ends)


def _set(name: str, text: str, fuzzy: bool) -> Pattern:
    wanted = [one.strip() for one in re.split(r"[\\,]", text)]
    tests = [_regex(one) for one in wanted]

    def fits(value: str) -> bool:
        held = [one for one in value.split("\\") if one]
        return any(test.fullmatch(one) for test in tests for one in held)

    narrow = {"__contains": wanted[0]} if len(wanted) == 1 and _literal(wanted[0]) else {}
    return Pattern(Kind.SET, exact=False, fields=narrow, test=fits)


def _text(name: str, text: str, fuzzy: bool) -> Pattern:
    if _literal(text):
        return Pattern(Kind.TEXT, exact=True, fields={"": text})
    beginning = re.split(r"[*?]", text)[0]
    narrow = {"__startswith": beginning} if beginning else {}
    return Pattern(Kind.TEXT, exact=False, fields=narrow, test=_regex(text).fullmatch)


def _words(name: str, text: str, fuzzy: bool) -> Pattern:
    test = _regex(plain(text))
    narrow = _longest(text)
    return Pattern(Kind.WORDS, False, narrow, lambda value: test.fullmatch(plain(value)))


def _name(name: str, text: str, fuzzy: bool) -> Pattern:
    if fuzzy:
        return _fuzzy(text)
    test = _regex(plain(text).rstrip(" "))

    def fits(value: str) -> bool:
        groups = [plain(group) for group in value.split("=")]
        return any(test.fullmatch(group) for group in (*groups, plain(value)))

    return Pattern(Kind.NAME, False, _longest(text), fits)


def _fuzzy(text: str) -> Pattern:
    wanted = [word for word in re.split(r"[ *?]+", plain(text)) if word]

    def fits(value: str) -> bool:
        held = plain(value).split(" ")
        return all(any(word.startswith(one) for word in held) for one in wanted)

    return Pattern(Kind.NAME, False, {"__contains": max(wanted, key=len)} if wanted else {}, fits)


def _longest(text: str) -> dict[str, Any]:
    """The longest piece without wildcards must stand somewhere."""
    pieces = [piece.strip(" ") for piece in re.split(r"[*?]", plain(text))]
    longest = max(pieces, key=len)
    return {"__contains": longest} if longest else {}


def _literal(text: str) -> bool:
    return "*" not in text and "?" not in text


def _regex(text: str) -> re.Pattern[str]:
    """fnmatch's expressions never go back over what they passed: their cost is bounded."""
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))


def plain(text: str) -> str:
    """Without case, accents and the separators of components; `*` and `?` stay."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(one for one in letters if not unicodedata.combining(one))
    return re.sub(r"[\s^=,.]+", " ", bare).strip(" ")


_MAKERS = {
    Kind.LIST: _list,
    Kind.NUMBER: _number,
    Kind.RANGE: _range,
    Kind.TIME: _time,
    Kind.SET: _set,
    Kind.TEXT: _text,
    Kind.WORDS: _words,
    Kind.NAME: _name,
}
