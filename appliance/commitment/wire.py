"""The data sets of storage commitment (PS3.4 Tables J.3-1 and J.3-2): values, and their bytes.

By hand: a hundred thousand references are some megabytes as bytes and hundreds as data sets
of pydicom. Peers' own elements and sequences are passed over.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from sys import intern

from appliance.commitment.model import MOST_REFERENCES, Reference, Report, Request
from appliance.dicom.dataset import DatasetError
from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN
from appliance.dicom.unpacking import text

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_SOP_CLASS, _SOP_INSTANCE, _TRANSACTION = 0x00081150, 0x00081155, 0x00081195
_REASON, _FAILED, _REFERENCED = 0x00081197, 0x00081198, 0x00081199
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_UNDEFINED = 0xFFFFFFFF
_DEEPEST = 16
# PS3.5 Table 7.1-1: two reserved bytes and a length of four.
_LONG = {b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"}


def read_request(raw: bytes, transfer_syntax_uid: str) -> Request:
    """What an N-ACTION asks for. Raises DatasetError."""
    found = _Walk(raw, transfer_syntax_uid).run()
    return Request(found.transaction_uid, tuple(one for one, _ in found.referenced))


def read_report(raw: bytes, transfer_syntax_uid: str) -> Report:
    """What an N-EVENT-REPORT says. Raises DatasetError."""
    found = _Walk(raw, transfer_syntax_uid).run()
    stored = tuple(one for one, _ in found.referenced)
    return Report(found.transaction_uid, stored, tuple(found.failed))


def write_request(request: Request, transfer_syntax_uid: str) -> bytes:
    pen = _Pen(transfer_syntax_uid)
    references = ((one, None) for one in request.references)
    return pen.uid(_TRANSACTION, request.transaction_uid) + pen.sequence(_REFERENCED, references)


def write_report(report: Report, transfer_syntax_uid: str) -> bytes:
    """A sequence without items is left out (PS3.4 Table J.3-2, types 1C)."""
    pen = _Pen(transfer_syntax_uid)
    data = pen.uid(_TRANSACTION, report.transaction_uid)
    if report.failed:
        data += pen.sequence(_FAILED, report.failed)
    if report.stored:
        data += pen.sequence(_REFERENCED, ((one, None) for one in report.stored))
    return data


@dataclass(slots=True)
class _Found:
    """What of a data set means something here."""

    transaction_uid: str = ""
    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    reason: int = 0
    referenced: list[tuple[Reference, int]] = field(default_factory=list)
    failed: list[tuple[Reference, int]] = field(default_factory=list)


class _Walk:
    """Reads one data set from its first byte to its last."""

    def __init__(self, raw: bytes, transfer_syntax_uid: str) -> None:
        self._raw = raw
        self._explicit = transfer_syntax_uid != IMPLICIT_LITTLE_ENDIAN
        self._order = ">" if transfer_syntax_uid == _BIG_ENDIAN else "<"
        self._tag = struct.Struct(f"{self._order}HH")
        self._count = 0

    def run(self) -> _Found:
        found = _Found()
        try:
            self._elements(found, 0, len(self._raw), 0)
        except struct.error:
            raise DatasetError("the data set ends in the middle of an element") from None
        return found

    def _elements(self, found: _Found, at: int, end: int | None, depth: int) -> int:
        """Elements until `end`, or until their item is said to end; where that is."""
        while end is None or at < end:
            tag, length, at = self._header(at)
            if tag == _ITEM_END and end is None:
                return at
            if length == _UNDEFINED or tag in (_REFERENCED, _FAILED):
                at = self._sequence(found, tag, length, at, depth + 1)
            else:
                self._take(found, tag, self._value(at, length))
                at += length
        return at

    def _sequence(self, found: _Found, tag: int, length: int, at: int, depth: int) -> int:
        if depth > _DEEPEST:
            raise DatasetError("its sequences are nested too deeply")
        end = None if length == _UNDEFINED else at + length
        while end is None or at < end:
            kind, size, at = self._item(at)
            if kind == _SEQUENCE_END:
                return at
            if kind != _ITEM:
                raise DatasetError("something else stands where an item of a sequence should be")
            item = _Found()
            at = self._elements(item, at, None if size == _UNDEFINED else at + size, depth)
            if depth == 1 and tag in (_REFERENCED, _FAILED):
                self._add(found.referenced if tag == _REFERENCED else found.failed, item)
        return at

    def _add(self, to: list[tuple[Reference, int]], item: _Found) -> None:
        self._count += 1
        if self._count > MOST_REFERENCES:
            raise DatasetError(f"it has more than {MOST_REFERENCES} references")
        to.append((Reference(intern(item.sop_class_uid), item.sop_instance_uid), item.reason))

    def _take(self, found: _Found, tag: int, value: bytes) -> None:
        if tag == _TRANSACTION:
            found.transaction_uid = text(value)
        elif tag == _SOP_CLASS:
            found.sop_class_uid = text(value)
        elif tag == _SOP_INSTANCE:
            found.sop_instance_uid = text(value)
        elif tag == _REASON and len(value) == 2:
            (found.reason,) = struct.unpack(f"{self._order}H", value)

    def _value(self, at: int, length: int) -> bytes:
        if at + length > len(self._raw):
            raise DatasetError("an element is longer than the data set")
        return self._raw[at : at + length]

    def _header(self, at: int) -> tuple[int, int, int]:
        """Tag, length, and where the value begins."""
        group, element = self._tag.unpack_from(self._raw, at)
        if not self._explicit or group == 0xFFFE:
            return group << 16 | element, self._long(at + 4), at + 8
        if self._raw[at + 4 : at + 6] in _LONG:
            return group << 16 | element, self._long(at + 8), at + 12
        (length,) = struct.unpack_from(f"{self._order}H", self._raw, at + 6)
        return group << 16 | element, length, at + 8

    def _item(self, at: int) -> tuple[int, int, int]:
        group, element = self._tag.unpack_from(self._raw, at)
        return group << 16 | element, self._long(at + 4), at + 8

    def _long(self, at: int) -> int:
        value: int = struct.unpack_from(f"{self._order}I", self._raw, at)[0]
        return value


class _Pen:
    """Writes elements in one transfer syntax."""

    def __init__(self, transfer_syntax_uid: str) -> None:
        self._explicit = transfer_syntax_uid != IMPLICIT_LITTLE_ENDIAN
        self._order = ">" if transfer_syntax_uid == _BIG_ENDIAN else "<"

    def uid(self, tag: int, value: str) -> bytes:
        raw = value.encode("ascii", "replace")
        return self._element(tag, b"UI", raw + b"\0" * (len(raw) & 1))

    def sequence(self, tag: int, items: Iterable[tuple[Reference, int | None]]) -> bytes:
        return self._element(tag, b"SQ", b"".join(self._item(*one) for one in items))

    def _item(self, one: Reference, reason: int | None) -> bytes:
        parts: Sequence[bytes] = (
            self.uid(_SOP_CLASS, one.sop_class_uid),
            self.uid(_SOP_INSTANCE, one.sop_instance_uid),
            b"" if reason is None else self._number(_REASON, reason),
        )
        value = b"".join(parts)
        return self._pack("HHI", _ITEM >> 16, _ITEM & 0xFFFF, len(value)) + value

    def _number(self, tag: int, value: int) -> bytes:
        return self._element(tag, b"US", self._pack("H", value))

    def _element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        head = self._pack("HH", tag >> 16, tag & 0xFFFF)
        if not self._explicit:
            return head + self._pack("I", len(value)) + value
        if vr in _LONG:
            return head + vr + b"\0\0" + self._pack("I", len(value)) + value
        return head + vr + self._pack("H", len(value)) + value

    def _pack(self, form: str, *values: int) -> bytes:
        return struct.pack(self._order + form, *values)
