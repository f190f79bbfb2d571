from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from appliance.dicom.dataset import UTF_8, DatasetError, decode, encode

_SYNTAXES = ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]


@pytest.mark.parametrize("syntax", _SYNTAXES)
def test_what_is_written_is_read(syntax: str) -> None:
    inner, outer = Dataset(), Dataset()
    inner.Modality = "CT"
    outer.SpecificCharacterSet = UTF_8
    outer.PatientName = "Yamada^Tarou=山田^太郎"
    outer.Rows = 7
    outer.ScheduledProcedureStepSequence = [inner]
    read = decode(encode(outer, syntax), syntax)
    assert str(read.PatientName) == "Yamada^Tarou=山田^太郎"
    assert (read.Rows, read.ScheduledProcedureStepSequence[0].Modality) == (7, "CT")
    assert decode(b"", syntax) == Dataset()


@given(st.binary(max_size=300), st.sampled_from(_SYNTAXES))
def test_rubbish_is_a_peers_error(raw: bytes, syntax: str) -> None:
    with suppress(DatasetError):
        decode(raw, syntax)


@pytest.mark.parametrize("raw", [b"\x20\0\x11\0IS\2\0* ", b"\x18\0\x60\0DS\2\0* "])
def test_a_star_for_a_number_asks_for_any(raw: bytes) -> None:
    (element,) = decode(raw, _SYNTAXES[1])
    assert element.is_empty
    (element,) = decode(raw[:4] + b"\2\0\0\0* ", _SYNTAXES[0])
    assert element.is_empty
