"""Command sets of DIMSE messages (PS3.7 §6.3, §9.3, Annex E): values, and their bytes.

A command set is always Implicit VR Little Endian and all its elements are in group 0000. One
small codec by hand serves every message; the answer to a C-STORE costs 3 µs.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.unpacking import text

_ELEMENT = struct.Struct("<HHI")
_SHORT = struct.Struct("<HHIH")
_GROUP_LENGTH = struct.Struct("<HHII")
_NO_DATA_SET = 0x0101
_MEDIUM = 0x0000
_RESPONSE = 0x8000
_LONGEST_COMMENT = 64  # VR LO


class Element(IntEnum):
    """Element numbers in group 0000 (PS3.7 Annex E)."""

    AFFECTED_SOP_CLASS_UID = 0x0002
    REQUESTED_SOP_CLASS_UID = 0x0003
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    MESSAGE_ID_BEING_RESPONDED_TO = 0x0120
    MOVE_DESTINATION = 0x0600
    PRIORITY = 0x0700
    COMMAND_DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    OFFENDING_ELEMENT = 0x0901
    ERROR_COMMENT = 0x0902
    ERROR_ID = 0x0903
    AFFECTED_SOP_INSTANCE_UID = 0x1000
    REQUESTED_SOP_INSTANCE_UID = 0x1001
    EVENT_TYPE_ID = 0x1002
    ATTRIBUTE_IDENTIFIER_LIST = 0x1005
    ACTION_TYPE_ID = 0x1008
    REMAINING_SUB_OPERATIONS = 0x1020
    COMPLETED_SUB_OPERATIONS = 0x1021
    FAILED_SUB_OPERATIONS = 0x1022
    WARNING_SUB_OPERATIONS = 0x1023
    MOVE_ORIGINATOR_AE_TITLE = 0x1030
    MOVE_ORIGINATOR_MESSAGE_ID = 0x1031


# VR AE: padded with spaces, where a UID is padded with a zero byte.
_TITLES = frozenset({Element.MOVE_DESTINATION, Element.MOVE_ORIGINATOR_AE_TITLE})
_NOTHING: Mapping[Element, int | str] = {}


class Operation(IntEnum):
    """Command fields of requests; the answer's has the highest bit set as well."""

    C_STORE = 0x0001
    C_GET = 0x0010
    C_FIND = 0x0020
    C_MOVE = 0x0021
    C_ECHO = 0x0030
    N_EVENT_REPORT = 0x0100
    N_GET = 0x0110
    N_SET = 0x0120
    N_ACTION = 0x0130
    N_CREATE = 0x0140
    N_DELETE = 0x0150
    C_CANCEL = 0x0FFF


@dataclass(frozen=True, slots=True)
class Command:
    """A command set: element number to raw value."""

    elements: Mapping[int, bytes]

    def number(self, element: Element) -> int | None:
        """A US value; None when it is missing or has another length."""
        raw = self.elements.get(element, b"")
        return int.from_bytes(raw, "little") if len(raw) == 2 else None

    def name(self, element: Element) -> str:
        """A UID, title or comment, safe to show; "" when it is missing."""
        return text(self.elements.get(element, b""))

    @property
    def field(self) -> int:
        return self.number(Element.COMMAND_FIELD) or 0

    @property
    def message_id(self) -> int:
        return self.number(Element.MESSAGE_ID) or 0

    @property
    def has_data(self) -> bool:
        """Whether a data set follows (PS3.7 Table E.1-1: any value but 0101H)."""
        return self.number(Element.COMMAND_DATA_SET_TYPE) != _NO_DATA_SET

    @property
    def is_response(self) -> bool:
        return bool(self.field & _RESPONSE)


def decode(raw: bytes | bytearray) -> Command:
    """The command set in `raw`; its order and group length are not insisted on."""
    elements: dict[int, bytes] = {}
    at, end = 0, len(raw)
    while at < end:
        if at + 8 > end:
            raise RemoteProtocolError("A command set ends within the header of an element")
        group, element, length = _ELEMENT.unpack_from(raw, at)
        at += 8
        if group or length > end - at:
            raise RemoteProtocolError(
                f"Element ({group:04X},{element:04X}) cannot be in this command set"
            )
        elements[element] = bytes(raw[at : at + length])
        at += length
    command = Command(elements)
    if command.number(Element.COMMAND_FIELD) is None:
        raise RemoteProtocolError("A command set has no Command Field")
    if command.number(Element.COMMAND_DATA_SET_TYPE) is None:
        raise RemoteProtocolError("A command set has no Command Data Set Type")
    return command


