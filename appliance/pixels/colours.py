"""Native bytes as samples side by side, and back (PS3.3 C.7.6.3.1.2 and C.7.6.3.1.3)."""

from __future__ import annotations

import numpy as np

from appliance.pixels.decoding import Array
from appliance.pixels.image import Image
from appliance.pixels.model import PixelError


def from_native(data: bytes, image: Image) -> Array:
    """A native frame as rows, columns and, for colour, samples."""
    if image.allocated == 1:
        bits = np.unpackbits(np.frombuffer(data, np.uint8), bitorder="little")  # PS3.5 §8.1.1
        return bits.reshape(image.rows, image.columns)
    return full_chrominance(data, image) if image.subsampled else by_pixel(data, image)


def by_pixel(data: bytes, image: Image) -> Array:
    """Little-endian native bytes as rows, columns and, for colour, samples."""
    words = np.frombuffer(data, f"<{'i' if image.signed else 'u'}{image.width}")
    if image.samples == 1:
        return words.reshape(image.rows, image.columns)
    if image.planar:
        return words.reshape(3, image.rows, image.columns).transpose(1, 2, 0)
    return words.reshape(image.rows, image.columns, 3)


def full_chrominance(data: bytes, image: Image) -> Array:
    """Y Y Cb Cr of two pixels as Y Cb Cr, Y Cb Cr: the same colours, said twice."""
    if image.columns % 2 or image.planar:
        raise PixelError("YBR_FULL_422 needs an even number of columns, colour by pixel")
    words = np.frombuffer(data, f"<u{image.width}").reshape(image.rows, -1, 4)
    full = np.empty((image.rows, image.columns, 3), words.dtype)
    full[:, 0::2, 0], full[:, 1::2, 0] = words[:, :, 0], words[:, :, 1]
    for number in (1, 2):
        full[:, :, number] = np.repeat(words[:, :, number + 1], 2, axis=1)
    return full


def native_bytes(pixels: Array) -> bytes:
    """An array as little-endian native bytes, colour by pixel."""
    return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()


def to_rgb(pixels: Array) -> Array:
    """YBR_FULL to RGB (PS3.3 C.7.6.3.1.2), for pictures: 8 bits, rounded."""
    y, cb, cr = (pixels[:, :, number].astype(np.float32) for number in range(3))
    cb, cr = cb - 128, cr - 128
    rgb = np.stack([y + 1.402 * cr, y - 0.344136 * cb - 0.714136 * cr, y + 1.772 * cb], axis=-1)
    shown: Array = np.clip(np.rint(rgb), 0, 255).astype(np.uint8)
    return shown
