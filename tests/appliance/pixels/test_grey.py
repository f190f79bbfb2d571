"""Stored values to shades, checked against the equations of the standard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.pixels import apply_voi_lut

from appliance.pixels.grey import shades
from appliance.pixels.model import Curve, Window
from tests.appliance.pixels.pictures import shape

VALUES = np.arange(-100, 1100, dtype="i2").reshape(30, 40)


def _shown(dataset: Dataset, window: Window | None = None, **changes: Any) -> Any:
    return shades(VALUES, shape(VALUES, **changes), [dataset], window)


@pytest.mark.parametrize("curve", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_windows_as_another_implementation_has_them(curve: Curve) -> None:
    dataset = Dataset()
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 300, 500, curve
    dataset.BitsStored, dataset.PixelRepresentation = 16, 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    theirs = apply_voi_lut(VALUES, dataset)
    scaled = (theirs + 32768.0) / 65535 * 255
    assert np.abs(_shown(dataset).astype(float) - scaled).max() <= 1
    assert np.array_equal(_shown(Dataset(), Window(300, 500, curve)), _shown(dataset))


def test_without_a_window_the_least_is_black() -> None:
    shown = _shown(Dataset())
    assert (shown[0, 0], shown[-1, -1]) == (0, 255)
    inverted = _shown(Dataset(), photometric="MONOCHROME1")
    assert (inverted[0, 0], inverted[-1, -1]) == (255, 0)


def test_values_are_rescaled_before() -> None:
    dataset = Dataset()
    dataset.RescaleSlope, dataset.RescaleIntercept = 2, -1000
    shown = _shown(dataset, Window(0, 1, "LINEAR"))
    assert np.array_equal(shown == 255, VALUES * 2 - 1000 > -0.5)


def _table(*entries: int, first: int = 0, bits: int = 8) -> Dataset:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [len(entries), first, bits])
    item.add_new("LUTData", "US", list(entries))
    return item


def test_tables_instead_of_windows() -> None:
    dataset = Dataset()
    dataset.ModalityLUTSequence = [_table(10, 20, 30, first=500)]
    dataset.VOILUTSequence = [_table(*range(0, 256, 8), bits=8)]
    shown = _shown(dataset)
    assert sorted(set(shown.flat)) == [80, 160, 240]
    assert (shown[0, 0], shown[-1, -1]) == (80, 240)


def test_incomplete_tables_are_passed_over() -> None:
    dataset = Dataset()
    dataset.VOILUTSequence = [Dataset()]
    assert _shown(dataset)[0, 0] == 0


def test_what_lies_beside_the_stored_bits_is_not_seen() -> None:
    pixels = np.array([[0x8001, 0x0FFF]], "u2")
    shown = shades(pixels, shape(pixels, stored=12), [], None)
    assert shown.tolist() == [[0, 255]]
    flat = np.zeros((2, 2), "u2")
    assert shades(flat, shape(flat), [], None).shape == (2, 2)
