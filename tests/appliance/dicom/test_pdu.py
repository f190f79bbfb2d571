from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom import pdu as theirs

from appliance.dicom import pdu
from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.items import AnsweredContext, ProposedContext, UserInformation
from appliance.dicom.pdu import (
    Abort,
    AssociateAccept,
    AssociateReject,
    AssociateRequest,
    ReleaseReply,
    ReleaseRequest,
)

_USER = UserInformation(16384, "1.2.3", "VERSION")
_REQUEST = AssociateRequest(
    "STORE",
    "SENDER",
    (
        ProposedContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),
        ProposedContext(3, "1.2.840.10008.5.1.4.1.1.2", ("1.2.840.10008.1.2.1", "1.2.3")),
    ),
    _USER,
)
_ACCEPT = AssociateAccept("STORE", "SENDER", (AnsweredContext(1, 0, "1.2.840.10008.1.2"),), _USER)
_EVERY = [
    (_REQUEST, theirs.A_ASSOCIATE_RQ),
    (_ACCEPT, theirs.A_ASSOCIATE_AC),
    (AssociateReject(1, 1, 7), theirs.A_ASSOCIATE_RJ),
    (ReleaseRequest(), theirs.A_RELEASE_RQ),
    (ReleaseReply(), theirs.A_RELEASE_RP),
    (Abort(2, 6), theirs.A_ABORT_RQ),
]


@pytest.mark.parametrize(("ours", "kind"), _EVERY, ids=lambda value: type(value).__name__)
def test_an_independent_codec_reads_and_writes_the_same_bytes(
    ours: pdu.Pdu, kind: type[theirs.PDU]
) -> None:
    raw = pdu.encode(ours)
    reader = kind()
    reader.decode(raw)
    assert reader.encode() == raw


@pytest.mark.parametrize(("ours", "kind"), _EVERY, ids=lambda value: type(value).__name__)
def test_what_is_written_is_read(ours: pdu.Pdu, kind: type[theirs.PDU]) -> None:
    raw = pdu.encode(ours)
    assert pdu.decode(raw[0], raw[6:]) == ours


def test_golden_bytes_of_the_short_ones() -> None:
    assert pdu.encode(AssociateReject(2, 3, 2)).hex() == "03000000000400020302"
    assert pdu.encode(ReleaseRequest()).hex() == "05000000000400000000"
    assert pdu.encode(ReleaseReply()).hex() == "06000000000400000000"
    assert pdu.encode(Abort(2, 6)).hex() == "07000000000400000206"


def test_golden_bytes_of_a_data_value() -> None:
    raw = pdu.pdata_header(1, pdu.COMMAND | pdu.LAST, 4) + b"\1\2\3\4"
    assert raw.hex() == "04000000000a00000006010301020304"
    reader = theirs.P_DATA_TF()
    reader.decode(raw)
    [item] = reader.presentation_data_value_items
    assert (item.context_id, item.presentation_data_value) == (1, b"\3\1\2\3\4")


@given(st.integers(0, 255), st.binary(max_size=300))
def test_any_body_is_a_pdu_or_the_peers_fault(kind: int, body: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        pdu.decode(kind, body)


@given(st.data())
def test_a_damaged_request_is_a_pdu_or_the_peers_fault(data: st.DataObject) -> None:
    raw = bytearray(pdu.encode(_REQUEST)[6:])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= 1 << data.draw(st.integers(0, 7))
    cut = data.draw(st.integers(0, len(raw)))
    with contextlib.suppress(RemoteProtocolError):
        pdu.decode(1, bytes(raw[:cut]))


def test_every_truncation_and_bit_flip_of_a_request_is_survived() -> None:
    raw = pdu.encode(_REQUEST)[6:]
    for at in range(len(raw)):
        flipped = (raw[:at] + bytes((raw[at] ^ 1 << bit,)) + raw[at + 1 :] for bit in range(8))
        for body in (raw[:at], *flipped):
            with contextlib.suppress(RemoteProtocolError):
                pdu.decode(1, body)


def test_long_titles_are_cut_to_their_field() -> None:
    raw = pdu.encode(AssociateRequest("A" * 20, "", (), _USER))
    assert raw[10:42] == b"A" * 16 + b" " * 16
