"""What one item answers to one question: the return keys exactly as asked (PS3.4 K.4.1.1.3.2)."""

from __future__ import annotations

from collections.abc import Sequence as Many
from copy import deepcopy
from typing import Any

from pydicom.charset import python_encoding
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom.dataset import UTF_8, DatasetError, decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN

_CHARACTER_SET = 0x00080005
_DEEPEST = 8


def answered(keys: Dataset, entity: Dataset) -> Dataset:
    """The attributes that `keys` ask for, empty where `entity` has none, and their character set.

    A sequence without items asks for its items whole. The set is the one of the question when
    it can hold every text, else UTF-8; none when plain ASCII will do.
    """
    made = _projected(keys, entity, 0)
    if charset := _charset(made, _terms(keys)):
        made.SpecificCharacterSet = charset
    return made


def _projected(keys: Dataset, entity: Dataset, depth: int) -> Dataset:
    made = Dataset()
    for key in keys:
        if key.tag == _CHARACTER_SET or key.tag.element == 0:
            continue
        found = entity.get(key.tag)
        if key.VR == "SQ":
            made[key.tag] = DataElement(key.tag, "SQ", _items(key, found, depth))
        elif found is None or found.VR == "SQ":
            made[key.tag] = DataElement(key.tag, key.VR, None)
        else:
            made[key.tag] = DataElement(key.tag, found.VR, found.value)
    return made


def _items(key: DataElement, found: DataElement | None, depth: int) -> Sequence:
    there = list(found.value or ()) if found is not None and found.VR == "SQ" else []
    asked = list(key.value or ())
    if not asked or not len(asked[0]) or depth >= _DEEPEST:
        return Sequence(there)
    return Sequence([_projected(asked[0], one, depth + 1) for one in there])


def _terms(keys: Dataset) -> list[str]:
    found = keys.get("SpecificCharacterSet")
    if not found:
        return []
    return [str(one) for one in found] if hasattr(found, "append") else [str(found)]


def _charset(made: Dataset, terms: Many[str]) -> Any:
    known = [one for one in terms if not one or one in python_encoding]
    letters = {one for text in _texts(made) for one in text}
    if all(one < "\x7f" for one in letters):
        return known[0] if len(known) == 1 and known[0] else None
    if not known or known != list(terms):
        return UTF_8
    if len(known) > 1 or known[0].startswith("ISO 2022"):
        return known if _survives(made, known) else UTF_8
    return known[0] if _holds(known[0], letters) else UTF_8


def _survives(made: Dataset, terms: Many[str]) -> bool:
    """Whether its texts come back from code extensions (PS3.5 §6.1.2.5) as they were."""
    trial = deepcopy(made)  # person names remember how they were written
    trial.SpecificCharacterSet = list(terms)
    try:
        back = decode(encode(trial, EXPLICIT_LITTLE_ENDIAN), EXPLICIT_LITTLE_ENDIAN)
    except (UnicodeError, DatasetError, LookupError):
        return False
    return _texts(back) == _texts(made)


def _holds(term: str, letters: set[str]) -> bool:
    try:
        "".join(letters).encode(python_encoding[term])
    except UnicodeEncodeError:
        return False
    return True


def _texts(level: Dataset) -> list[str]:
    found: list[str] = []
    for element in level:
        if element.VR == "SQ":
            for item in element.value or ():
                found.extend(_texts(item))
        elif element.VR in ("PN", "LO", "LT", "SH", "ST", "UC", "UT"):
            found.append(str(element.value or ""))
    return found
