"""Frames in fragments, with tables that say where they are."""

from __future__ import annotations

from io import BytesIO

import pytest
from pydicom.encaps import generate_frames, parse_basic_offsets

from appliance.pixels import encapsulation
from appliance.pixels.elements import Form
from appliance.pixels.encapsulation import Encapsulation
from appliance.pixels.model import EXPLICIT, PixelError
from appliance.pixels.recoding import Writer
from tests.appliance.pixels.pictures import grey, read, shape

FRAMES = [b"abcd", b"ef", b"ghijkl"]


def _written(frames: list[bytes]) -> bytes:
    out = BytesIO()
    writer = Writer(out, Form(implicit=False, big_endian=False), signed=False)
    pixels = Encapsulation(writer, shape(grey()[0], frames=3))
    for frame in frames:
        pixels.add(frame)
    pixels.close()
    return out.getvalue()


def test_the_basic_table_points_at_each_frame() -> None:
    value = read(_written(FRAMES), EXPLICIT).PixelData
    assert parse_basic_offsets(value) == [0, 12, 22]
    assert list(generate_frames(value, number_of_frames=3)) == FRAMES


def test_large_images_get_the_extended_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encapsulation, "_LARGEST_BASIC", 10)
    dataset = read(_written(FRAMES), EXPLICIT)
    tables = dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths
    assert parse_basic_offsets(dataset.PixelData) == []
    found = generate_frames(dataset.PixelData, number_of_frames=3, extended_offsets=tables)
    assert list(found) == FRAMES


def test_every_announced_frame_must_come() -> None:
    with pytest.raises(PixelError, match="3 frames were announced, 2 came"):
        _written(FRAMES[:2])
