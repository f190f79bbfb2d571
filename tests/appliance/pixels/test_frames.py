"""Which bytes belong to which frame."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from appliance.dicom.dataset import encode
from appliance.pixels.elements import Walker
from appliance.pixels.frames import Frames, frames_of
from appliance.pixels.image import image_of, survey
from appliance.pixels.model import BIG_ENDIAN, EXPLICIT, PixelError
from tests.appliance.pixels.pictures import described, grey, native, source

ITEM, END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0\0\0\0\0"
SOI = b"\xff\xd8"


def _frames(raw: bytes, syntax: str = EXPLICIT) -> Frames:
    walker = Walker(source(raw, syntax))
    seen = survey(walker)
    return frames_of(walker, seen, image_of(seen))


def _encapsulated(count: int, table: bytes, *fragments: bytes, extended: bytes = b"") -> bytes:
    dataset = described(grey(frames=count))
    if extended:
        dataset.ExtendedOffsetTable = extended
    items = b"".join(ITEM + struct.pack("<I", len(one)) + one for one in (table, *fragments))
    start = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"
    return encode(dataset, EXPLICIT) + start + items + END


def test_native_frames() -> None:
    pixels = grey(frames=3)
    assert [bytes(one) for one in _frames(native(pixels))] == [one.tobytes() for one in pixels]
    with pytest.raises(PixelError, match="3 frames need 210"):
        _frames(native(grey(frames=2), NumberOfFrames=3))


def test_odd_frames_in_words_of_the_other_order() -> None:
    pixels = grey(3, 5, 3, "u1")
    raw = encode(described(pixels), BIG_ENDIAN)
    words = np.frombuffer(pixels.tobytes() + b"\0", "<u2").byteswap().tobytes()
    raw += b"\x7f\xe0\x00\x10OW\0\0" + struct.pack(">I", 46) + words
    assert [bytes(one) for one in _frames(raw, BIG_ENDIAN)] == [one.tobytes() for one in pixels]


@pytest.mark.parametrize(
    ("count", "table", "fragments", "frames"),
    [
        (1, b"", (b"ab", b"cd"), [b"abcd"]),
        (2, b"", (b"ab", b"cd"), [b"ab", b"cd"]),
        (2, struct.pack("<2I", 0, 20), (b"ab", b"cd", b"ef"), [b"abcd", b"ef"]),
        (2, b"", (SOI + b"ab", b"cd", SOI), [SOI + b"abcd", SOI]),
        (2, struct.pack("<2I", 0, 999), (b"ab", b"cd"), [b"ab", b"cd"]),  # table of no use
    ],
)
def test_fragments_become_frames(
    count: int, table: bytes, fragments: tuple[bytes, ...], frames: list[bytes]
) -> None:
    assert list(_frames(_encapsulated(count, table, *fragments))) == frames


def test_the_extended_table_counts() -> None:
    extended = struct.pack("<2Q", 0, 20)
    raw = _encapsulated(2, b"", b"ab", b"cd", b"ef", extended=extended)
    assert list(_frames(raw)) == [b"abcd", b"ef"]


@pytest.mark.parametrize(
    ("count", "table", "fragments", "words"),
    [
        (1, b"", (), "empty"),
        (2, b"", (b"ab",), "speaks of 2 frames, its 1 fragments make 1"),
        (2, b"", (b"ab", b"cd", b"ef"), "make 1"),
        (2, struct.pack("<2I", 0, 7), (b"ab", b"cd", b"ef"), "does not fit"),
        (2, struct.pack("<2I", 10, 0), (b"ab", b"cd", b"ef"), "does not fit"),
        (500, b"", (b"ab",), "speaks of 500 frames"),
    ],
)
def test_what_does_not_add_up_is_said(
    count: int, table: bytes, fragments: tuple[bytes, ...], words: str
) -> None:
    with pytest.raises(PixelError, match=words):
        _frames(_encapsulated(count, table, *fragments))
