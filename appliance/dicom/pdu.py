"""Protocol data units: values, and their bytes (PS3.8 §9.3).

Written by hand because requests of 128 contexts are common and everything here is parsed on
the event loop: bounded work for hostile bytes, and one kind of error for all of them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

from appliance.dicom import items, unpacking
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.items import AnsweredContext, ProposedContext, UserInformation

HEADER = struct.Struct(">BxI")
PDV_HEADER = struct.Struct(">IBB")  # length, context id, message control header (Annex E.2)
_PDATA_HEADER = struct.Struct(">BxIIBB")
_FIXED = struct.Struct(">H2x16s16s32x")
_PROTOCOL_VERSION = 1

COMMAND, LAST = 1, 2  # bits of the message control header
PDV_OVERHEAD = PDV_HEADER.size


class Kind(IntEnum):
    """PDU types (PS3.8 §9.3.1)."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """A-ASSOCIATE-RQ (PS3.8 §9.3.2)."""

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[ProposedContext, ...]
    user: UserInformation
    application_context_name: str = items.APPLICATION_CONTEXT
    protocol_version: int = _PROTOCOL_VERSION


@dataclass(frozen=True, slots=True)
class AssociateAccept:
    """A-ASSOCIATE-AC (PS3.8 §9.3.3); the titles repeat those of the request."""

    called_ae_title: str
    calling_ae_title: str
    contexts: tuple[AnsweredContext, ...]
    user: UserInformation


@dataclass(frozen=True, slots=True)
class AssociateReject:
    """A-ASSOCIATE-RJ (PS3.8 §9.3.4)."""

    result: int
    source: int
    diagnostic: int


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """A-RELEASE-RQ (PS3.8 §9.3.6)."""


@dataclass(frozen=True, slots=True)
class ReleaseReply:
    """A-RELEASE-RP (PS3.8 §9.3.7)."""


@dataclass(frozen=True, slots=True)
class Abort:
    """A-ABORT (PS3.8 §9.3.8)."""

    source: int
    reason: int


Pdu: TypeAlias = (
    AssociateRequest | AssociateAccept | AssociateReject | ReleaseRequest | ReleaseReply | Abort
)


def encode(pdu: Pdu) -> bytes:
    """The whole PDU with its header."""
    match pdu:
        case AssociateRequest():
            contexts = b"".join(map(items.encode_proposed, pdu.contexts))
            return _frame(Kind.ASSOCIATE_RQ, _associate(pdu, contexts))
        case AssociateAccept():
            contexts = b"".join(map(items.encode_answered, pdu.contexts))
            return _frame(Kind.ASSOCIATE_AC, _associate(pdu, contexts))
        case AssociateReject(result, source, diagnostic):
            return _frame(Kind.ASSOCIATE_RJ, bytes((0, result, source, diagnostic)))
        case ReleaseRequest():
            return _frame(Kind.RELEASE_RQ, bytes(4))
        case ReleaseReply():
            return _frame(Kind.RELEASE_RP, bytes(4))
        case Abort(source, reason):
            return _frame(Kind.ABORT, bytes((0, 0, source, reason)))


def decode(kind: int, body: bytes) -> Pdu:
    """The PDU of that type with that body (without the six bytes of header); not P-DATA."""
    match kind:
        case Kind.ASSOCIATE_RQ:
            return _decode_request(body)
        case Kind.ASSOCIATE_AC:
            called, calling, rest = _decode_fixed(body)
            answer = unpacking.decode_variable(rest)
            return AssociateAccept(called, calling, tuple(answer.answered), answer.user)
    if len(body) != 4:
        raise RemoteProtocolError(f"A PDU of type {kind} has {len(body)} bytes instead of 4")
    match kind:
        case Kind.ASSOCIATE_RJ:
            return AssociateReject(body[1], body[2], body[3])
        case Kind.RELEASE_RQ:
            return ReleaseRequest()
        case Kind.RELEASE_RP:
            return ReleaseReply()
        case Kind.ABORT:
            return Abort(body[2], body[3])
    raise RemoteProtocolError(f"There is no PDU of type {kind}", AbortReason.UNRECOGNIZED_PDU)


def pdata_header(context_id: int, control: int, length: int) -> bytes:
    """What stands before `length` bytes that make up a P-DATA-TF of one PDV (PS3.8 §9.3.5)."""
    return _PDATA_HEADER.pack(Kind.P_DATA, length + PDV_OVERHEAD, length + 2, context_id, control)


def _frame(kind: Kind, body: bytes) -> bytes:
    return HEADER.pack(kind, len(body)) + body


def _associate(pdu: AssociateRequest | AssociateAccept, contexts: bytes) -> bytes:
    version = pdu.protocol_version if isinstance(pdu, AssociateRequest) else _PROTOCOL_VERSION
    name = (
        pdu.application_context_name
        if isinstance(pdu, AssociateRequest)
        else items.APPLICATION_CONTEXT
    )
    fixed = _FIXED.pack(version, _title(pdu.called_ae_title), _title(pdu.calling_ae_title))
    return fixed + items.encode_application(name) + contexts + items.encode_user(pdu.user)


def _title(text: str) -> bytes:
    return text.encode("latin-1", "replace")[:16].ljust(16)


def _decode_request(body: bytes) -> AssociateRequest:
    called, calling, rest = _decode_fixed(body)
    parts = unpacking.decode_variable(rest)
    version = int.from_bytes(body[:2], "big")
    return AssociateRequest(
        called, calling, tuple(parts.proposed), parts.user, parts.application, version
    )


def _decode_fixed(body: bytes) -> tuple[str, str, memoryview]:
    if len(body) < _FIXED.size:
        raise RemoteProtocolError(f"An A-ASSOCIATE PDU ends after {len(body)} bytes")
    _, called, calling = _FIXED.unpack_from(body)
    return unpacking.text(called), unpacking.text(calling), memoryview(body)[_FIXED.size :]
