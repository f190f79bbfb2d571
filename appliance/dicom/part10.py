"""The beginning of a DICOM file (PS3.10 §7.1): written for what we store, read for imports."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from appliance.dicom.header import HeaderError, name_of

IMPLEMENTATION_CLASS_UID = "2.25.301057251250961746551797798655501097883"
# Without a number: the same object must give the same file whichever release stores it.
IMPLEMENTATION_VERSION_NAME = "ARCA"

# A file's meta information is some 300 bytes; a group 0002 with private information a few more.
LONGEST_META = 64 << 10
_PREAMBLE = 128
_MAGIC = b"DICM"
_LONG_VRS = frozenset({b"OB", b"OW", b"UN", b"UT", b"SQ", b"OF", b"OD", b"OL", b"UC", b"UR"})
_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX = 0x00020002, 0x00020003, 0x00020010


@dataclass(frozen=True, slots=True)
class FileMeta:
    """What a file says about its data set."""

    sop_class_uid: str = ""
    sop_instance_uid: str = ""
    transfer_syntax_uid: str = ""
    data_set: int = 0  # where the data set begins, in bytes


def file_header(sop_class_uid: str, sop_instance_uid: str, transfer_syntax_uid: str) -> bytes:
    """Preamble and File Meta Information; the same arguments always give the same bytes."""
    elements = b"".join(
        [
            b"\x02\x00\x01\x00OB\0\0\x02\0\0\0\0\x01",
            _element(0x0002, b"UI", _uid(sop_class_uid)),
            _element(0x0003, b"UI", _uid(sop_instance_uid)),
            _element(0x0010, b"UI", _uid(transfer_syntax_uid)),
            _element(0x0012, b"UI", _uid(IMPLEMENTATION_CLASS_UID)),
            _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode()),
        ]
    )
    length = _element(0x0000, b"UL", struct.pack("<I", len(elements)))
    return bytes(_PREAMBLE) + _MAGIC + length + elements


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    return struct.pack("<HH2sH", 0x0002, number, vr, len(value)) + value


def _uid(uid: str) -> bytes:
    value = uid.encode("ascii", "replace")
    return value + b"\0" * (len(value) % 2)


def read_file_meta(start: bytes) -> FileMeta | None:
    """What the first 64 KiB of a file say; None when it is no DICOM file.

    Preamble and meta information may be missing: then the file must begin with an element
    of group 0008, as old modalities and exports write it. Raises `HeaderError`.
    """
    position = _PREAMBLE + 4 if start[_PREAMBLE : _PREAMBLE + 4] == _MAGIC else 0
    group = start[position : position + 2]
    if group == b"\x02\x00":
        return _read_meta(start, position)
    if not position and group == b"\x08\x00" and len(start) > 8:
        return FileMeta()
    return FileMeta(data_set=position) if position else None


def _read_meta(start: bytes, position: int) -> FileMeta:
    """Walks the elements: the group's length is optional in the wild, and often wrong."""
    found: dict[int, str] = {}
    while start[position : position + 2] == b"\x02\x00":
        if position + 12 > len(start):
            raise HeaderError(f"the file ends inside its meta information at byte {position}")
        group, number, vr, length = struct.unpack_from("<HH2sH", start, position)
        position += 8
        if vr in _LONG_VRS:
            (length,) = struct.unpack_from("<I", start, position)
            position += 4
        tag = group << 16 | number
        if position + length > len(start):
            raise HeaderError(f"the file ends inside {name_of(tag)}, or its length is wrong")
        if tag in (_SOP_CLASS, _SOP_INSTANCE, _TRANSFER_SYNTAX):
            found[tag] = start[position : position + length].decode("latin-1").strip(" \0")
        position += length
    return FileMeta(
        found.get(_SOP_CLASS, ""),
        found.get(_SOP_INSTANCE, ""),
        found.get(_TRANSFER_SYNTAX, ""),
        position,
    )
