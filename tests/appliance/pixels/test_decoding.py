"""Encoded frames to arrays; what no codec may be given is said before."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest

from appliance.pixels import model
from appliance.pixels.codestream import inspect, is_whole
from appliance.pixels.decoding import decode, photometric_after
from appliance.pixels.model import PixelError
from tests.appliance.pixels.pictures import colour, grey, shape


def test_signed_bits_of_less_than_a_word_get_their_sign() -> None:
    pixels = (grey(dtype="i2")[0] >> 4).astype("i2")  # 12 bits
    pattern = (pixels.view("u2") & 0x0FFF).astype("u2")
    data = imagecodecs.jpeg8_encode(pattern, lossless=True, predictor=1, bitspersample=12)
    image = shape(pixels, stored=12)
    assert np.array_equal(decode(bytes(data), image, model.JPEG_LOSSLESS_SV1), pixels)


def test_signed_codestreams_of_unsigned_images_keep_their_bits() -> None:
    pixels = grey(dtype="i2")[0]
    data = bytes(imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True))
    found = decode(data, shape(pixels, signed=False), model.JPEG_2000_LOSSLESS)
    assert np.array_equal(found, pixels.view("u2"))


@pytest.mark.parametrize(
    ("coded", "photometric", "near"),
    [("YCBCR", "YBR_FULL_422", True), ("RGB", "RGB", True), ("YCBCR", "RGB", True)],
)
def test_baseline_colours_come_as_rgb(coded: str, photometric: str, near: bool) -> None:
    pixels = np.full((16, 16, 3), (200, 60, 30), "u1")
    data = bytes(imagecodecs.jpeg8_encode(pixels, level=100, outcolorspace=coded))
    image = shape(pixels, photometric=photometric)
    found = decode(data, image, model.JPEG_BASELINE)
    assert (np.abs(found.astype(int) - pixels) <= 3).all() is np.True_
    assert photometric_after(image, model.JPEG_BASELINE, inspect(data)) == "RGB"


@pytest.mark.parametrize(
    ("photometric", "after"),
    [("YBR_RCT", "RGB"), ("YBR_ICT", "RGB"), ("YBR_FULL", "YBR_FULL"), ("RGB", "RGB")],
)
def test_the_colours_afterwards(photometric: str, after: str) -> None:
    image = shape(colour()[0], photometric=photometric)
    stream = inspect(bytes(imagecodecs.jpeg2k_encode(colour()[0])))
    assert photometric_after(image, model.JPEG_2000, stream) == after


def test_another_shape_is_said_before_decoding() -> None:
    data = bytes(imagecodecs.jpegls_encode(np.zeros((300, 300), "u1")))
    with pytest.raises(PixelError, match="300 rows, 300 columns and 1 samples"):
        decode(data, shape(grey(dtype="u1")[0]), model.JPEG_LS)
    wide = bytes(imagecodecs.jpegls_encode(grey()[0]))
    with pytest.raises(PixelError, match="16 bits per sample"):
        decode(wide, shape(grey(dtype="u1")[0]), model.JPEG_LS)


@pytest.mark.parametrize(
    ("syntax", "codec"),
    [
        (model.JPEG_LOSSLESS, "jpeg8"),
        (model.JPEG_LS, "jpegls"),
        (model.JPEG_2000, "jpeg2k"),
        (model.HTJ2K, "htj2k"),
    ],
)
def test_damaged_frames_are_said(syntax: str, codec: str) -> None:
    pixels = grey(64, 64, dtype="u1")[0]
    options = {"lossless": True} if codec == "jpeg8" else {}
    data = bytearray(getattr(imagecodecs, f"{codec}_encode")(pixels, **options))
    assert not is_whole(bytes(data[: len(data) // 2]))  # some are filled up
    assert is_whole(bytes(data))
    for damaged in (bytes(100), b"", bytes(data[:10]), bytes(data[:50]) + b"\xff" * 50):
        with pytest.raises(PixelError):
            decode(damaged, shape(pixels), syntax)


def _run_length(segments: int, *offsets: int) -> bytes:
    return np.array([segments, *offsets, *[0] * (15 - len(offsets))], "<u4").tobytes()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "within its header"),
        (_run_length(3, 64), "has 3 segments, 2 belong"),
        (_run_length(2, 64, 66) + b"\x00\x01\x00\x01", "has 1 bytes, 35 belong"),
        (_run_length(2, 9999, 64), "segment has 0 bytes|cannot be decoded"),
    ],
)
def test_damaged_run_lengths(data: bytes, words: str) -> None:
    with pytest.raises(PixelError, match=words):
        decode(data, shape(grey()[0]), model.RLE)


def test_bits_are_never_compressed() -> None:
    with pytest.raises(PixelError, match="1 bits are never"):
        decode(b"", shape(grey()[0], allocated=1), model.RLE)
    stream = bytes(imagecodecs.jpegls_encode(grey()[0]))
    with pytest.raises(PixelError, match="cannot be decoded"):
        decode(stream, shape(grey()[0]), "1.2.840.10008.1.2.4.102")
