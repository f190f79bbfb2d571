"""A frame as a picture to look at: 8 bits, JPEG or PNG (PS3.18 §8.3.5)."""

from __future__ import annotations

import imagecodecs
import numpy as np
from pydicom.dataset import Dataset

from appliance.pixels.attributes import display_attributes
from appliance.pixels.colours import to_rgb
from appliance.pixels.decoding import Array
from appliance.pixels.grey import shades
from appliance.pixels.image import Image
from appliance.pixels.model import PixelError, Rendering
from appliance.pixels.stored import Stored

_PALETTES = ("Red", "Green", "Blue")


def render(stored: Stored, frame: int, rendering: Rendering) -> bytes:
    """Raises `PixelError`."""
    pixels, image = stored.pixels(frame)
    places = display_attributes(stored, frame)
    try:
        shown = _shown(pixels, image, places, rendering)
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise PixelError(f"how to show it makes no sense: {error}") from None
    fitted = fit(shown, rendering.width, rendering.height)
    if rendering.format == "png":
        return bytes(imagecodecs.png_encode(fitted))
    return bytes(imagecodecs.jpeg8_encode(fitted, level=rendering.quality))


def _shown(pixels: Array, image: Image, places: list[Dataset], rendering: Rendering) -> Array:
    if image.samples == 3:
        narrow = _eight_bits(pixels, image)
        return to_rgb(narrow) if image.photometric == "YBR_FULL" else narrow
    if image.photometric == "PALETTE COLOR":
        return _through_palette(pixels, places)
    return shades(pixels, image, places, rendering.window)


def _eight_bits(pixels: Array, image: Image) -> Array:
    unsigned = pixels.view(f"u{pixels.dtype.itemsize}")
    return (unsigned >> max(image.stored - 8, 0)).astype(np.uint8)


def _through_palette(pixels: Array, places: list[Dataset]) -> Array:
    """PS3.3 C.7.6.3.1.5 and C.7.6.3.1.6."""
    planes = []
    for colour in _PALETTES:
        name = f"{colour}PaletteColorLookupTable"
        dataset = next((one for one in places if f"{name}Descriptor" in one), None)
        if dataset is None or f"{name}Data" not in dataset:
            raise PixelError("its palette is missing")
        count, least, bits = (int(one) for one in dataset[f"{name}Descriptor"].value)
        entries = _palette(dataset[f"{name}Data"].value, count or 1 << 16, bits)
        index = np.clip(pixels.astype(np.int64) - least, 0, len(entries) - 1)
        planes.append(entries[index])
    return np.stack(planes, axis=-1)


def _palette(data: bytes, count: int, bits: int) -> Array:
    if bits == 8 and len(data) < 2 * count:
        entries = np.frombuffer(data, np.uint8)[:count]
    else:
        wide = np.frombuffer(data[: len(data) // 2 * 2], "<u2")[:count]
        # Some writers say 16 bits and use 8 of them.
        entries = (wide >> 8 if bits == 16 and wide.max(initial=0) > 255 else wide).astype(np.uint8)
    if not len(entries):
        raise PixelError("its palette is empty")
    return entries


def fit(picture: Array, width: int, height: int) -> Array:
    """Scaled so that it just fits; 0 is no bound."""
    rows, columns = picture.shape[:2]
    scales = [bound / size for bound, size in ((width, columns), (height, rows)) if bound]
    if not scales or min(scales) == 1:
        return np.ascontiguousarray(picture)
    scale = min(scales)
    new_rows, new_columns = max(round(rows * scale), 1), max(round(columns * scale), 1)
    across = _resampled(picture.astype(np.float32), new_rows)
    both = _resampled(across.swapaxes(0, 1), new_columns).swapaxes(0, 1)
    return np.ascontiguousarray(np.clip(np.rint(both), 0, 255).astype(np.uint8))


def _resampled(lines: Array, count: int) -> Array:
    """Lines from others: means of those they cover, or between two of them."""
    present = len(lines)
    if count >= present:
        at = np.clip((np.arange(count) + 0.5) * present / count - 0.5, 0, present - 1)
        below = np.floor(at).astype(int)
        above = np.minimum(below + 1, present - 1)
        share = (at - below).astype(np.float32).reshape(-1, *[1] * (lines.ndim - 1))
        between: Array = lines[below] * (1 - share) + lines[above] * share
        return between
    edges = np.arange(count + 1) * present // count
    sums: Array = np.add.reduceat(lines, edges[:-1], axis=0)
    covered = np.diff(edges).astype(np.float32).reshape(-1, *[1] * (lines.ndim - 1))
    means: Array = sums / covered
    return means
