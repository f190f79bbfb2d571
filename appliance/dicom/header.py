"""Reads the beginning of a data set while it streams by, and stops when it knows enough.

The scanner takes bytes as they come and keeps short values of the top level only. Longer
values and whole sequences are passed over, by their length where they have one, else item by
item with a counter: nothing recurses, nothing is held, and what a hostile data set can cost is
bounded. The standard's order (PS3.5 §7.1: ascending tags) tells where the wanted part ends.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from appliance.errors import PeerError

# Groups 0000 and 0002 belong to commands and files, never to a data set (PS3.5 §7.1).
_FIRST = 0x00030000
# (0028,0103) Pixel Representation closes what is kept about an image.
_LAST = 0x00280103
# Longer values are passed over: the longest text that is searched for is an LT of 10,240 bytes.
_LONGEST_VALUE = 10_240
# After so many bytes of values only the indispensable ones stay.
_MOST_KEPT = 256 << 10
_DEEPEST = 2 * 64  # a sequence and its item count one each
_MOST_ELEMENTS = 100_000  # at half a microsecond each; real headers have some hundred
_MOST_INFLATED = 2 << 20
_WINDOW = 16 << 10  # a header rarely needs more, and no more than this is copied at a time

_UNDEFINED = 0xFFFFFFFF
_ENDS = (0xFFFEE00D, 0xFFFEE0DD)  # of an item, of a sequence
# 16 bits of length (PS3.5 Table 7.1-2); every other VR, also a future one, has 32.
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_KNOWN_VRS = _SHORT_VRS | frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_PREFIX = {False: struct.Struct("<HH2sH"), True: struct.Struct(">HH2sH")}  # by "big endian"
_LENGTH = {False: struct.Struct("<I"), True: struct.Struct(">I")}

_BIG_ENDIAN = "1.2.840.10008.1.2.2"
_DEFLATED = ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95")

SPECIFIC_CHARACTER_SET = 0x00080005
SOP_CLASS_UID, SOP_INSTANCE_UID = 0x00080016, 0x00080018
PATIENT_NAME, PATIENT_ID = 0x00100010, 0x00100020
STUDY_INSTANCE_UID, SERIES_INSTANCE_UID = 0x0020000D, 0x0020000E
INDISPENSABLE = frozenset(
    {
        SPECIFIC_CHARACTER_SET,
        SOP_CLASS_UID,
        SOP_INSTANCE_UID,
        PATIENT_NAME,
        PATIENT_ID,
        STUDY_INSTANCE_UID,
        SERIES_INSTANCE_UID,
    }
)


class HeaderError(PeerError):
    """The bytes are no data set that could be understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Header:
    """The short top-level values at the beginning of a data set, as they came."""

    values: Mapping[int, bytes]  # tag -> raw value, padding included
    big_endian: bool = False


