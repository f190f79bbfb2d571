"""Encapsulated pixel data (PS3.5 §A.4): one fragment per frame, with a table of where they are."""

from __future__ import annotations

import struct

from appliance.pixels.elements import ITEM, PIXEL_DATA, SEQUENCE_END, UNDEFINED
from appliance.pixels.image import EXTENDED_LENGTHS, EXTENDED_OFFSETS, Image
from appliance.pixels.model import PixelError
from appliance.pixels.recoding import Writer

# Offsets of the basic table have 32 bits: above this the extended one is written instead. Even
# what does not become smaller fits below.
_LARGEST_BASIC = 2 << 30


class Encapsulation:
    """Writes frames as they come; the table, whose size is known, is filled in at the end."""

    def __init__(self, writer: Writer, image: Image) -> None:
        self._writer = writer
        self._sizes: list[int] = []
        self._frames = image.frames
        self._extended = image.size > _LARGEST_BASIC
        self._table = self._begin()

    def _begin(self) -> int:
        """The tables, empty, and the beginning of the pixel data; where the table is."""
        room = bytes(8 * self._frames)
        place = self._writer.place() + 12
        if self._extended:
            self._writer.value(EXTENDED_OFFSETS, b"OV", room)
            self._writer.value(EXTENDED_LENGTHS, b"OV", room)
        self._writer.header(PIXEL_DATA, b"OB", UNDEFINED)
        if self._extended:
            self._writer.value(ITEM, b"", b"")
            return place
        self._writer.value(ITEM, b"", bytes(4 * self._frames))
        return self._writer.place() - 4 * self._frames

    def add(self, data: bytes) -> None:
        """The next frame, of even length."""
        self._writer.value(ITEM, b"", data)
        self._sizes.append(len(data))

    def close(self) -> None:
        """The end, and the table."""
        if len(self._sizes) != self._frames:
            raise PixelError(f"{self._frames} frames were announced, {len(self._sizes)} came")
        self._writer.value(SEQUENCE_END, b"", b"")
        offsets, at = [], 0
        for size in self._sizes:
            offsets.append(at)
            at += 8 + size
        self._fill(offsets)

    def _fill(self, offsets: list[int]) -> None:
        count = self._frames
        if self._extended:
            self._writer.fill(self._table, struct.pack(f"<{count}Q", *offsets))
            lengths = self._table + 8 * count + 12  # the second table lies behind the first
            self._writer.fill(lengths, struct.pack(f"<{count}Q", *self._sizes))
        else:
            self._writer.fill(self._table, struct.pack(f"<{count}I", *offsets))
