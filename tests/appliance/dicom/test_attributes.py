"""Attributes by keyword and by number, decoded on demand."""

from __future__ import annotations

import struct

import pytest

from appliance.dicom.attributes import Attributes, tag_of
from appliance.dicom.header import Header

HEADER = Header(
    {
        0x00080005: b"ISO_IR 192",
        0x00080008: b"ORIGINAL\\PRIMARY",
        0x00080060: b"CT",
        0x00091001: b"private ",
        0x00100010: "Müller^Jörg ".encode(),
        0x00200013: b" 12 ",
        0x00280010: struct.pack("<H", 512),
        0x00280009: struct.pack("<HH", 0x0018, 0x1063),
    }
)


@pytest.mark.parametrize("name", ["PatientName", "00100010", "0010,0010", "(0010,0010)"])
def test_one_attribute_has_many_names(name: str) -> None:
    assert Attributes(HEADER)[name] == "Müller^Jörg"


def test_several_values_stay_one_text() -> None:
    assert Attributes(HEADER)["ImageType"] == "ORIGINAL\\PRIMARY"


def test_private_attributes_are_found_by_number() -> None:
    assert Attributes(HEADER)["0009,1001"] == "private"


def test_numbers() -> None:
    attributes = Attributes(HEADER)
    assert attributes["Rows"] == "512"
    assert attributes.number(0x00280010) == 512
    assert attributes.number(0x00200013) == 12
    assert attributes.number(0x00080060) is None
    assert attributes.number(0x00280011) is None


def test_big_endian_numbers() -> None:
    header = Header({0x00280010: struct.pack(">H", 512)}, big_endian=True)
    assert Attributes(header).number(0x00280010) == 512


def test_what_is_absent_is_no_key_and_empty_as_text() -> None:
    attributes = Attributes(HEADER)
    assert "StudyDate" not in attributes
    assert "no such thing" not in attributes
    assert attributes.get("StudyDate", "?") == "?"
    assert attributes.text(0x00080020) == ""


def test_iteration_names_everything() -> None:
    attributes = Attributes(HEADER)
    assert {"Modality", "PatientName", "00091001"} <= set(attributes)
    assert len(attributes) == len(HEADER.values)
    assert all(isinstance(text, str) for text in attributes.values())


def test_the_original_bytes_are_kept() -> None:
    assert Attributes(HEADER).raw(0x00100010) == "Müller^Jörg".encode()


def test_an_unknown_name_is_no_tag() -> None:
    assert tag_of("NoSuchThing") is None
    assert tag_of("PatientID") == 0x00100020
