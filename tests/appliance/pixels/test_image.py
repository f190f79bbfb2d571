"""What a data set says about its pixels."""

from __future__ import annotations

from typing import Any

import pytest

from appliance.pixels.elements import Walker
from appliance.pixels.image import image_of, survey
from appliance.pixels.model import BIG_ENDIAN, EXPLICIT, PixelError
from tests.appliance.pixels.pictures import colour, grey, native, source


@pytest.mark.parametrize("syntax", [EXPLICIT, BIG_ENDIAN])
def test_the_description_is_read_in_either_order(syntax: str) -> None:
    raw = native(grey(4, 6, 3, "i2"), syntax, BitsStored=12)
    seen = survey(Walker(source(raw, syntax)))
    image = image_of(seen)
    assert (image.rows, image.columns, image.frames, image.stored) == (4, 6, 3, 12)
    assert (image.signed, image.frame_size, image.size) == (True, 48, 144)
    assert not seen.encapsulated
    assert not seen.floating


def test_what_is_missing_has_a_default_where_there_is_one() -> None:
    raw = native(grey(), NumberOfFrames=None, PixelRepresentation=None, BitsStored=None)
    image = image_of(survey(Walker(source(raw))))
    assert (image.frames, image.signed, image.stored) == (1, False, 16)


def test_half_the_chrominance_takes_less_room() -> None:
    raw = native(colour(4, 6), PhotometricInterpretation="YBR_FULL_422")
    assert image_of(survey(Walker(source(raw)))).frame_size == 4 * 6 * 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Rows": None}, r"\(0028,0010\) is missing"),
        ({"Rows": 0}, "0 rows"),
        ({"SamplesPerPixel": 2}, "2 samples"),
        ({"BitsAllocated": 12}, "Bits Allocated is 12"),
        ({"BitsStored": 17}, "Bits Stored is 17"),
    ],
)
def test_what_makes_no_sense_is_said(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(PixelError, match=words):
        image_of(survey(Walker(source(native(grey(), **changes)))))


def test_a_number_of_frames_is_a_number() -> None:
    raw = native(grey()).replace(b"IS\x02\x001 ", b"IS\x02\x001A")
    with pytest.raises(PixelError, match="Number of Frames is '1A'"):
        image_of(survey(Walker(source(raw))))
