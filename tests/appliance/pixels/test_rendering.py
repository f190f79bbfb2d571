"""Pictures to look at."""

from __future__ import annotations

from typing import Any

import imagecodecs
import numpy as np
import pytest

from appliance.dicom.dataset import encode
from appliance.pixels.model import EXPLICIT, PixelError, Rendering
from appliance.pixels.rendering import fit, render
from tests.appliance.pixels.conftest import data_set
from tests.appliance.pixels.pictures import colour, described, grey, native, stored


def _picture(raw: bytes, syntax: str = EXPLICIT, **options: Any) -> Any:
    given = Rendering(**{"format": "png"} | options)
    picture = render(stored(raw, syntax), 1, given)
    return imagecodecs.png_decode(picture)


def test_colour_stays_colour() -> None:
    pixels = colour()
    assert np.array_equal(_picture(native(pixels)), pixels[0])
    wide = colour(dtype="u2")
    assert np.array_equal(_picture(native(wide)), wide[0] >> 8)
    ybr = np.full((1, 4, 4, 3), 128, "u1")
    shown = _picture(native(ybr, PhotometricInterpretation="YBR_FULL"))
    assert shown.tolist() == ybr[0].tolist()


def test_palettes() -> None:
    raw, syntax = data_set("examples_palette.dcm")
    shown = _picture(raw, syntax)
    assert shown.shape == (350, 800, 3)
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 100


def test_a_palette_that_is_missing_is_said() -> None:
    raw = native(grey(dtype="u1"), PhotometricInterpretation="PALETTE COLOR")
    with pytest.raises(PixelError, match="palette is missing"):
        _picture(raw)


def test_a_jpeg() -> None:
    shown = imagecodecs.jpeg8_decode(render(stored(native(grey(32, 64))), 1, Rendering(quality=95)))
    assert shown.shape == (32, 64)


def test_nonsense_is_said() -> None:
    dataset = described(grey(), RescaleSlope="1")
    dataset.PixelData = grey().tobytes()
    dataset["PixelData"].VR = "OW"
    raw = encode(dataset, EXPLICIT).replace(b"DS\x02\x001 ", b"DS\x02\x00x ")
    with pytest.raises(PixelError, match="how to show it"):
        _picture(raw)


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (0, 0, (30, 40)),
        (20, 0, (15, 20)),
        (0, 10, (10, 13)),
        (20, 10, (10, 13)),
        (80, 80, (60, 80)),
        (40, 0, (30, 40)),
        (1, 1, (1, 1)),
    ],
)
def test_it_fits(width: int, height: int, size: tuple[int, int]) -> None:
    assert fit(np.zeros((30, 40), "u1"), width, height).shape == size
    assert fit(np.zeros((30, 40, 3), "u1"), width, height).shape == (*size, 3)


def test_smaller_ones_are_means() -> None:
    picture = np.array([[0, 100], [100, 200]], "u1")
    assert fit(picture, 1, 1).tolist() == [[100]]
    assert fit(picture, 4, 4)[0].tolist() == [0, 25, 75, 100]