class Scanner:
    """Takes a data set in pieces of any size; says when its beginning is known."""

    def __init__(self, transfer_syntax_uid: str) -> None:
        self.skip = 0  # so many of the next bytes are of no interest
        self._big = transfer_syntax_uid == _BIG_ENDIAN
        self._prefix = _PREFIX[self._big].unpack_from
        self._inflate = zlib.decompressobj(-15) if transfer_syntax_uid in _DEFLATED else None
        self._inflated = 0
        self._explicit: bool | None = None  # the first element shows which it is
        self._tail = b""  # the part of an element whose rest has not come yet
        self._depth = 0
        self._implicit_from = _DEEPEST + 1  # the depth of an open UN (PS3.5 §6.2.2)
        self._elements = 0
        self._looked_at = 0
        self._tag = 0
        self._values: dict[int, bytes] = {}
        self._header: Header | None = None

    @property
    def plain(self) -> bool:
        """Whether the bytes are the elements themselves, so that `skip` counts in the stream."""
        return self._inflate is None

    def feed(self, data: bytes | bytearray | memoryview) -> Header | None:
        """Look at the next bytes; None means that more are needed. Raises `HeaderError`."""
        if self._header is not None:
            return self._header
        view = memoryview(data)
        for piece in self._windows(view) if self._inflate is None else self._inflating(view):
            self._tail = self._walk(self._tail + piece if self._tail else piece)
            if self._header is not None:
                break
            self._bound(len(piece))
        return self._header

    def finish(self) -> Header:
        """The data set has ended: what was in it. Raises `HeaderError` when it ended too early."""
        if self._header is None:
            if self._tail or self.skip or self._depth:
                raise HeaderError(f"the data set ends inside {name_of(self._tag)}")
            self._header = Header(self._values, self._big)
        return self._header

    def _windows(self, view: memoryview) -> Iterator[bytes]:
        position, end = 0, len(view)
        while True:
            passed = min(self.skip, end - position)
            self.skip -= passed
            position += passed
            if position >= end:
                return
            yield bytes(view[position : position + _WINDOW])
            position = min(position + _WINDOW, end)

    def _inflating(self, view: memoryview) -> Iterator[bytes]:
        assert self._inflate is not None
        rest: bytes | memoryview = view
        while rest:
            try:
                piece = self._inflate.decompress(rest, _WINDOW)
            except zlib.error as error:
                raise HeaderError(f"the deflated data set cannot be inflated: {error}") from None
            rest = self._inflate.unconsumed_tail
            self._inflated += len(piece)
            if self._inflated > _MOST_INFLATED:
                raise HeaderError(f"nothing usable in the first {_MOST_INFLATED} inflated bytes")
            yield from self._windows(memoryview(piece))

    def _bound(self, looked_at: int) -> None:
        """Keep the work and the memory within limits, outside the loop that must be quick."""
        if self._elements > _MOST_ELEMENTS:
            raise HeaderError(f"more than {_MOST_ELEMENTS} elements before the image")
        self._looked_at += looked_at
        if self._looked_at > _MOST_KEPT:
            self._looked_at = 0
            kept = {tag: value for tag, value in self._values.items() if tag in INDISPENSABLE}
            self._values = kept

    def _walk(self, data: bytes) -> bytes:
        """Take whole elements off `data`, remember what is wanted, return what is left."""
        if self._explicit is None and not self._recognise(data):
            return data
        position, end, values = self._stride(data, 0), len(data), self._values
        while (element := self._element(data, position)) is not None:
            tag, start, length = element
            stop = start + length
            if self._depth or length == _UNDEFINED or not _FIRST <= tag <= _LAST:
                stop = self._special(tag, start, length)
            elif length <= _LONGEST_VALUE:
                if stop > end:
                    break
                values[tag] = data[start:stop]
            self._elements += 1
            if stop > end:
                self.skip = stop - end
                return b""
            position = self._stride(data, stop)
        return data[position:] if self._header is None else b""

    def _stride(self, data: bytes, position: int) -> int:
        """Take the ordinary elements, short and on the top level, until something else comes.

        Nine of ten elements end here, on the event loop and for every object: so it is one
        loop with local names.
        """
        if self._depth or not self._explicit:
            return position
        prefix, values, taken, last_taken = self._prefix, self._values, 0, 0
        end = len(data)
        last = end - 8
        while position <= last:
            group, number, vr, length = prefix(data, position)
            stop = position + 8 + length
            tag = group << 16 | number
            if vr not in _SHORT_VRS or stop > end or not _FIRST <= tag <= _LAST:
                break
            if length > _LONGEST_VALUE:
                break
            values[tag] = data[position + 8 : stop]
            last_taken = tag
            position = stop
            taken += 1
        if taken:
            self._elements += taken
            self._tag = last_taken  # an error names it, whatever pieces the bytes came in
        return position

    def _recognise(self, data: bytes) -> bool:
        """Tell explicit from implicit VR by the first element, whatever was announced."""
        if len(data) < 8:
            return False
        self._explicit = self._big or data[4:6] in _KNOWN_VRS
        return True

    def _element(self, data: bytes, position: int) -> tuple[int, int, int] | None:
        """Tag, start of the value, length; None when the bytes end before that is known."""
        if self._header is not None or position + 8 > len(data):
            return None
        group, number, vr, length = self._prefix(data, position)
        self._tag = tag = group << 16 | number
        if vr in _SHORT_VRS and self._explicit and self._depth < self._implicit_from:
            return tag, position + 8, length
        return self._long_element(data, position, tag, vr)

    def _long_element(
        self, data: bytes, position: int, tag: int, vr: bytes
    ) -> tuple[int, int, int] | None:
        unpack = _LENGTH[self._big].unpack_from
        implicit = not self._explicit or self._depth >= self._implicit_from
        # Items and delimiters have no VR (PS3.5 §7.5); elements of careless senders neither.
        if implicit or tag >> 16 == 0xFFFE or not (vr.isalpha() and vr.isupper()):
            return tag, position + 8, unpack(data, position + 4)[0]
        if position + 12 > len(data):
            return None
        length = unpack(data, position + 8)[0]
        if vr == b"UN" and length == _UNDEFINED:
            self._implicit_from = self._depth + 1
        return tag, position + 12, length

    def _special(self, tag: int, start: int, length: int) -> int:
        """End the scan, or enter, leave or pass what is nested; where the next element starts."""
        if not self._depth:
            if tag > _LAST:
                self._header = Header(self._values, self._big)
                return start
            if tag >> 16 in (0x0000, 0x0002):
                raise HeaderError(f"{name_of(tag)} has no place in a data set")
        if tag in _ENDS:
            self._depth -= 1
            if self._depth < self._implicit_from:
                self._implicit_from = _DEEPEST + 1
            return start
        return start + length if length != _UNDEFINED else self._enter(tag, start)

    def _enter(self, tag: int, start: int) -> int:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise HeaderError(f"sequences are nested deeper than {_DEEPEST // 2} at {name_of(tag)}")
        return start


def read_header(pieces: Iterable[bytes], transfer_syntax_uid: str) -> Header:
    """The header of a data set that comes in pieces; takes no more of them than needed."""
    scanner = Scanner(transfer_syntax_uid)
    for piece in pieces:
        header = scanner.feed(piece)
        if header is not None:
            return header
    return scanner.finish()


def name_of(tag: int) -> str:
    """A tag as people write it."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
