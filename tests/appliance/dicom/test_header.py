"""The scanner: the same header from any chunking, like pydicom's, at a bounded cost."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence

from appliance.dicom.header import (
    PATIENT_ID,
    SOP_CLASS_UID,
    STUDY_INSTANCE_UID,
    Header,
    HeaderError,
    Scanner,
    name_of,
    read_header,
)

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
ROWS = 0x00280010


def _data_set(*, nested: int = 1, pixels: int = 64) -> Dataset:
    data_set = Dataset()
    data_set.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    data_set.SOPInstanceUID = "1.2.3.4"
    data_set.StudyDate = "20240131"
    data_set.Modality = "CT"
    item = Dataset()
    item.CodeValue = "inner"
    for _ in range(nested):
        outer = Dataset()
        outer.ReferencedImageSequence = Sequence([item, Dataset()])
        outer.PatientID = "of the item, not of the image"
        item = outer
    data_set.update(item)
    data_set.PatientName = "Doe^Jane"
    data_set.PatientID = "4711"
    data_set.StudyInstanceUID = "1.2.3"
    data_set.SeriesInstanceUID = "1.2.3.1"
    data_set.Rows = 512
    data_set.BitsStored = 12
    data_set.add_new(0x7FE00010, "OW", bytes(pixels))
    return data_set


def _encoded(data_set: Dataset, syntax: str, *, undefined: bool = False) -> bytes:
    for element in data_set.iterall():
        if element.VR == "SQ":
            element.is_undefined_length = undefined
            for item in element.value:
                item.is_undefined_length_sequence_item = undefined
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = syntax == IMPLICIT, syntax != BIG
    write_dataset(file, data_set)
    plain = bytes(file.getvalue())
    if syntax != DEFLATED:
        return plain
    deflate = zlib.compressobj(wbits=-15)
    return deflate.compress(plain) + deflate.flush()


def _in_pieces(data: bytes, size: int, syntax: str) -> Header:
    return read_header((data[at : at + size] for at in range(0, len(data), size)), syntax)


@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG, DEFLATED])
@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_every_encoding_gives_the_same_values(syntax: str, undefined: bool, size: int) -> None:
    header = _in_pieces(_encoded(_data_set(nested=3), syntax, undefined=undefined), size, syntax)
    assert header.values[SOP_CLASS_UID] == b"1.2.840.10008.5.1.4.1.1.2\0"
    assert header.values[PATIENT_ID] == b"4711"
    assert header.values[STUDY_INSTANCE_UID] == b"1.2.3\0"
    assert header.values[ROWS] == (b"\x02\x00" if syntax == BIG else b"\x00\x02")
    assert header.big_endian is (syntax == BIG)


def test_none_means_more_bytes_are_needed() -> None:
    data = _encoded(_data_set(), EXPLICIT)
    scanner = Scanner(EXPLICIT)
    assert scanner.feed(data[:100]) is None
    assert scanner.feed(data[100:]) is not None


def test_nothing_behind_the_image_description_is_looked_at() -> None:
    data = _encoded(_data_set(), EXPLICIT)
    end = data.index(b"\xe0\x7f\x10\x00")
    assert Scanner(EXPLICIT).feed(data[: end + 8] + b"\xff" * 100) is not None


def test_a_data_set_without_pixels_ends_where_it_ends() -> None:
    data_set = _data_set()
    del data_set[0x7FE00010]
    assert _in_pieces(_encoded(data_set, EXPLICIT), 5, EXPLICIT).values[PATIENT_ID] == b"4711"


def test_long_values_are_passed_over_without_being_held() -> None:
    data_set = _data_set()
    data_set.add_new(0x00091001, "OB", bytes(50_000))
    scanner = Scanner(EXPLICIT)
    data = _encoded(data_set, EXPLICIT)
    assert scanner.feed(data[:5_000]) is None
    assert scanner.skip > 40_000
    header = scanner.feed(data[5_000:])
    assert header is not None
    assert 0x00091001 not in header.values
    assert header.values[PATIENT_ID] == b"4711"


def test_the_indispensable_stays_when_there_is_too_much() -> None:
    data_set = _data_set()
    for number in range(0x1000, 0x1000 + 100):
        data_set.add_new(0x00190000 + number, "LT", "x" * 10_000)
    header = _in_pieces(_encoded(data_set, EXPLICIT), 1 << 16, EXPLICIT)
    assert {SOP_CLASS_UID, PATIENT_ID, STUDY_INSTANCE_UID} <= header.values.keys()
    assert sum(map(len, header.values.values())) < 300_000


def test_explicit_is_recognised_though_implicit_was_announced_and_the_reverse() -> None:
    for announced, written in ((IMPLICIT, EXPLICIT), (EXPLICIT, IMPLICIT)):
        data = _encoded(_data_set(), written, undefined=True)
        assert _in_pieces(data, 1 << 16, announced).values[PATIENT_ID] == b"4711"


def test_implicit_elements_within_un_of_undefined_length() -> None:
    inner = struct.pack("<HHI", 0x0008, 0x0100, 0x4D4C) + bytes(0x4D4C)  # a length like "LM"
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF) + inner
    ends = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
    unknown = struct.pack("<HH2sHI", 0x0009, 0x1010, b"UN", 0, 0xFFFFFFFF) + item + ends
    data = _encoded(_data_set(), EXPLICIT)
    at = data.index(struct.pack("<HH", 0x0010, 0x0010))
    header = _in_pieces(data[:at] + unknown + data[at:], 11, EXPLICIT)
    assert header.values[PATIENT_ID] == b"4711"


@pytest.mark.parametrize("number", [0x0000, 0x0002])
def test_commands_and_files_are_no_data_set(number: int) -> None:
    with pytest.raises(HeaderError, match="no place in a data set"):
        Scanner(EXPLICIT).feed(struct.pack("<HH2sHI", number, 0x0000, b"UL", 4, 0))


def test_an_end_inside_an_element_is_named() -> None:
    data = _encoded(_data_set(), EXPLICIT)
    at = data.index(b"Doe^Jane")
    with pytest.raises(HeaderError, match=r"ends inside \(0010,0010\)"):
        read_header([data[: at + 3]], EXPLICIT)


def test_an_open_sequence_at_the_end_is_an_error() -> None:
    data = _encoded(_data_set(), EXPLICIT, undefined=True)
    with pytest.raises(HeaderError, match="ends inside"):
        read_header([data[: data.index(b"inner") + 6]], EXPLICIT)


@pytest.mark.parametrize("depth", [65, 100_000])
def test_deep_nesting_is_refused_without_recursion(depth: int) -> None:
    opening = struct.pack("<HH2sHI", 0x0008, 0x1140, b"SQ", 0, 0xFFFFFFFF)
    opening += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    with pytest.raises(HeaderError, match="deeper than 64"):
        Scanner(EXPLICIT).feed(opening * depth)


def test_a_million_elements_are_too_many() -> None:
    with pytest.raises(HeaderError, match="more than 100000 elements"):
        Scanner(EXPLICIT).feed(struct.pack("<HH2sH", 0x0009, 0x1000, b"LO", 0) * 1_000_000)


def test_a_bomb_is_not_inflated() -> None:
    deflate = zlib.compressobj(wbits=-15)
    plain = struct.pack("<HH2sHI", 0x0009, 0x1000, b"OB", 0, 1 << 30) + bytes(64 << 20)
    with pytest.raises(HeaderError, match="nothing usable"):
        Scanner(DEFLATED).feed(deflate.compress(plain) + deflate.flush())


def test_rubbish_instead_of_deflate_is_refused() -> None:
    with pytest.raises(HeaderError, match="cannot be inflated"):
        Scanner(DEFLATED).feed(b"\xff" * 100)


@given(st.binary(max_size=400), st.sampled_from([IMPLICIT, EXPLICIT, BIG, DEFLATED]))
def test_any_bytes_give_a_header_or_a_header_error(data: bytes, syntax: str) -> None:
    try:
        header = read_header([data], syntax)
    except HeaderError:
        return
    assert isinstance(header, Header)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_chunking_of_any_mutation_gives_the_same(data: st.DataObject) -> None:
    whole = bytearray(_encoded(_data_set(), EXPLICIT, undefined=True))
    for _ in range(data.draw(st.integers(0, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    size = data.draw(st.integers(1, 60))
    assert _outcome(bytes(whole), size) == _outcome(bytes(whole), len(whole))


def _outcome(data: bytes, size: int) -> Header | str:
    try:
        return _in_pieces(data, size, EXPLICIT)
    except HeaderError as error:
        return str(error)


def _files() -> list[Path]:
    folder = Path(str(get_testdata_file("CT_small.dcm"))).parent
    return sorted(folder.glob("*.dcm"))


@pytest.mark.parametrize("path", _files(), ids=lambda path: path.name)
@pytest.mark.filterwarnings("ignore")
def test_the_values_are_those_that_pydicom_reads(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = pydicom.dcmread(path, force=True)
        syntax = str(expected.file_meta.get("TransferSyntaxUID", IMPLICIT))
        header = read_header([_content(path, expected)], syntax)
        for tag, value in header.values.items():
            element = expected.get_item(tag)
            assert element is not None, name_of(tag)
            if element.is_raw and element.value is not None:
                assert value == element.value, name_of(tag)
    assert header.values.get(PATIENT_ID, b"").rstrip(b" \0").decode("latin-1") == str(
        expected.get("PatientID", "") or ""
    )


def _content(path: Path, data_set: Dataset) -> bytes:
    raw = path.read_bytes()
    if raw[128:132] != b"DICM":
        return raw
    with io.BytesIO(raw) as file:
        file.seek(132)
        pydicom.filereader._read_file_meta_info(file)
        return raw[file.tell() :]


def test_tags_are_named_as_people_write_them() -> None:
    assert name_of(0x0020000D) == "(0020,000D)"
