"""The items an A-ASSOCIATE PDU is made of (PS3.8 §9.3.2 and 9.3.3, PS3.7 Annex D.3.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"
# PS3.8 §9.3.2.2: a presentation context ID is odd and fits one byte, so there are 128 of them.
MOST_CONTEXTS = 128
HEADER = struct.Struct(">BxH")


class Item(IntEnum):
    """Item types."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ANSWERED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAXIMUM_LENGTH = 0x51
    IMPLEMENTATION_CLASS_UID = 0x52
    ASYNCHRONOUS_OPERATIONS = 0x53
    ROLE_SELECTION = 0x54
    IMPLEMENTATION_VERSION_NAME = 0x55
    EXTENDED_NEGOTIATION = 0x56


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """One row of what the requestor offers."""

    context_id: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """The acceptor's answer to a row: result 0 is acceptance (PS3.8 Table 9-18)."""

    context_id: int
    result: int
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class RoleSelection:
    """Who plays which part for a SOP class (PS3.7 D.3.3.4)."""

    sop_class_uid: str
    scu: bool
    scp: bool


@dataclass(frozen=True, slots=True)
class ExtendedNegotiation:
    """What a service class wants to know beforehand (PS3.7 D.3.3.5)."""

    sop_class_uid: str
    information: bytes  # its meaning is the service class's own: PS3.4 C.5.1.1 for queries


@dataclass(frozen=True, slots=True)
class UserInformation:
    """What the two sides tell each other about themselves."""

    maximum_length: int = 0  # of the variable field of P-DATA that may be sent to us; 0: any
    implementation_class_uid: str = ""
    implementation_version_name: str = ""
    roles: tuple[RoleSelection, ...] = ()
    asynchronous_operations: tuple[int, int] | None = None  # invoked, performed
    extended: tuple[ExtendedNegotiation, ...] = ()


def encode_application(name: str) -> bytes:
    return _item(Item.APPLICATION_CONTEXT, name.encode())


def encode_proposed(context: ProposedContext) -> bytes:
    body = bytes((context.context_id, 0, 0, 0))
    body += _item(Item.ABSTRACT_SYNTAX, context.abstract_syntax.encode())
    for syntax in context.transfer_syntaxes:
        body += _item(Item.TRANSFER_SYNTAX, syntax.encode())
    return _item(Item.PROPOSED_CONTEXT, body)


def encode_answered(context: AnsweredContext) -> bytes:
    body = bytes((context.context_id, 0, context.result, 0))
    body += _item(Item.TRANSFER_SYNTAX, context.transfer_syntax.encode())
    return _item(Item.ANSWERED_CONTEXT, body)


def encode_user(user: UserInformation) -> bytes:
    body = _item(Item.MAXIMUM_LENGTH, struct.pack(">I", user.maximum_length))
    body += _item(Item.IMPLEMENTATION_CLASS_UID, user.implementation_class_uid.encode())
    if user.asynchronous_operations:
        window = struct.pack(">HH", *user.asynchronous_operations)
        body += _item(Item.ASYNCHRONOUS_OPERATIONS, window)
    for role in user.roles:
        uid = role.sop_class_uid.encode()
        packed = struct.pack(">H", len(uid)) + uid + bytes((role.scu, role.scp))
        body += _item(Item.ROLE_SELECTION, packed)
    if user.implementation_version_name:
        name = user.implementation_version_name.encode("ascii", "replace")
        body += _item(Item.IMPLEMENTATION_VERSION_NAME, name)
    for one in user.extended:
        uid = one.sop_class_uid.encode()
        packed = struct.pack(">H", len(uid)) + uid + one.information
        body += _item(Item.EXTENDED_NEGOTIATION, packed)
    return _item(Item.USER_INFORMATION, body)


def _item(kind: Item, body: bytes) -> bytes:
    return HEADER.pack(kind, len(body)) + body
