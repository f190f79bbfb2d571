"""One frame out of a stored object."""

from __future__ import annotations

import numpy as np
import pytest

from appliance.dicom.dataset import encode
from appliance.pixels.model import EXPLICIT, JPEG_BASELINE, PixelError
from appliance.pixels.stored import Stored
from tests.appliance.pixels.conftest import data_set
from tests.appliance.pixels.pictures import colour, described, grey, native, source, stored


def test_colours_are_those_after_decoding() -> None:
    raw, syntax = data_set("SC_rgb_dcmtk_+eb+cy+np.dcm")
    assert syntax == JPEG_BASELINE
    pixels, image = stored(raw, syntax).pixels(1)
    assert (pixels.shape, image.photometric, image.planar) == ((100, 100, 3), "RGB", False)
    raw = native(colour(4, 4), PhotometricInterpretation="YBR_FULL_422")
    assert stored(raw).pixels(1)[1].photometric == "YBR_FULL"


def test_other_objects_have_no_frames() -> None:
    with pytest.raises(PixelError, match="no frames"):
        stored(encode(described(grey()), EXPLICIT))
    dataset = described(np.zeros((1, 2, 2), "u4"))
    dataset.FloatPixelData = bytes(16)
    with pytest.raises(PixelError, match="no frames"):
        stored(encode(dataset, EXPLICIT))
    with pytest.raises(PixelError, match="a frame would take"):
        Stored(source(native(grey())), EXPLICIT, 10)
