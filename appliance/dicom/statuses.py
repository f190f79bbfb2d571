"""Status codes of DIMSE answers (PS3.7 Annex C, PS3.4 Table B.2-1) and what they mean."""

from __future__ import annotations

from typing import Literal, TypeAlias

Category: TypeAlias = Literal["success", "warning", "failure", "pending", "cancel"]

SUCCESS = 0x0000
INVALID_ATTRIBUTE_VALUE = 0x0106
PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
NO_SUCH_INSTANCE = 0x0112
INVALID_ARGUMENT = 0x0115
INVALID_INSTANCE = 0x0117
CLASS_INSTANCE_CONFLICT = 0x0119
MISSING_ATTRIBUTE = 0x0120
MISSING_ATTRIBUTE_VALUE = 0x0121
SOP_CLASS_NOT_SUPPORTED = 0x0122
NO_SUCH_ACTION = 0x0123
NOT_AUTHORIZED = 0x0124
DUPLICATE_TRANSACTION = 0x0131  # PS3.3 C.14.1.1, of a storage commitment only
UNRECOGNIZED_OPERATION = 0x0211
MISTYPED_ARGUMENT = 0x0212
RESOURCE_LIMITATION = 0x0213
OUT_OF_RESOURCES = 0xA700
CLASS_MISMATCH = 0xA900
CANNOT_UNDERSTAND = 0xC000
PENDING = 0xFF00
PENDING_KEYS_NOT_MATCHED = 0xFF01
CANCEL = 0xFE00

_WORDS = {
    SUCCESS: "stored",
    0x0105: "no such attribute",
    INVALID_ATTRIBUTE_VALUE: "invalid attribute value",
    PROCESSING_FAILURE: "processing failure",
    DUPLICATE_INSTANCE: "the instance is there already",
    NO_SUCH_INSTANCE: "no such instance",
    INVALID_ARGUMENT: "invalid argument value",
    INVALID_INSTANCE: "invalid SOP Instance UID",
    0x0118: "no such SOP class",
    CLASS_INSTANCE_CONFLICT: "the instance is of another SOP class",
    MISSING_ATTRIBUTE: "missing attribute",
    MISSING_ATTRIBUTE_VALUE: "missing attribute value",
    SOP_CLASS_NOT_SUPPORTED: "SOP class not supported",
    NO_SUCH_ACTION: "no such action",
    NOT_AUTHORIZED: "not authorized",
    DUPLICATE_TRANSACTION: "the Transaction UID is in use already",
    0x0210: "duplicate invocation",
    UNRECOGNIZED_OPERATION: "unrecognized operation",
    MISTYPED_ARGUMENT: "mistyped argument",
    RESOURCE_LIMITATION: "resource limitation",
    0xA801: "the move destination is not known there",
    0xB000: "stored, with values changed",
    0xB006: "stored, with elements discarded",
    0xB007: "stored, though the data set does not match its SOP class",
}
# The low digits of these are the implementation's own (PS3.4 Table B.2-1).
_FAMILIES = {0xA7: "out of resources", 0xA9: "the data set does not match its SOP class"}


def category(status: int) -> Category:
    """What the answer amounts to (PS3.7 §C)."""
    if status == SUCCESS:
        return "success"
    if status == CANCEL:
        return "cancel"
    if status & 0xFFFE == PENDING:
        return "pending"
    return "warning" if status >> 12 == 0xB or status in (0x0001, 0x0107, 0x0116) else "failure"


def table() -> tuple[tuple[int, str, str], ...]:
    """Every status known here: code, category, meaning."""
    families = {family << 8: meaning for family, meaning in _FAMILIES.items()}
    others = {PENDING: "pending", CANCEL: "cancelled", CANNOT_UNDERSTAND: "cannot understand"}
    known = {**families, **others, **_WORDS}
    return tuple((code, category(code), known[code]) for code in sorted(known))


def words(status: int) -> str:
    """The status for a person, with its code."""
    if status in _WORDS:
        meaning = _WORDS[status]
    elif status >> 8 in _FAMILIES:
        meaning = _FAMILIES[status >> 8]
    elif status >> 12 == 0xC:
        meaning = "cannot understand"
    else:
        meaning = category(status)
    return f"{meaning} ({status:04X}H)"
