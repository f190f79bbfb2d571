"""Elements in another form: every value the same."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from appliance.dicom.dataset import encode
from appliance.dicom.part10 import read_file_meta
from appliance.pixels.model import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, PixelError
from tests.appliance.pixels.pictures import FILES, read, turned

FORMS = (EXPLICIT, IMPLICIT, BIG_ENDIAN)


def _many_kinds() -> Dataset:
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 100"
    dataset.PatientName = "Müller^Jörg"
    dataset.add_new(0x00091001, "UN", b"\x01\x02\x03\x04")
    dataset.add_new(0x00090010, "LO", "A MAKER")
    dataset.PixelRepresentation = 1
    dataset.SmallestImagePixelValue = -5
    dataset.SimpleFrameList = [1, 70000]
    dataset.add_new(0x00281201, "OW", b"\x01\x00\x02\x00")
    dataset.add_new(0x00700022, "FL", [1.5, -2.25])
    dataset.add_new(0x00189073, "FD", 3.125)
    dataset.OffendingElement = [0x00100010]
    dataset.FrameIncrementPointer = 0x00181063
    inner = Dataset()
    inner.ReferencedSOPInstanceUID = "1.2.3"
    inner.add_new(0x00720078, "UL", 7)
    dataset.ReferencedImageSequence = [inner, Dataset()]
    return dataset


@pytest.mark.parametrize(("syntax", "target"), list(permutations(FORMS, 2)))
def test_there_and_back_is_the_same(syntax: str, target: str, tmp_path: Path) -> None:
    raw = encode(_many_kinds(), syntax)
    there = turned(raw, syntax, target, tmp_path)
    assert _values(read(there, target)) == _values(read(raw, syntax))
    back = turned(there, target, syntax, tmp_path)
    assert _values(read(back, syntax)) == _values(read(raw, syntax))


def _values(dataset: Dataset) -> dict[int, object]:
    """Values as pydicom reads them; what it calls unknown as bytes."""
    return {
        int(one.tag): [_values(item) for item in one.value] if one.VR == "SQ" else one.value
        for one in dataset
        if one.VR not in ("UN", "OW")  # bytes, of which those of OW have an order
    }


def test_words_are_turned(tmp_path: Path) -> None:
    dataset = Dataset()
    dataset.add_new(0x00281201, "OW", b"\x01\x00\x02\x00")
    there = turned(encode(dataset, EXPLICIT), EXPLICIT, BIG_ENDIAN, tmp_path)
    assert read(there, BIG_ENDIAN)[0x00281201].value == b"\x00\x01\x00\x02"


def test_the_same_form_is_the_same_bytes(tmp_path: Path) -> None:
    raw = encode(_many_kinds(), EXPLICIT)
    deflated = turned(raw, EXPLICIT, DEFLATED, tmp_path)
    assert turned(deflated, DEFLATED, EXPLICIT, tmp_path) == raw


def test_unknown_ones_keep_every_byte(tmp_path: Path) -> None:
    unknown = b"\x09\0\x01\x10\x04\0\0\0\x01\x02\x03\x04"
    explicit = turned(b"\x08\0\x16\0\x04\0\0\x001.2\0" + unknown, IMPLICIT, EXPLICIT, tmp_path)
    assert explicit.endswith(b"\x09\0\x01\x10UN\0\0\x04\0\0\0\x01\x02\x03\x04")
    private = b"\x09\0\x01\x10\xff\xff\xff\xff\xfe\xff\x00\xe0\x0c\0\0\0"
    private += b"\x09\0\x02\x10\x04\0\0\0\x01\x02\x03\x04\xfe\xff\xdd\xe0\0\0\0\0"
    first = b"\x08\0\x16\0\x04\0\0\x001.2\0"
    there = turned(first + private, IMPLICIT, EXPLICIT, tmp_path)
    item = b"\xfe\xff\x00\xe0"
    assert there.endswith(b"UN\0\0" + private[4:])
    assert item in turned(there, EXPLICIT, IMPLICIT, tmp_path)
    assert turned(there, EXPLICIT, IMPLICIT, tmp_path) == first + private


def test_a_text_too_long_for_its_vr_becomes_unknown(tmp_path: Path) -> None:
    value = b"1\\" * 40000
    raw = b"\x08\0\x16\0\x04\0\0\x001.2\0\x20\0\x32\0" + len(value).to_bytes(4, "little") + value
    there = turned(raw, IMPLICIT, EXPLICIT, tmp_path)
    assert there.endswith(b"\x20\0\x32\0UN\0\0" + len(value).to_bytes(4, "little") + value)


def test_group_lengths_go(tmp_path: Path) -> None:
    raw = b"\x08\0\0\0UL\x04\0\x0c\0\0\0\x08\0\x16\0UI\x04\x001.2\0"
    assert turned(raw, EXPLICIT, IMPLICIT, tmp_path) == b"\x08\0\x16\0\x04\0\0\x001.2\0"


WITHOUT_PIXELS = [path for path in FILES if b"\xe0\x7f\x10\x00" not in path.read_bytes()]


@pytest.mark.parametrize("path", WITHOUT_PIXELS, ids=lambda path: path.name)
@pytest.mark.parametrize("target", FORMS)
def test_every_report_and_plan(path: Path, target: str, tmp_path: Path) -> None:
    raw = path.read_bytes()
    meta = read_file_meta(raw[: 64 << 10])
    if meta is None or meta.transfer_syntax_uid not in FORMS:
        pytest.skip("says nothing of its transfer syntax")
    syntax, raw = meta.transfer_syntax_uid, raw[meta.data_set :]
    if "truncated" in path.name and syntax != target:
        with pytest.raises(PixelError, match="longer than what it lies in"):
            turned(raw, syntax, target, tmp_path)
        return
    there = turned(raw, syntax, target, tmp_path)
    if syntax != target:
        again = turned(there, target, syntax, tmp_path)
        assert turned(again, syntax, target, tmp_path) == there
    else:
        assert there == raw
