"""Identifiers as they come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from appliance.dicom.dataset import encode
from appliance.query import identifier
from appliance.query.identifier import Key
from appliance.query.model import PATIENT_ROOT, STUDY_ROOT, Refused
from tests.appliance.query.conftest import question
from tests.appliance.running import EXPLICIT


def _read(asked: Dataset) -> identifier.Identifier:
    return identifier.read(encode(asked, EXPLICIT), EXPLICIT, PATIENT_ROOT)


def test_keys() -> None:
    item = Dataset()
    item.RequestedProcedureID = "R1"
    asked = question(
        "SERIES",
        PatientName="Doe^J*",
        Modality=["CT", "MR"],
        SeriesNumber="3",
        RequestAttributesSequence=[item],
        StudyInstanceUID=" ",
        Rows=5,
    )
    read = _read(asked)
    assert read.level == "SERIES"
    assert read.values(0x00100010) == ("Doe^J*",)
    assert read.values(0x00080060) == ("CT", "MR")
    assert read.values(0x00200011) == ("3",)
    assert read.values(0x00280010) == ("5",)
    assert read.values(0x0020000D) == ()
    assert read.of[0x00400275].items == ((Key(0x00401001, "SH", ("R1",)),),)


def test_the_character_set_keeps_its_empty_first_value() -> None:
    asked = question("STUDY", SpecificCharacterSet=["", "ISO 2022 IR 87"])
    assert _read(asked).character_set == ("", "ISO 2022 IR 87")


def test_universal_keys() -> None:
    assert Key(1, "LO").universal
    assert Key(1, "LO", ("*",)).universal
    assert not Key(1, "LO", ("a*",)).universal
    assert Key(1, "SQ", items=((Key(2, "LO"),),)).universal


def test_what_is_refused() -> None:
    with pytest.raises(Refused, match="no identifier"):
        identifier.read(b"", EXPLICIT, STUDY_ROOT)
    with pytest.raises(Refused, match="none of STUDY"):
        identifier.read(encode(question("PATIENT"), EXPLICIT), EXPLICIT, STUDY_ROOT)
    with pytest.raises(Refused, match="no level"):
        _read(question(""))
    with pytest.raises(Refused, match="0010,0020"):
        identifier.check(_read(question("STUDY")), PATIENT_ROOT, relational=False)
    identifier.check(_read(question("STUDY")), PATIENT_ROOT, relational=True)
    crowd = question("STUDY")
    for number in range(1001):
        crowd.add_new(0x00110000 | 0x1000 + number, "LO", "x")
    with pytest.raises(Refused, match="more than 1000 keys"):
        _read(crowd)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_identifier_or_refused(raw: bytes) -> None:
    try:
        identifier.read(raw, EXPLICIT, STUDY_ROOT)
    except Refused as refusal:
        status = refusal.status
    else:
        status = 0xA900
    assert status >= 0xA900
