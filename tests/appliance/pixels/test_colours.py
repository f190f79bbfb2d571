"""Native bytes as samples side by side, and back."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.pixels.colours import from_native, native_bytes, to_rgb
from appliance.pixels.model import PixelError
from tests.appliance.pixels.pictures import colour, grey, shape


def test_planes_become_pixels() -> None:
    pixels = colour()[0]
    planes = pixels.transpose(2, 0, 1).tobytes()
    assert np.array_equal(from_native(planes, shape(pixels, planar=True)), pixels)
    assert native_bytes(pixels) == pixels.tobytes()


def test_signed_words() -> None:
    pixels = grey(dtype="i2")[0]
    assert np.array_equal(from_native(pixels.tobytes(), shape(pixels)), pixels)


def test_single_bits() -> None:
    image = shape(grey(2, 8, dtype="u1")[0], allocated=1)
    assert from_native(b"\x01\x80", image).tolist() == [[1] + [0] * 7, [0] * 7 + [1]]


def test_chrominance_of_two_pixels_is_said_twice() -> None:
    image = shape(np.zeros((1, 4, 3), "u1"), photometric="YBR_FULL_422")
    full = from_native(bytes([1, 2, 3, 4, 5, 6, 7, 8]), image)
    assert full.tolist() == [[[1, 3, 4], [2, 3, 4], [5, 7, 8], [6, 7, 8]]]
    odd = shape(np.zeros((1, 3, 3), "u1"), photometric="YBR_FULL_422")
    with pytest.raises(PixelError, match="even number"):
        from_native(b"123456", odd)


def test_colours_to_look_at() -> None:
    ybr = np.array([[[76, 85, 255], [255, 128, 128], [0, 128, 128]]], "u1")
    assert to_rgb(ybr).tolist() == [[[254, 0, 0], [255, 255, 255], [0, 0, 0]]]
