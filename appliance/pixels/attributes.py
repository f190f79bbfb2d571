"""The attributes of an object that tell how a frame is shown, per frame where it says so."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from appliance.pixels.elements import Element
from appliance.pixels.model import PixelError
from appliance.pixels.stored import Stored

_SHARED, _PER_FRAME = 0x52009229, 0x52009230
# Functional groups (PS3.3 C.7.6.16.2.9 and C.7.6.16.2.10).
_TRANSFORMATION, _VOI = "PixelValueTransformationSequence", "FrameVOILUTSequence"
_MOST = 16 << 20  # bytes of elements that are looked into


def display_attributes(stored: Stored, frame: int) -> list[Dataset]:
    """Where attributes are to be looked for: of the frame, of all frames, of the object.

    Raises `PixelError` when they cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(_places(stored, frame))
    # pydicom raises whatever a malformed byte leads it to; all of it means the same here.
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise PixelError(f"how to show it cannot be read: {error}") from error
    except (NotImplementedError, RecursionError, LookupError) as error:
        raise PixelError("how to show it cannot be read") from error


def _places(stored: Stored, frame: int) -> Iterator[Dataset]:
    for tag, number in ((_PER_FRAME, frame - 1), (_SHARED, 0)):
        item = _item(stored, tag, number)
        if item is not None:
            groups = _dataset(stored, [item], whole=True)
            for name in (_TRANSFORMATION, _VOI):
                with suppress(IndexError):
                    yield groups[name][0] if name in groups else Dataset()
    shown = [one for one in stored.seen.elements if one.tag >> 16 == 0x0028]
    yield _dataset(stored, shown)


def _item(stored: Stored, tag: int, number: int) -> Element | None:
    """One item of a sequence, found without looking into the others."""
    sequence = stored.seen.element(tag)
    if sequence is None:
        return None
    for index, item in enumerate(stored.walker.items(sequence)):
        if index == number:
            return item
    return None


def _dataset(stored: Stored, elements: list[Element], *, whole: bool = False) -> Dataset:
    """Elements as pydicom's; `whole`: those within the only one, an item."""
    source, form = stored.walker.source, stored.walker.form
    places = [(one.start, one.size) if whole else (one.at, one.stop - one.at) for one in elements]
    if sum(size for _, size in places) > _MOST:
        raise PixelError(f"how to show it is longer than {_MOST} bytes")
    raw = b"".join(source.exactly(at, size) for at, size in places)
    dataset = read_dataset(BytesIO(raw), form.implicit, not form.big_endian, bytelength=len(raw))
    dataset.set_original_encoding(form.implicit, not form.big_endian, None)
    return dataset


def first(places: list[Dataset], keyword: str) -> Any:
    """The first value of an attribute, in the first place that has one; None."""
    for dataset in places:
        if (value := dataset.get(keyword)) not in (None, ""):
            if isinstance(value, str | bytes) or not hasattr(value, "__len__"):
                return value
            if len(value):
                return value[0]
    return None
