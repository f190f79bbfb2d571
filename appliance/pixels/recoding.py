"""Elements written in another form: implicit or explicit, either byte order; values untouched."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from pydicom.datadict import dictionary_has_tag, dictionary_VR

from appliance.pixels.elements import (
    ITEM,
    ITEM_END,
    SEQUENCE_END,
    SHORT_VRS,
    UNDEFINED,
    Element,
    Form,
    Walker,
)
from appliance.pixels.swapping import swapped

# Bytes of a number whose order matters (PS3.5 §6.2, §7.3).
_WIDTHS = {
    **dict.fromkeys((b"AT", b"OW", b"SS", b"US"), 2),
    **dict.fromkeys((b"FL", b"OF", b"OL", b"SL", b"UL"), 4),
    **dict.fromkeys((b"FD", b"OD", b"OV", b"SV", b"UV"), 8),
}
_LONGEST_SHORT = 0xFFFE


class Writer:
    """Writes a data set in one form."""

    def __init__(self, out: BinaryIO, form: Form, *, signed: bool) -> None:
        """`signed` tells what an element is that the dictionary calls US or SS."""
        self._out = out
        self.form = form
        self._signed = signed

    def write(self, raw: bytes) -> None:
        """A part of a value."""
        self._out.write(raw)

    def place(self) -> int:
        """Where what is written next will be."""
        return self._out.tell()

    def fill(self, place: int, raw: bytes) -> None:
        """Write over what was left empty; go on where it was."""
        end = self._out.tell()
        self._out.seek(place)
        self._out.write(raw)
        self._out.seek(end)

    def header(self, tag: int, vr: bytes, length: int) -> None:
        """What precedes a value."""
        order, group, number = self.form.order, tag >> 16, tag & 0xFFFF
        if self.form.implicit or group == 0xFFFE:
            raw = struct.pack(order + "HHI", group, number, length)
        elif vr in SHORT_VRS:
            raw = struct.pack(order + "HH2sH", group, number, vr, length)
        else:
            raw = struct.pack(order + "HH2sHI", group, number, vr, 0, length)
        self._out.write(raw)

    def value(self, tag: int, vr: bytes, value: bytes) -> None:
        """A whole element."""
        self.header(tag, vr, len(value))
        self._out.write(value)

    def copy(self, walker: Walker, element: Element, vr: bytes = b"", depth: int = 0) -> None:
        """An element of a source; `vr` where it is known better than by the dictionary."""
        source = walker.source
        if walker.form == self.form and element.vr == (vr or element.vr):
            self._raw(walker, element.at, element.stop)
            return
        vr = vr or element.vr or self._vr(element)
        if vr == b"UN" and element.length == UNDEFINED:
            self.header(element.tag, vr, UNDEFINED)
            self._raw(walker, element.start, element.stop - 8)
            self._end(SEQUENCE_END)
        elif vr == b"SQ" or element.length == UNDEFINED:
            self._sequence(walker, element, depth)
        else:
            if vr in SHORT_VRS and element.length > _LONGEST_SHORT and not self.form.implicit:
                vr = b"UN"  # PS3.5 §6.2.2: longer than this VR has room for
            self.header(element.tag, vr, element.length)
            width = _WIDTHS.get(vr, 1) if walker.form.order != self.form.order else 1
            for chunk in source.chunks(element.start, element.length):
                self._out.write(swapped(chunk, width))

    def _raw(self, walker: Walker, start: int, stop: int) -> None:
        for chunk in walker.source.chunks(start, stop - start):
            self._out.write(chunk)

    def _sequence(self, walker: Walker, sequence: Element, depth: int) -> None:
        with self.nested(sequence.tag, b"SQ", SEQUENCE_END):
            for item in walker.items(sequence, depth):
                with self.nested(ITEM, b"", ITEM_END):
                    self._elements(walker, item, depth + 1)

    def _elements(self, walker: Walker, item: Element, depth: int) -> None:
        for element in walker.inside(item, depth):
            if element.tag & 0xFFFF:  # the length of a group is another one now
                self.copy(walker, element, depth=depth + 1)

    @contextmanager
    def nested(self, tag: int, vr: bytes, end: int) -> Iterator[None]:
        """A sequence or item whose length nobody needs to know."""
        self.header(tag, vr, UNDEFINED)
        yield
        self._end(end)

    def _end(self, tag: int) -> None:
        self.header(tag, b"", 0)

    def _vr(self, element: Element) -> bytes:
        """By the dictionary (PS3.6): UN for what it does not know (PS3.5 §6.2.2)."""
        tag = element.tag
        group, number = tag >> 16, tag & 0xFFFF
        if group % 2:
            return b"LO" if 0x10 <= number <= 0xFF else b"UN"
        if not dictionary_has_tag(tag) and not 0x50 <= group >> 8 <= 0x60:
            return b"UL" if number == 0 else b"UN"
        try:
            return self._plain(str(dictionary_VR(tag)))
        except KeyError:
            return b"UN"

    def _plain(self, vr: str) -> bytes:
        """One VR where the dictionary has a choice."""
        if vr in ("US or SS", "US or SS or OW"):
            return b"SS" if self._signed else b"US"
        return b"OW" if "OW" in vr else vr.encode()
