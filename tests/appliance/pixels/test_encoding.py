"""Every kind of pixels in every lossless syntax, and what a syntax has no room for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.pixels import model
from appliance.pixels.codestream import inspect
from appliance.pixels.decoding import decode
from appliance.pixels.encoding import encode
from appliance.pixels.model import PixelError
from tests.appliance.pixels.pictures import colour, grey, shape

ENCAPSULATED = [target for target in model.TARGETS if target not in model.NATIVE]
KINDS = ["u1", "i1", "u2", "i2"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("syntax", ENCAPSULATED)
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (5, 7), (64, 33)])
def test_grey(syntax: str, kind: str, size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(*_range(kind), size, kind)
    data = encode(pixels, shape(pixels), syntax)
    assert len(data) % 2 == 0
    assert np.array_equal(decode(data, shape(pixels), syntax), pixels)


def _range(kind: str) -> tuple[int, int]:
    info = np.iinfo(kind)
    return info.min, info.max


@pytest.mark.parametrize("kind", ["u1", "u2"])
@pytest.mark.parametrize("syntax", ENCAPSULATED)
def test_colour(syntax: str, kind: str) -> None:
    pixels = colour(dtype=kind)[0]
    data = encode(pixels, shape(pixels), syntax)
    assert np.array_equal(decode(data, shape(pixels), syntax), pixels)


@pytest.mark.parametrize("syntax", [model.RLE, model.HTJ2K_LOSSLESS])
@pytest.mark.parametrize("kind", ["u4", "i4"])
def test_long_words(syntax: str, kind: str) -> None:
    pixels = grey(dtype=kind)[0]
    assert encode(pixels, shape(pixels), syntax)


@pytest.mark.parametrize("syntax", [model.JPEG_LS, model.JPEG_LOSSLESS, model.JPEG_2000_LOSSLESS])
def test_what_has_no_room_is_said(syntax: str) -> None:
    pixels = grey(dtype="u4")[0]
    with pytest.raises(PixelError, match=r"32 bits cannot be kept|would change pixels"):
        encode(pixels, shape(pixels), syntax)


def test_the_precision_is_that_of_the_stored_bits_unless_something_lies_beside() -> None:
    pixels = grey()[0] & 0x0FFF
    image = shape(pixels, stored=12)
    for syntax in (model.JPEG_LOSSLESS_SV1, model.JPEG_2000_LOSSLESS):
        assert inspect(encode(pixels, image, syntax)).precision == 12
        overlaid = pixels | 0x8000
        assert inspect(encode(overlaid, image, syntax)).precision == 16


def test_an_encoder_that_drops_something_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    import imagecodecs

    real = imagecodecs.jpegls_encode
    monkeypatch.setattr(imagecodecs, "jpegls_encode", lambda pixels: real(pixels & 0xFFFE))
    with pytest.raises(PixelError, match="would change pixels"):
        encode(grey()[0] | 1, shape(grey()[0]), model.JPEG_LS)


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_run_lengths_of_any_bytes(data: Any) -> None:
    rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 300))
    choice = st.sampled_from([0, 0, 0, 1, 255])
    cells = data.draw(st.lists(choice, min_size=rows * columns, max_size=rows * columns))
    pixels = np.array(cells, "u1").reshape(rows, columns)
    assert encode(pixels, shape(pixels), model.RLE)
