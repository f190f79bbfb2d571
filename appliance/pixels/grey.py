"""Stored values to shades: Modality LUT, VOI LUT or window, inversion (PS3.3 C.11.1 and C.11.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from appliance.pixels.attributes import first
from appliance.pixels.decoding import Array
from appliance.pixels.image import Image
from appliance.pixels.model import PixelError, Window

_CURVES = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def shades(stored: Array, image: Image, places: list[Dataset], window: Window | None) -> Array:
    """8 bits, 0 is black."""
    values = _modality(_significant(stored, image), places)
    window = window or _own_window(places)
    table = None if window else _table(places, "VOILUTSequence")
    if table is not None:
        grey = _looked_up(values, table) / np.float32(_most(table))
    else:
        grey = _curve(values, window or _widest(values))
    shown: Array = np.clip(np.rint(grey * 255), 0, 255).astype(np.uint8)
    return 255 - shown if image.photometric == "MONOCHROME1" else shown


def _significant(stored: Array, image: Image) -> Array:
    """Without what lies beside the stored bits."""
    spare = 8 * stored.itemsize - image.stored if image.width else 0
    return (stored << spare) >> spare if spare else stored


def _modality(values: Array, places: list[Dataset]) -> Array:
    table = _table(places, "ModalityLUTSequence")
    if table is not None:
        return _looked_up(values, table)
    slope, intercept = first(places, "RescaleSlope"), first(places, "RescaleIntercept")
    # As in the standard a slope of 0 makes no sense; files have it all the same.
    return values * np.float32(float(slope or 1) or 1) + np.float32(float(intercept or 0))


def _table(places: list[Dataset], keyword: str) -> Dataset | None:
    """The first item of a sequence of lookup tables that is one."""
    item = first(places, keyword)
    whole = item is not None and item.get("LUTDescriptor") and item.get("LUTData")
    return item if whole else None


def _looked_up(values: Array, item: Dataset) -> Array:
    """Through a LUT; values below and above it are its first and last entry."""
    count, least, _ = (int(one) for one in item.LUTDescriptor)
    entries = _entries(item.LUTData, count or 1 << 16)
    index = np.clip(np.rint(values).astype(np.int64) - least, 0, len(entries) - 1)
    return entries[index].astype(np.float32)


def _entries(data: Any, count: int) -> Array:
    if isinstance(data, bytes):
        data = np.frombuffer(data, "<u2" if len(data) >= 2 * count else "u1")
    entries: Array = np.atleast_1d(np.asarray(data))[:count]
    if not len(entries):
        raise PixelError("a lookup table is empty")
    return entries


def _own_window(places: list[Dataset]) -> Window | None:
    center, width = first(places, "WindowCenter"), first(places, "WindowWidth")
    curve = str(first(places, "VOILUTFunction") or "LINEAR")
    if center is None or width is None or not float(width) >= 1:
        return None
    return Window(float(center), float(width), curve if curve in _CURVES else "LINEAR")  # type: ignore[arg-type]


def _widest(values: Array) -> Window:
    low, high = float(values.min()), float(values.max())
    return Window((low + high) / 2, max(high - low, 1e-6), "LINEAR_EXACT")


def _most(table: Dataset) -> int:
    """What a LUT calls white."""
    bits = int(table.LUTDescriptor[2])
    return (1 << bits) - 1 if 8 <= bits <= 16 else 255


def _curve(values: Array, window: Window) -> Array:
    """0 to 1, and beyond: cut off by the caller (C.11.2.1.2.1 and C.11.2.1.3)."""
    center, width = np.float32(window.center), np.float32(window.width)
    if window.curve == "SIGMOID":
        with np.errstate(over="ignore"):
            risen: Array = 1 / (1 + np.exp(-4 * (values - center) / width))
        return risen
    if window.curve == "LINEAR_EXACT":
        return (values - center) / width + np.float32(0.5)
    if width == 1:
        return (values > center - np.float32(0.5)).astype(np.float32)
    return (values - (center - np.float32(0.5))) / (width - 1) + np.float32(0.5)
