"""Takes the variable part of an A-ASSOCIATE PDU apart, whatever its bytes are (PS3.8 §9.3.2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.items import (
    HEADER,
    AnsweredContext,
    ExtendedNegotiation,
    Item,
    ProposedContext,
    RoleSelection,
    UserInformation,
)

# An honest request names some hundred syntaxes; one of 256 KiB could hold 60,000 items.
_MOST_ITEMS = 8192
# No AE title or UID may have them (PS3.5 §6.2), and a terminal or log would obey them.
_CONTROLS = dict.fromkeys((*range(32), *range(127, 160)), "?")


@dataclass(slots=True)
class Parts:
    """What was found in the variable part of an A-ASSOCIATE PDU."""

    application: str = ""
    proposed: list[ProposedContext] = field(default_factory=list)
    answered: list[AnsweredContext] = field(default_factory=list)
    user: UserInformation = field(default_factory=UserInformation)


def text(raw: bytes | memoryview) -> str:
    """Names as they come, without padding, and safe to show: control characters become "?"."""
    return bytes(raw).decode("latin-1").strip(" \0").translate(_CONTROLS)


def decode_variable(raw: memoryview) -> Parts:
    """Everything behind the fixed fields; unknown items are passed over (PS3.8 §9.3.1)."""
    parts, budget = Parts(), _Budget()
    for kind, body in _walk(raw, budget):
        if kind == Item.APPLICATION_CONTEXT:
            parts.application = text(body)
        elif kind == Item.PROPOSED_CONTEXT:
            parts.proposed.append(_proposed(body, budget))
        elif kind == Item.ANSWERED_CONTEXT:
            parts.answered.append(_answered(body, budget))
        elif kind == Item.USER_INFORMATION:
            parts.user = _user(body, budget)
    _require_distinct([context.context_id for context in parts.proposed])
    _require_distinct([context.context_id for context in parts.answered])
    return parts


class _Budget:
    def __init__(self) -> None:
        self.left = _MOST_ITEMS

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise RemoteProtocolError(f"An A-ASSOCIATE PDU has more than {_MOST_ITEMS} items")


def _walk(raw: memoryview, budget: _Budget) -> Iterator[tuple[int, memoryview]]:
    at, end = 0, len(raw)
    while at < end:
        budget.spend()
        if at + 4 > end:
            raise RemoteProtocolError("An A-ASSOCIATE PDU ends within the header of an item")
        kind, length = HEADER.unpack_from(raw, at)
        at += 4
        if at + length > end:
            raise RemoteProtocolError(f"Item {kind:02X}H is longer than what holds it")
        yield kind, raw[at : at + length]
        at += length


def _context(body: memoryview, budget: _Budget) -> tuple[str, list[str]]:
    abstract, syntaxes = "", []
    for kind, raw in _walk(body[4:], budget):
        if kind == Item.ABSTRACT_SYNTAX:
            abstract = text(raw)
        elif kind == Item.TRANSFER_SYNTAX:
            syntaxes.append(text(raw))
    return abstract, syntaxes


def _proposed(body: memoryview, budget: _Budget) -> ProposedContext:
    _require_length(body, 4)
    abstract, syntaxes = _context(body, budget)
    if not body[0] & 1:
        raise RemoteProtocolError(f"Presentation context ID {body[0]} is not odd")
    return ProposedContext(body[0], abstract, tuple(syntaxes))


def _answered(body: memoryview, budget: _Budget) -> AnsweredContext:
    _require_length(body, 4)
    _, syntaxes = _context(body, budget)
    return AnsweredContext(body[0], body[2], syntaxes[0] if syntaxes else "")


def _user(body: memoryview, budget: _Budget) -> UserInformation:
    maximum, operations = 0, None
    names = {Item.IMPLEMENTATION_CLASS_UID: "", Item.IMPLEMENTATION_VERSION_NAME: ""}
    roles, extended = [], []
    for kind, raw in _walk(body, budget):
        if kind == Item.MAXIMUM_LENGTH:
            _require_length(raw, 4)
            maximum = int.from_bytes(raw[:4], "big")
        elif kind == Item.ASYNCHRONOUS_OPERATIONS:
            _require_length(raw, 4)
            operations = (int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big"))
        elif kind == Item.ROLE_SELECTION:
            roles.append(_role(raw))
        elif kind == Item.EXTENDED_NEGOTIATION:
            extended.append(_extended(raw))
        elif kind in names:
            names[Item(kind)] = text(raw)
    return UserInformation(
        maximum,
        names[Item.IMPLEMENTATION_CLASS_UID],
        names[Item.IMPLEMENTATION_VERSION_NAME],
        tuple(roles),
        operations,
        tuple(extended),
    )


def _role(raw: memoryview) -> RoleSelection:
    _require_length(raw, 4)
    length = int.from_bytes(raw[:2], "big")
    _require_length(raw, length + 4)
    return RoleSelection(text(raw[2 : 2 + length]), raw[2 + length] == 1, raw[3 + length] == 1)


def _extended(raw: memoryview) -> ExtendedNegotiation:
    _require_length(raw, 2)
    length = int.from_bytes(raw[:2], "big")
    _require_length(raw, length + 2)
    return ExtendedNegotiation(text(raw[2 : 2 + length]), bytes(raw[2 + length :]))


def _require_length(raw: memoryview, length: int) -> None:
    if len(raw) < length:
        raise RemoteProtocolError(f"An item has {len(raw)} bytes where {length} are needed")


def _require_distinct(ids: list[int]) -> None:
    if len(set(ids)) != len(ids):
        raise RemoteProtocolError("Two presentation contexts have the same ID")
