"""An identifier as it comes: its level and its keys as text (PS3.4 §C.4.1.1.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from appliance.archive.criteria import Level
from appliance.dicom.dataset import DatasetError, decode
from appliance.dicom.header import name_of
from appliance.query.keys import QUERY_RETRIEVE_LEVEL, SPECIFIC_CHARACTER_SET, UNIQUE
from appliance.query.model import NOT_THE_MODEL, UNABLE, Model, Refused

# Of a key that is no list of UIDs; each of them is a condition for the database.
_MOST_VALUES = 100
_MOST_KEYS = 1000
EMPTY = '""'  # asks for attributes without a value, where that was negotiated


@dataclass(frozen=True, slots=True)
class Key:
    """One attribute of a question; a sequence has items instead of values."""

    tag: int
    vr: str
    values: tuple[str, ...] = ()
    items: tuple[tuple[Key, ...], ...] = ()

    @property
    def universal(self) -> bool:
        """It asks for the attribute, whatever its value (PS3.4 §C.2.2.2.3)."""
        if self.vr == "SQ":
            return all(key.universal for item in self.items for key in item)
        return not self.values or "*" in self.values


@dataclass(frozen=True, slots=True)
class Identifier:
    """A question."""

    level: Level
    keys: tuple[Key, ...]
    character_set: tuple[str, ...] = ()
    of: dict[int, Key] = field(default_factory=dict)

    def values(self, tag: int) -> tuple[str, ...]:
        """What the attribute shall be; nothing: anything."""
        key = self.of.get(tag)
        return key.values if key and not key.universal else ()


def read(raw: bytes, transfer_syntax_uid: str, model: Model) -> Identifier:
    """The identifier in these bytes. Raises `Refused`."""
    if not raw:
        raise Refused(NOT_THE_MODEL, "no identifier came with the question")
    try:
        dataset = decode(raw, transfer_syntax_uid)
        keys = keys_of(dataset)
    except DatasetError as error:
        raise Refused(UNABLE, f"identifier: {error}") from error
    _check_size(keys)
    by_tag = {key.tag: key for key in keys}
    return Identifier(_level(by_tag, model), keys, _character_set(by_tag), by_tag)


def check(identifier: Identifier, model: Model, *, relational: bool) -> None:
    """Insist on what PS3.4 §C.4.1.2.1 wants: a unique key for each level above."""
    if relational:
        return
    for level in model.levels[: model.levels.index(identifier.level)]:
        if not identifier.values(UNIQUE[level].tag):
            tag = UNIQUE[level].tag
            words = f"{name_of(tag)} must be given at level {identifier.level}"
            raise Refused(NOT_THE_MODEL, words, (tag,))


def _level(keys: dict[int, Key], model: Model) -> Level:
    key = keys.get(QUERY_RETRIEVE_LEVEL)
    given = key.values[0].strip() if key and key.values else ""
    for level in model.levels:
        if level == given:
            return level
    known = ", ".join(model.levels)
    words = f"level '{given}' is none of {known}" if given else f"no level; give one of {known}"
    raise Refused(NOT_THE_MODEL, words, (QUERY_RETRIEVE_LEVEL,))


def _character_set(keys: dict[int, Key]) -> tuple[str, ...]:
    key = keys.get(SPECIFIC_CHARACTER_SET)
    return key.values if key else ()


def keys_of(dataset: Dataset) -> tuple[Key, ...]:
    """The elements of a data set as keys."""
    # Group lengths (gggg,0000) are retired and say nothing.
    return tuple(_key(element) for element in dataset if element.tag.element)


def _key(element: DataElement) -> Key:
    tag, vr = int(element.tag), str(element.VR)
    if vr == "SQ":
        return Key(tag, vr, items=tuple(keys_of(item) for item in element.value or ()))
    return Key(tag, vr, tuple(_texts(element.value, keep_empty=tag == SPECIFIC_CHARACTER_SET)))


def _check_size(keys: tuple[Key, ...]) -> None:
    if len(keys) > _MOST_KEYS:
        raise Refused(NOT_THE_MODEL, f"more than {_MOST_KEYS} keys")
    for key in keys:
        if len(key.values) > _MOST_VALUES and key.vr != "UI":
            words = f"more than {_MOST_VALUES} values in {name_of(key.tag)}"
            raise Refused(NOT_THE_MODEL, words, (key.tag,))


def _texts(value: Any, *, keep_empty: bool) -> Iterable[str]:
    if value is None or isinstance(value, bytes):
        return ()
    many = value if isinstance(value, (list, MultiValue)) else [value]
    texts = [str(one).strip(" \0") for one in many if not isinstance(one, bytes)]
    return texts if keep_empty and any(texts) else [one for one in texts if one]
