"""Where attributes of display are found: of the frame first, then of all, then of the object."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from appliance.dicom.dataset import encode
from appliance.pixels.attributes import display_attributes, first
from appliance.pixels.model import BIG_ENDIAN, EXPLICIT, IMPLICIT, PixelError
from tests.appliance.pixels.pictures import described, grey, stored


def _group(keyword: str, **values: object) -> Dataset:
    inner, group = Dataset(), Dataset()
    for name, value in values.items():
        setattr(inner, name, value)
    setattr(group, keyword, [inner])
    return group


@pytest.mark.parametrize("syntax", [EXPLICIT, IMPLICIT, BIG_ENDIAN])
def test_the_nearest_counts(syntax: str) -> None:
    pixels = grey(frames=2)
    dataset = described(pixels, WindowCenter=[40, 50], WindowWidth=400, RescaleSlope=2)
    dataset.SharedFunctionalGroupsSequence = [
        _group("PixelValueTransformationSequence", RescaleSlope=3, RescaleIntercept=7)
    ]
    dataset.PerFrameFunctionalGroupsSequence = [
        _group("FrameVOILUTSequence", WindowCenter=1),
        _group("FrameVOILUTSequence", WindowCenter=2),
    ]
    dataset.PixelData = pixels.tobytes()
    dataset["PixelData"].VR = "OW"
    places = display_attributes(stored(encode(dataset, syntax), syntax), 2)
    values = [
        first(places, name)
        for name in ("WindowCenter", "WindowWidth", "RescaleSlope", "RescaleIntercept")
    ]
    assert values == [2, 400, 3, 7]
    assert first(places, "VOILUTSequence") is None


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = described(grey(), WindowCenter=1)
    dataset.PixelData = grey().tobytes()
    dataset["PixelData"].VR = "OW"
    monkeypatch.setattr("appliance.pixels.attributes._MOST", 10)
    with pytest.raises(PixelError, match="longer than 10"):
        display_attributes(stored(encode(dataset, EXPLICIT)), 1)