def echo_request(message_id: int, verification_uid: str) -> bytes:
    """C-ECHO-RQ (PS3.7 §9.3.5.1)."""
    return _group(
        _text(Element.AFFECTED_SOP_CLASS_UID, verification_uid)
        + _short(Element.COMMAND_FIELD, Operation.C_ECHO)
        + _short(Element.MESSAGE_ID, message_id)
        + _short(Element.COMMAND_DATA_SET_TYPE, _NO_DATA_SET)
    )


def store_request(
    message_id: int, sop_class_uid: str, sop_instance_uid: str, originator: tuple[str, int] | None
) -> bytes:
    """C-STORE-RQ (PS3.7 §9.3.1.1); `originator` of a C-MOVE: its AE title and message ID."""
    body = (
        _text(Element.AFFECTED_SOP_CLASS_UID, sop_class_uid)
        + _short(Element.COMMAND_FIELD, Operation.C_STORE)
        + _short(Element.MESSAGE_ID, message_id)
        + _short(Element.PRIORITY, _MEDIUM)
        + _short(Element.COMMAND_DATA_SET_TYPE, 1)
        + _text(Element.AFFECTED_SOP_INSTANCE_UID, sop_instance_uid)
    )
    if originator:
        body += _text(Element.MOVE_ORIGINATOR_AE_TITLE, originator[0], " ")
        body += _short(Element.MOVE_ORIGINATOR_MESSAGE_ID, originator[1])
    return _group(body)


def message(field: int, values: Mapping[Element, int | str], *, has_data: bool) -> bytes:
    """Any request: its elements by their meaning; UIDs and titles as text, the rest as numbers."""
    fixed = {Element.COMMAND_FIELD: field, Element.COMMAND_DATA_SET_TYPE: _data_set_type(has_data)}
    return _group(b"".join(_value(*one) for one in sorted({**fixed, **values}.items())))


def response(
    request: Command,
    status: int,
    comment: str = "",
    offending: Sequence[int] = (),
    *,
    has_data: bool = False,
    values: Mapping[Element, int | str] = _NOTHING,
) -> bytes:
    """The answer to any request: it repeats the request's class and instance.

    `values` go beside it, their elements above that of the Affected SOP Instance UID.
    """
    body = _repeated(request, Element.AFFECTED_SOP_CLASS_UID, Element.REQUESTED_SOP_CLASS_UID)
    body += _short(Element.COMMAND_FIELD, request.field | _RESPONSE)
    body += _short(Element.MESSAGE_ID_BEING_RESPONDED_TO, request.message_id)
    body += _short(Element.COMMAND_DATA_SET_TYPE, _data_set_type(has_data))
    body += _short(Element.STATUS, status)
    if offending:
        tags = b"".join(struct.pack("<HH", tag >> 16, tag & 0xFFFF) for tag in offending)
        body += _ELEMENT.pack(0, Element.OFFENDING_ELEMENT, len(tags)) + tags
    if comment:
        body += _text(Element.ERROR_COMMENT, _shown(comment), " ")
    body += _repeated(
        request, Element.AFFECTED_SOP_INSTANCE_UID, Element.REQUESTED_SOP_INSTANCE_UID
    )
    for element, value in sorted(values.items()):
        body += _value(element, value)
    return _group(body)


def _repeated(request: Command, affected: Element, requested: Element) -> bytes:
    raw = request.elements.get(affected) or request.elements.get(requested)
    if not raw:
        return b""
    raw = raw + b"\0" if len(raw) & 1 else raw
    return _ELEMENT.pack(0, affected, len(raw)) + raw


def _data_set_type(has_data: bool) -> int:
    return 1 if has_data else _NO_DATA_SET


def _value(element: Element, value: int | str) -> bytes:
    if isinstance(value, int):
        return _short(element, value)
    return _text(element, value, " " if element in _TITLES else "\0")


def _shown(comment: str) -> str:
    plain = "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in comment)
    return plain[:_LONGEST_COMMENT]


def _group(body: bytes) -> bytes:
    return _GROUP_LENGTH.pack(0, 0, 4, len(body)) + body


def _short(element: Element, value: int) -> bytes:
    return _SHORT.pack(0, element, 2, value)


def _text(element: Element, value: str, padding: str = "\0") -> bytes:
    raw = value.encode("latin-1", "replace")
    raw += padding.encode() * (len(raw) & 1)
    return _ELEMENT.pack(0, element, len(raw)) + raw
