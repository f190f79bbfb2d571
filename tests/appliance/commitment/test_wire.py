from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from appliance.commitment.model import MOST_REFERENCES, Reference, Report, Request
from appliance.commitment.wire import read_report, read_request, write_report, write_request
from appliance.dicom.dataset import DatasetError, decode, encode

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
SYNTAXES = [IMPLICIT, EXPLICIT, BIG]
UIDS = st.from_regex(r"[0-9.]{1,64}", fullmatch=True)
REFERENCES = st.builds(Reference, UIDS, UIDS)
REPORTS = st.builds(
    Report,
    UIDS,
    st.lists(REFERENCES, max_size=5).map(tuple),
    st.lists(st.tuples(REFERENCES, st.integers(0, 0xFFFF)), max_size=5).map(tuple),
)


@given(REPORTS, st.sampled_from(SYNTAXES))
def test_a_report_comes_back_as_it_was(report: Report, syntax: str) -> None:
    assert read_report(write_report(report, syntax), syntax) == report


@given(UIDS, st.lists(REFERENCES, min_size=1, max_size=5), st.sampled_from(SYNTAXES))
def test_a_request_comes_back_as_it_was(uid: str, names: list[Reference], syntax: str) -> None:
    request = Request(uid, tuple(names))
    assert read_request(write_request(request, syntax), syntax) == request


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_pydicom_reads_what_we_write(syntax: str) -> None:
    report = Report("2.25.1", (Reference("1.2", "1.3"),), ((Reference("1.2", "1.4"), 0x0112),))
    read = decode(write_report(report, syntax), syntax)
    assert read.TransactionUID == "2.25.1"
    assert read.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == "1.3"
    assert read.FailedSOPSequence[0].FailureReason == 0x0112


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_others_add_is_passed_over(syntax: str) -> None:
    inner, asked = Dataset(), Dataset()
    inner.ReferencedSOPClassUID, inner.ReferencedSOPInstanceUID = "1.2", "1.3"
    inner.is_undefined_length_sequence_item = True
    asked.TransactionUID = "2.25.1"
    asked.RetrieveAETitle = "PACS"
    asked.ReferencedSOPSequence = [inner]
    asked.ReferencedPerformedProcedureStepSequence = [inner]
    asked.PatientComments = "as you like"
    for tag in ("ReferencedSOPSequence", "ReferencedPerformedProcedureStepSequence"):
        asked[tag].is_undefined_length = True
    found = read_request(encode(asked, syntax), syntax)
    assert found == Request("2.25.1", (Reference("1.2", "1.3"),))


@given(st.binary(max_size=200), st.sampled_from(SYNTAXES))
def test_rubbish_is_no_accident(raw: bytes, syntax: str) -> None:
    with suppress(DatasetError):
        read_request(raw, syntax)


@given(st.integers(0, 60), st.integers(0, 255), st.sampled_from(SYNTAXES))
def test_a_changed_byte_is_no_accident(at: int, value: int, syntax: str) -> None:
    raw = bytearray(write_request(Request("2.25.1", (Reference("1.2", "1.3"),)), syntax))
    raw[at % len(raw)] = value
    with suppress(DatasetError):
        read_request(bytes(raw), syntax)


def test_depth_and_number_are_limited() -> None:
    nested = b"\x08\x00\x99\x11\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 1000
    with pytest.raises(DatasetError, match="deep"):
        read_request(nested, IMPLICIT)
    item = b"\xfe\xff\x00\xe0\0\0\0\0" * (MOST_REFERENCES + 1)
    head = b"\x08\x00\x99\x11" + len(item).to_bytes(4, "little")
    with pytest.raises(DatasetError, match="more than"):
        read_request(head + item, IMPLICIT)
