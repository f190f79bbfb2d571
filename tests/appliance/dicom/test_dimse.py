from __future__ import annotations

import contextlib
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.tag import Tag
from pydicom.uid import UID
from pynetdicom.dimse_messages import C_ECHO_RQ, C_ECHO_RSP, C_STORE_RQ, C_STORE_RSP, DIMSEMessage
from pynetdicom.dimse_primitives import C_ECHO, C_STORE

from appliance.dicom import dimse
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.errors import RemoteProtocolError

_CT = "1.2.840.10008.5.1.4.1.1.2"
_INSTANCE = "1.2.826.0.1.3680043.8.498.12345678901"


def _theirs(message: DIMSEMessage, primitive: C_ECHO | C_STORE) -> bytes:
    """The command set as an independent library writes it."""
    message.primitive_to_message(primitive)
    values = [
        value
        for pdata in message.encode_msg(1, 0)
        for _, value in pdata.presentation_data_value_list
        if value[0] & 1
    ]
    return b"".join(value[1:] for value in values)


def _store_primitive() -> C_STORE:
    primitive = C_STORE()
    primitive.AffectedSOPClassUID = UID(_CT)
    primitive.AffectedSOPInstanceUID = UID(_INSTANCE)
    return primitive


def _request(originator: tuple[str, int] | None = None) -> dimse.Command:
    return dimse.decode(dimse.store_request(7, _CT, _INSTANCE, originator))


@pytest.mark.parametrize("originator", [None, ("ORIGIN", 5), ("ODD", 65535)])
def test_a_store_request_is_byte_for_byte_an_independent_librarys(
    originator: tuple[str, int] | None,
) -> None:
    primitive = _store_primitive()
    primitive.MessageID = 7
    primitive.Priority = 0
    primitive.DataSet = BytesIO(b"xx")
    if originator:
        primitive.MoveOriginatorApplicationEntityTitle = originator[0]
        primitive.MoveOriginatorMessageID = originator[1]
    theirs = _theirs(C_STORE_RQ(), primitive)
    assert dimse.store_request(7, _CT, _INSTANCE, originator) == theirs


@pytest.mark.parametrize("status", [0x0000, 0xA700, 0xC000])
@pytest.mark.parametrize("comment", ["", "Disk is nearly full"])
@pytest.mark.parametrize("offending", [(), (0x00080018,)])
def test_a_store_response_is_byte_for_byte_an_independent_librarys(
    status: int, comment: str, offending: tuple[int, ...]
) -> None:
    primitive = _store_primitive()
    primitive.MessageIDBeingRespondedTo = 7
    primitive.Status = status
    if comment:
        primitive.ErrorComment = comment
    if offending:
        primitive.OffendingElement = [Tag(tag) for tag in offending]
    theirs = _theirs(C_STORE_RSP(), primitive)
    assert dimse.response(_request(), status, comment, offending) == theirs


def test_echo_is_byte_for_byte_an_independent_librarys() -> None:
    request, answer = C_ECHO(), C_ECHO()
    request.MessageID, answer.MessageIDBeingRespondedTo, answer.Status = 3, 3, 0
    request.AffectedSOPClassUID = answer.AffectedSOPClassUID = UID("1.2.840.10008.1.1")
    raw = dimse.echo_request(3, "1.2.840.10008.1.1")
    assert raw == _theirs(C_ECHO_RQ(), request)
    assert dimse.response(dimse.decode(raw), 0) == _theirs(C_ECHO_RSP(), answer)


def test_a_golden_request() -> None:
    raw = dimse.echo_request(1, "1.2.840.10008.1.1")
    assert raw.hex() == (
        "000000000400000038000000"
        "0000020012000000312e322e3834302e31303030382e312e3100"
        "00000001020000003000"
        "00001001020000000100"
        "00000008020000000101"
    )


def test_a_request_is_read_back() -> None:
    command = _request(("ORIGIN", 5))
    assert command.field == Operation.C_STORE
    assert (command.message_id, command.has_data, command.is_response) == (7, True, False)
    assert command.name(Element.AFFECTED_SOP_INSTANCE_UID) == _INSTANCE
    assert command.name(Element.MOVE_ORIGINATOR_AE_TITLE) == "ORIGIN"
    assert command.number(Element.MOVE_ORIGINATOR_MESSAGE_ID) == 5
    assert command.number(Element.STATUS) is None
    assert command.name(Element.REQUESTED_SOP_CLASS_UID) == ""


def test_an_answer_repeats_class_and_instance_and_cuts_the_comment() -> None:
    answer = dimse.decode(dimse.response(_request(), 0xA700, "ä\n" + "x" * 100))
    assert answer.is_response
    assert answer.number(Element.MESSAGE_ID_BEING_RESPONDED_TO) == 7
    assert not answer.has_data
    assert answer.name(Element.AFFECTED_SOP_CLASS_UID) == _CT
    assert answer.name(Element.ERROR_COMMENT) == "??" + "x" * 62


def test_an_unknown_request_is_answered_with_its_own_field() -> None:
    body = bytes.fromhex("0000030004000000312e3200 00000001020000003001 0000000802000000ffff")
    answer = dimse.decode(dimse.response(dimse.decode(body), 0x0211))
    assert answer.field == 0x8130
    assert answer.name(Element.AFFECTED_SOP_CLASS_UID) == "1.2"


@given(st.binary(max_size=200))
def test_any_bytes_are_a_command_or_the_peers_fault(raw: bytes) -> None:
    with contextlib.suppress(RemoteProtocolError):
        dimse.decode(raw)


@given(st.integers(0, 200), st.integers(0, 7))
def test_a_damaged_request_is_a_command_or_the_peers_fault(at: int, bit: int) -> None:
    raw = bytearray(dimse.store_request(7, _CT, _INSTANCE, ("ORIGIN", 5)))
    raw[at % len(raw)] ^= 1 << bit
    with contextlib.suppress(RemoteProtocolError):
        dimse.response(dimse.decode(raw), 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\0\0\1",
        bytes.fromhex("0800180002000000 3100"),
        bytes.fromhex("0000000102000000"),
        bytes.fromhex("00000001020000000100"),
        bytes.fromhex("00000008020000000101"),
        bytes.fromhex("0000000104000000010000000000000802000000 0101"),
    ],
    ids=["empty", "half header", "group", "cut", "no data set type", "no field", "field of 4"],
)
def test_what_is_no_command_set_is_the_peers_fault(raw: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        dimse.decode(raw)
