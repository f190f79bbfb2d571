"""The elements of a data set, where they are and how long (PS3.5 §7); their values stay there."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from appliance.dicom.header import name_of
from appliance.pixels.model import PixelError
from appliance.pixels.source import Source

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA = 0x7FE00010, 0x7FE00008, 0x7FE00009

SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
_DEEPEST = 64
_MOST_ELEMENTS = 2_000_000  # a large enhanced multi-frame has some hundred thousand


@dataclass(frozen=True, slots=True)
class Form:
    """How elements are written."""

    implicit: bool
    big_endian: bool

    @property
    def order(self) -> str:
        return ">" if self.big_endian else "<"


IMPLICIT_FORM = Form(implicit=True, big_endian=False)


@dataclass(frozen=True, slots=True)
class Element:
    """One element or item, and where it lies in its source."""

    tag: int
    vr: bytes  # b"" where the form has none
    at: int  # where it begins
    start: int  # where its value begins
    length: int  # of the value; UNDEFINED
    stop: int  # behind its value, delimiter included
    form: Form  # of what is nested in it

    @property
    def nested(self) -> bool:
        """Whether its value is a sequence of items."""
        return self.length == UNDEFINED or self.vr == b"SQ"

    @property
    def size(self) -> int:
        """Bytes of the value, the delimiter of an undefined length not counted."""
        return self.stop - self.start - (8 if self.length == UNDEFINED else 0)


class Walker:
    """Goes through the elements of one source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.form = Form(source.implicit, source.big_endian)
        self._seen = 0

    def elements(self) -> Iterator[Element]:
        """Those of the top level. Raises `PixelError` where they make no sense."""
        return self.within(self.source.start, self.source.end, self.form, 0)

    def within(self, at: int, end: int, form: Form, depth: int) -> Iterator[Element]:
        """Those that lie between two places; a delimiter ends them too."""
        while at + 8 <= end:
            element = self._at(at, end, form, depth)
            if element.tag in (ITEM_END, SEQUENCE_END):
                return
            yield element
            at = element.stop

    def items(self, sequence: Element, depth: int = 0) -> Iterator[Element]:
        """The items of a sequence, or the fragments of encapsulated pixel data."""
        end = sequence.start + sequence.size
        yield from self.within(sequence.start, end, sequence.form, depth + 1)

    def inside(self, item: Element, depth: int = 0) -> Iterator[Element]:
        """The elements of an item."""
        return self.within(item.start, item.start + item.size, item.form, depth + 1)

    def _at(self, at: int, end: int, form: Form, depth: int) -> Element:
        self._seen += 1
        if self._seen > _MOST_ELEMENTS:
            raise PixelError(f"the data set has more than {_MOST_ELEMENTS} elements")
        head = self.source.exactly(at, 8)
        group, number, vr, short = struct.unpack(form.order + "HH2sH", head)
        tag, start, length = group << 16 | number, at + 8, short
        if form.implicit or group == 0xFFFE:
            vr, length = b"", struct.unpack(form.order + "I", head[4:])[0]
        elif vr not in SHORT_VRS:
            start, length = at + 12, self._long_length(at, tag, vr, form)
        inner = self._inner(vr, length, form)
        stop = start + length
        if length == UNDEFINED:
            stop = self._end(tag, start, end, inner, depth)
        elif stop > end:
            raise PixelError(f"{name_of(tag)} is {stop - end} bytes longer than what it lies in")
        return Element(tag, vr, at, start, length, stop, inner)

    def _long_length(self, at: int, tag: int, vr: bytes, form: Form) -> int:
        if not (vr.isalpha() and vr.isupper()):
            raise PixelError(f"{name_of(tag)} has no value representation that anybody knows")
        length: int = struct.unpack(form.order + "I", self.source.exactly(at + 8, 4))[0]
        return length

    def _inner(self, vr: bytes, length: int, form: Form) -> Form:
        # PS3.5 §6.2.2: what a UN of undefined length holds is implicit, whatever surrounds it.
        return IMPLICIT_FORM if vr == b"UN" and length == UNDEFINED else form

    def _end(self, tag: int, at: int, end: int, form: Form, depth: int) -> int:
        """Behind the delimiter that ends what has no length."""
        if depth >= _DEEPEST:
            raise PixelError(f"sequences are nested deeper than {_DEEPEST} at {name_of(tag)}")
        for element in self.within(at, end, form, depth + 1):
            at = element.stop
        closing = self.source.exactly(at, 8) if at + 8 <= end else b""
        wanted = ITEM_END if tag == ITEM else SEQUENCE_END
        group, number = struct.unpack(form.order + "HH", closing[:4]) if closing else (0, 0)
        if group << 16 | number != wanted:
            raise PixelError(f"{name_of(tag)} has no length and no end")
        return at + 8
