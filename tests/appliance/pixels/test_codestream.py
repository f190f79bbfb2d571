"""What codestreams say before they are decoded."""

from __future__ import annotations

from contextlib import suppress

import imagecodecs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.pixels.codestream import inspect
from appliance.pixels.model import PixelError
from tests.appliance.pixels.pictures import colour, grey


def test_jpeg_with_its_colours() -> None:
    stream = inspect(bytes(imagecodecs.jpeg8_encode(colour()[0])))
    assert (stream.rows, stream.columns, stream.components, stream.precision) == (5, 7, 3, 8)
    assert stream.jfif
    plain = bytes(imagecodecs.jpeg8_encode(colour()[0], colorspace="RGB", outcolorspace="RGB"))
    assert inspect(plain).names_colours
    assert not inspect(plain).jfif


@pytest.mark.parametrize("codec", ["jpegls", "jpeg2k", "htj2k"])
def test_other_ones(codec: str) -> None:
    encode = getattr(imagecodecs, f"{codec}_encode")
    stream = inspect(bytes(encode(grey()[0])))
    assert (stream.rows, stream.columns, stream.components) == (5, 7, 1)
    assert stream.precision == 16
    assert not stream.names_colours


def test_signs_are_seen() -> None:
    raw = bytes(imagecodecs.jpeg2k_encode(grey(dtype="i2")[0], reversible=True))
    assert inspect(raw).signed


@given(st.binary(max_size=100), st.sampled_from([b"", b"\xff\xd8\xff", b"\xff\x4f\xff\x51"]))
def test_any_bytes_end_in_words(raw: bytes, start: bytes) -> None:
    with suppress(PixelError):
        inspect(start + raw)
