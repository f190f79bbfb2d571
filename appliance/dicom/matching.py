"""Whether an entity matches the keys of a query (PS3.4 C.2.2.2): pure, and linear in its input.

    wanted = compiled(identifier)      # once per request; raises KeyProblem
    [one for one in entities if wanted(one)]

Keys are read once; afterwards each entity costs no more than its own values. Empty keys match
all. Several values in a key mean any of them, several values of an entity any of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeAlias

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from appliance.dicom.periods import Period, PeriodProblem, period_of, span_of
from appliance.dicom.text import folded_name, name_groups
from appliance.dicom.wildcards import Pattern
from appliance.errors import PeerError

Test: TypeAlias = Callable[[Dataset], bool]
_ValueTest: TypeAlias = Callable[[str], bool]

# C.2.2.2.4: not for dates, times, numbers and UIDs.
_WILDCARDS = frozenset({"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UR", "UT"})
_MOMENTS = frozenset({"DA", "TM", "DT"})
_NUMBERS = frozenset({"DS", "IS", "US", "SS", "UL", "SL", "UV", "SV", "FL", "FD"})
_NO_KEYS = frozenset({0x00080005, 0x00080201})  # Specific Character Set, Timezone Offset
_DEEPEST = 8
_MOST_VALUES = 2000
_LONGEST_VALUE = 1024


class KeyProblem(PeerError):
    """A key that makes no sense; `tag` is the one."""

    def __init__(self, text: str, tag: int) -> None:
        super().__init__(text)
        self.tag = tag


def compiled(
    keys: Dataset,
    *,
    supported: Collection[str] | None = None,
    together: Sequence[tuple[str, str]] = (),
) -> Test:
    """The test that `keys` put. Raises `KeyProblem`.

    `supported` are the keywords of attributes that are matched (None: all), other keys only
    ask to be returned. `together` are pairs of a date and a time whose ranges make one period:
    from the first day's begin to the last day's end (PS3.4 Table K.6-1).
    """
    return _Compiler(supported, together).level(keys, 0)


class _Compiler:
    """Turns keys into tests."""

    def __init__(
        self, supported: Collection[str] | None, together: Sequence[tuple[str, str]]
    ) -> None:
        self._supported = None if supported is None else frozenset(supported)
        self._together = [tuple(map(tag_for_keyword, pair)) for pair in together]
        self._values = 0

    def level(self, keys: Dataset, depth: int) -> Test:
        """All keys of one level at once."""
        paired = [pair for pair in self._together if all(tag in keys for tag in pair)]
        joint = [(pair, self._joint(keys, *pair)) for pair in paired]
        taken = {tag for pair, test in joint if test for tag in pair}
        single = (self._one(one, depth) for one in keys if one.tag not in taken)
        tests = [test for test in (*(test for _, test in joint), *single) if test is not None]
        return lambda entity: all(test(entity) for test in tests)

    def _one(self, key: DataElement, depth: int) -> Test | None:
        """None: the key matches everything."""
        if not self._is_key(key):
            return None
        if key.VR == "SQ":
            return self._sequence(key, depth)
        texts = _texts(key.value)
        self._limit(key, texts)
        if not texts or (key.VR in _WILDCARDS | {"PN"} and any(not t.strip("*") for t in texts)):
            return None
        return _value_test(key, texts)

    def _is_key(self, key: DataElement) -> bool:
        if key.tag in _NO_KEYS or key.tag.is_private or key.tag.element == 0:
            return False
        return self._supported is None or key.keyword in self._supported

    def _sequence(self, key: DataElement, depth: int) -> Test | None:
        """C.2.2.2.6: one item, which any item of the entity's sequence may match."""
        items = list(key.value or ())
        if depth >= _DEEPEST or len(items) > 1:
            words = f"is nested deeper than {_DEEPEST}" if depth >= _DEEPEST else "has many items"
            raise KeyProblem(f"Key {key.tag} {words}", key.tag)
        if not items or not self._asks(items[0]):
            return None
        test, tag = self.level(items[0], depth + 1), key.tag
        return lambda entity: any(test(item) for item in _items(entity, tag))

    def _asks(self, item: Dataset) -> bool:
        return any(one.value not in (None, "", []) and self._is_key(one) for one in item)

    def _joint(self, keys: Dataset, date: int, time: int) -> Test | None:
        """None: not both are ranges, so each stands for itself."""
        texts = [_texts(keys[tag].value) for tag in (date, time)]
        if any(len(one) != 1 or "-" not in one[0] for one in texts):
            return None
        days, times = _period(keys[date], texts[0][0]), _period(keys[time], texts[1][0])
        begin = days.begin + times.begin if days.begin else ""
        end = days.end + (times.end or "9") if days.end else "9"
        return lambda entity: any(
            begin <= span_of("DA", day)[0] + span_of("TM", at)[0] <= end
            for day, at in zip(_of(entity, date), _of(entity, time), strict=False)
        )

    def _limit(self, key: DataElement, texts: Sequence[str]) -> None:
        self._values += len(texts)
        if self._values > _MOST_VALUES:
            raise KeyProblem(f"More than {_MOST_VALUES} values are asked for", key.tag)
        if any(len(text) > _LONGEST_VALUE for text in texts):
            raise KeyProblem(f"Key {key.tag} is longer than {_LONGEST_VALUE} letters", key.tag)


