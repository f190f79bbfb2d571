"""File headers: written the same each time, read from whatever files there are."""

from __future__ import annotations

import io
from collections.abc import Callable

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.header import HeaderError
from appliance.dicom.part10 import (
    IMPLEMENTATION_CLASS_UID,
    FileMeta,
    file_header,
    read_file_meta,
)
from appliance.dicom.uids import well_formed

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
UIDS = st.from_regex(r"[0-9.]{1,64}", fullmatch=True)


def test_pydicom_reads_what_is_written(data_set: Callable[..., bytes]) -> None:
    file = io.BytesIO(file_header(CT, "1.2.3.4", EXPLICIT) + data_set())
    read = pydicom.dcmread(file)
    assert read.preamble == bytes(128)
    assert read.file_meta.MediaStorageSOPClassUID == CT
    assert read.file_meta.MediaStorageSOPInstanceUID == "1.2.3.4"
    assert read.file_meta.TransferSyntaxUID == EXPLICIT
    assert read.file_meta.ImplementationClassUID == IMPLEMENTATION_CLASS_UID
    assert read.file_meta.ImplementationVersionName == "ARCA"
    assert read.PatientName == "Doe^Jane"


def test_our_own_uid_is_one() -> None:
    assert well_formed(IMPLEMENTATION_CLASS_UID)


def test_the_bytes_never_change() -> None:
    assert file_header(CT, "1.2.3", EXPLICIT)[128:] == (
        b"DICM\x02\x00\x00\x00UL\x04\x00\x9a\x00\x00\x00"
        b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01"
        b"\x02\x00\x02\x00UI\x1a\x001.2.840.10008.5.1.4.1.1.2\x00"
        b"\x02\x00\x03\x00UI\x06\x001.2.3\x00"
        b"\x02\x00\x10\x00UI\x14\x001.2.840.10008.1.2.1\x00"
        b"\x02\x00\x12\x00UI\x2c\x002.25.301057251250961746551797798655501097883"
        b"\x02\x00\x13\x00SH\x04\x00ARCA"
    )


@given(UIDS, UIDS, UIDS)
def test_what_is_written_is_read(sop_class: str, instance: str, syntax: str) -> None:
    header = file_header(sop_class, instance, syntax)
    assert read_file_meta(header + b"\x08\x00") == FileMeta(
        sop_class, instance, syntax, len(header)
    )


def test_meta_information_without_a_preamble() -> None:
    header = file_header(CT, "1.2.3", EXPLICIT)[132:]
    assert read_file_meta(header + b"\x08\x00") == FileMeta(CT, "1.2.3", EXPLICIT, len(header))


def test_a_bare_data_set(data_set: Callable[..., bytes]) -> None:
    assert read_file_meta(data_set()) == FileMeta()


def test_a_preamble_without_meta_information(data_set: Callable[..., bytes]) -> None:
    assert read_file_meta(bytes(128) + b"DICM" + data_set()) == FileMeta(data_set=132)


@pytest.mark.parametrize("start", [b"", b"\x89PNG", bytes(1000), b"%PDF-1.7" * 40])
def test_other_files_are_none(start: bytes) -> None:
    assert read_file_meta(start) is None


@pytest.mark.parametrize("length", [134, 140, 150, 160, 200, 300])
def test_a_truncated_file_is_named_so(length: int) -> None:
    header = file_header(CT, "1.2.3.4.5.6.7.8.9", EXPLICIT)
    with pytest.raises(HeaderError, match="the file ends inside"):
        read_file_meta(header[:length])


@given(st.binary(max_size=300))
def test_any_bytes_behind_a_preamble(data: bytes) -> None:
    try:
        read_file_meta(bytes(128) + b"DICM" + data)
    except HeaderError:
        return
