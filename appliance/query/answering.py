"""One answer to a C-FIND: the keys that were asked for, with what was found (PS3.4 §C.4.1.1.3)."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator

from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from appliance.archive.criteria import Found, Level
from appliance.dicom.dataset import UTF_8, decode, encode
from appliance.query.identifier import Identifier, Key
from appliance.query.keys import (
    ABOUT,
    ATTRIBUTES,
    INSTANCE_AVAILABILITY,
    QUERY_RETRIEVE_LEVEL,
    RETRIEVE_AE_TITLE,
    SPECIFIC_CHARACTER_SET,
    UNIQUE,
    Attribute,
    reaches,
)
from appliance.query.model import Model

_BINARY = frozenset({"US", "SS", "UL", "SL"})
_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


def sums_for(identifier: Identifier) -> frozenset[str]:
    """What must be added up for the answers."""
    fields = {ATTRIBUTES[key.tag].field for key in identifier.keys if key.tag in ATTRIBUTES}
    wanted = fields & {
        "patient_studies",
        "patient_series",
        "patient_instances",
        "series_instances",
        "sop_classes",
    }
    return frozenset(wanted | ({"sample"} if in_file(identifier) else set()))


def in_file(identifier: Identifier) -> frozenset[int]:
    """Tags that only the stored objects know: at series and instance level, of one object."""
    if identifier.level not in ("SERIES", "IMAGE"):
        return frozenset()
    return frozenset(
        key.tag for key in identifier.keys if key.tag not in ATTRIBUTES and key.tag not in ABOUT
    )


def values_of(attribute: Attribute, found: Found) -> tuple[str, ...]:
    """What the index knows, as text."""
    value = found.values.get(attribute.field)
    text = "" if value is None else str(value)
    return tuple(one for one in text.split("\\") if one) if attribute.many else (text,)


def answer(
    identifier: Identifier, model: Model, found: Found, header: Dataset | None, ae_title: str
) -> Dataset:
    """The data set of one answer, without a character set yet; `ae_title` is ours."""
    dataset = Dataset()
    for key in identifier.keys:
        if key.tag not in ABOUT:
            dataset[key.tag] = _element(key, identifier.level, found, header)
    for level in _from(model, identifier.level):
        attribute = UNIQUE[level]
        dataset[attribute.tag] = _known(attribute, found)
    dataset.add_new(QUERY_RETRIEVE_LEVEL, "CS", identifier.level)
    dataset.add_new(RETRIEVE_AE_TITLE, "AE", ae_title)
    if INSTANCE_AVAILABILITY in identifier.of:
        dataset.add_new(INSTANCE_AVAILABILITY, "CS", "ONLINE")
    return dataset


def _from(model: Model, level: Level) -> Iterable[Level]:
    return model.levels[: model.levels.index(level) + 1]


def _element(key: Key, level: Level, found: Found, header: Dataset | None) -> DataElement:
    attribute = ATTRIBUTES.get(key.tag)
    if attribute and reaches(level, attribute):
        return _known(attribute, found)
    if header is not None and key.tag in header:
        return _narrowed(key, header[key.tag])
    return DataElement(key.tag, _vr(key), [] if key.vr == "SQ" else None)


def _known(attribute: Attribute, found: Found) -> DataElement:
    values = [one for one in values_of(attribute, found) if one]
    if attribute.vr in _BINARY:
        return DataElement(attribute.tag, attribute.vr, [int(one) for one in values] or None)
    with warnings.catch_warnings():
        # What senders put there is answered as it came, also where PS3.5 would not allow it.
        warnings.simplefilter("ignore")
        return DataElement(attribute.tag, attribute.vr, values if len(values) != 1 else values[0])


def _narrowed(key: Key, element: DataElement) -> DataElement:
    """Of a sequence only what its key's item asks for; all of it when that is empty."""
    wanted = {one.tag for item in key.items for one in item}
    if key.vr != "SQ" or not wanted or element.VR != "SQ":
        return element
    items = []
    for item in element.value:
        part = Dataset()
        for tag in sorted(tag for tag in wanted if tag in item):
            part[tag] = item[tag]
        items.append(part)
    return DataElement(key.tag, "SQ", items)


def _vr(key: Key) -> str:
    try:
        return key.vr if key.vr != "UN" else str(dictionary_VR(key.tag))[:2]
    except KeyError:
        return "UN"


def encoded(dataset: Dataset, character_set: tuple[str, ...], transfer_syntax_uid: str) -> bytes:
    """Its bytes in plain ASCII, the question's character set or UTF-8: the first that holds it."""
    texts = list(_texts(dataset))
    if all(text.isascii() for text in texts):
        dataset.pop(SPECIFIC_CHARACTER_SET, None)
        return encode(dataset, transfer_syntax_uid)
    if _may_hold(character_set, texts):
        raw = _in(dataset, list(character_set), transfer_syntax_uid)
        if list(_texts(decode(raw, transfer_syntax_uid))) == texts:
            return raw
    return _in(dataset, UTF_8, transfer_syntax_uid)


def _may_hold(character_set: tuple[str, ...], texts: Iterable[str]) -> bool:
    """Whether each character is in one of its repertoires."""
    if not any(character_set) or not all(term in python_encoding for term in character_set):
        return False
    codecs = [python_encoding[term] for term in character_set]
    return all(any(_encodable(one, codec) for codec in codecs) for one in set("".join(texts)))


def _encodable(character: str, codec: str) -> bool:
    try:
        character.encode(codec)
    except (UnicodeError, LookupError):
        return character.isascii()
    return True


def _in(dataset: Dataset, character_set: str | list[str], transfer_syntax_uid: str) -> bytes:
    dataset.add_new(SPECIFIC_CHARACTER_SET, "CS", character_set)
    for element in dataset:
        if element.VR == "PN" and element.value:  # a name remembers how it was encoded before
            dataset[element.tag] = DataElement(element.tag, "PN", str(element.value).split("\\"))
    return encode(dataset, transfer_syntax_uid)


def _texts(dataset: Dataset) -> Iterator[str]:
    for element in dataset:
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _texts(item)
        elif element.VR in _TEXTS and element.value is not None:
            yield str(element.value)