def _value_test(key: DataElement, texts: Sequence[str]) -> Test:
    tag = key.tag
    if key.VR == "UI" or key.VR not in _WILDCARDS | _MOMENTS | _NUMBERS | {"PN"}:
        wanted = frozenset(texts)
        return lambda entity: not wanted.isdisjoint(_of(entity, tag))
    tests = [_text_test(key, text) for text in texts]
    return lambda entity: any(test(value) for value in _of(entity, tag) for test in tests)


def _text_test(key: DataElement, text: str) -> _ValueTest:
    if key.VR == "PN":
        return _name_test(text)
    if key.VR in _MOMENTS:
        return _moment_test(key.VR, _period(key, text))
    if key.VR in _NUMBERS:
        return _number_test(text)
    return Pattern(text).matches


def _name_test(text: str) -> _ValueTest:
    """Without case and accents. One component group of a key may be any of the entity's."""
    groups = [Pattern(folded_name(group)) for group in name_groups(text)]
    if len(groups) == 1:
        return lambda value: any(_is_named(groups[0], one) for one in name_groups(value))
    return lambda value: all(
        one.universal or _is_named(one, other)
        for one, other in zip(groups, [*name_groups(value), "", "", ""], strict=False)
    )


def _is_named(pattern: Pattern, group: str) -> bool:
    """Components left out at the end are empty (PS3.5 §6.2.1.1): "Doe^*" is also "Doe"."""
    name = folded_name(group)
    padded = name + "^" * (4 - name.count("^"))
    return pattern.matches(name) or (pattern.has_wildcards and pattern.matches(padded))


def _moment_test(vr: str, period: Period) -> _ValueTest:
    def test(value: str) -> bool:
        begin, end = span_of(vr, value)
        return bool(begin) and begin <= (period.end or "9") and end >= period.begin

    return test


def _number_test(text: str) -> _ValueTest:
    wanted = _number(text)
    return lambda value: _number(value) == wanted


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _period(key: DataElement, text: str) -> Period:
    try:
        return period_of(key.VR, text)
    except PeriodProblem as problem:
        raise KeyProblem(f"Key {key.tag}: {problem}", key.tag) from problem


def _items(entity: Dataset, tag: int) -> Sequence[Dataset]:
    found = entity.get(tag)
    return found.value if found is not None and found.VR == "SQ" and found.value else ()


def _of(entity: Dataset, tag: int) -> list[str]:
    found = entity.get(tag)
    return [] if found is None or found.VR == "SQ" else _texts(found.value)


def _texts(value: Any) -> list[str]:
    """The values that are not empty, without padding."""
    if value is None or isinstance(value, bytes):
        return [] if not value else [value.decode("latin-1").strip(" \0")]
    several = value if isinstance(value, list | tuple) or _is_multiple(value) else [value]
    return [text for text in (str(one).strip(" \0") for one in several) if text]


def _is_multiple(value: Any) -> bool:
    return hasattr(value, "append")  # pydicom's MultiValue
