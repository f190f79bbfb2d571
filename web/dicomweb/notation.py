"""Data sets as the DICOM JSON model writes them (PS3.18 Annex F)."""

from __future__ import annotations

import json
import math
import warnings
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag

from web.dicomweb.services import Bulk

JSON = "application/dicom+json"
# Values of these are bytes, not texts or numbers (PS3.18 F.2.2).
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_REAL = frozenset({"DS", "FD", "FL"})
_WHOLE = frozenset({"IS", "SL", "SS", "SV", "UL", "US", "UV"})
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")
# Sequences inside one another; deeper ones come from nobody in good faith.
_DEEPEST = 64

Place = Callable[[Bulk], str]


def object_of(
    dataset: Dataset, bulk: Sequence[Bulk] = (), place: Place | None = None, deep: int = 0
) -> dict[str, Any]:
    """A data set as a JSON object; `place` gives the address of a large value."""
    values = {f"{tag:08X}": told for tag, told in _attributes(dataset, deep)}
    if place is not None:
        for one in bulk:
            values[f"{one.tag:08X}"] = {"vr": one.vr, "BulkDataURI": place(one)}
    return dict(sorted(values.items()))


def _attributes(dataset: Dataset, deep: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Group lengths and what belongs to files are no part of the model (PS3.18 F.2.2)."""
    for tag in dataset.keys():  # noqa: SIM118 - iterating over a data set converts its values
        if tag.element == 0 or tag.group == 0x0002:
            continue
        if (told := _understood(dataset, tag, deep)) is not None:
            yield int(tag), told


def _understood(dataset: Dataset, tag: BaseTag, deep: int) -> dict[str, Any] | None:
    """A value that cannot be understood is left out, rather than the whole object."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _attribute(dataset[tag], deep)
    except (ValueError, KeyError, TypeError, AttributeError, NotImplementedError, OverflowError):
        return None


def _attribute(element: DataElement, deep: int) -> dict[str, Any]:
    vr = str(element.VR)[:2]
    made: dict[str, Any] = {"vr": vr}
    if vr == "SQ":
        items = element.value or []
        if items and deep < _DEEPEST:
            made["Value"] = [object_of(item, deep=deep + 1) for item in items]
        return made
    if vr in _BINARY:
        raw = element.value
        if raw:
            made["InlineBinary"] = b64encode(_bytes(raw)).decode()
        return made
    values = [_value(vr, one) for one in _values(element)]
    if any(value is not None for value in values):
        made["Value"] = values
    return made


def _bytes(raw: Any) -> bytes:
    if isinstance(raw, MultiValue | list | tuple):
        return b"".join(_bytes(one) for one in raw)
    return bytes(raw) if isinstance(raw, bytes | bytearray | memoryview) else str(raw).encode()


def _values(element: DataElement) -> Iterable[Any]:
    value = element.value
    if value is None or value == "":
        return ()
    return value if isinstance(value, MultiValue | list | tuple) else (value,)


def _value(vr: str, value: Any) -> Any:
    if value is None or value == "":
        return None
    if vr == "PN":
        return _name(str(value))
    if vr == "AT":
        return f"{int(value):08X}"
    if vr in _WHOLE:
        return int(value)
    if vr in _REAL:
        number = float(value)
        # JSON has no word for infinity; the standard allows texts for what is no number.
        return number if math.isfinite(number) else str(number)
    return str(value)


def _name(text: str) -> dict[str, str] | None:
    groups = zip(_GROUPS, text.split("=")[:3], strict=False)
    return {group: part for group, part in groups if part} or None


def encoded(objects: Sequence[dict[str, Any]]) -> bytes:
    """As it is sent."""
    return json.dumps(objects, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
