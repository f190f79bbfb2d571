"""Frames as they are stored: ranges of native pixel data, or fragments put together (PS3.5 A.4)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from appliance.pixels.elements import Element, Walker
from appliance.pixels.image import EXTENDED_OFFSETS, Image, Survey
from appliance.pixels.model import PixelError
from appliance.pixels.source import Source
from appliance.pixels.swapping import swapped

# What an image's codestream begins with: JPEG and JPEG-LS, JPEG 2000, JP2.
_STARTS = (b"\xff\xd8", b"\xff\x4f", b"\x00\x00\x00\x0c")


class Frames:
    """The encoded or native bytes of each frame; read when they are asked for."""

    def __init__(
        self, source: Source, ranges: Sequence[Sequence[tuple[int, int]]], *, words: bool = False
    ) -> None:
        """`ranges`: per frame the places and lengths of its pieces; `words`: big-endian ones."""
        self._source = source
        self._ranges = ranges
        self._words = words

    def __len__(self) -> int:
        return len(self._ranges)

    def __getitem__(self, number: int) -> bytes:
        read = self._from_words if self._words else self._source.exactly
        return b"".join(read(at, length) for at, length in self._ranges[number])

    def _from_words(self, at: int, length: int) -> bytes:
        """Little-endian bytes out of 16-bit words, of which a frame may begin or end with half."""
        before = (at - self._start) % 2
        after = (before + length) % 2
        raw = self._source.exactly(at - before, before + length + after)
        return swapped(raw, 2)[before : before + length]

    @property
    def _start(self) -> int:
        return self._ranges[0][0][0]

    def __iter__(self) -> Iterator[bytes]:
        return (self[number] for number in range(len(self)))

    def size(self, number: int) -> int:
        return sum(length for _, length in self._ranges[number])


def frames_of(walker: Walker, seen: Survey, image: Image) -> Frames:
    """Raises `PixelError` when there are fewer frames than the data set says."""
    assert seen.pixels is not None
    if seen.encapsulated:
        return Frames(walker.source, _encapsulated(walker, seen, image.frames))
    # OW is swapped as 16-bit words (PS3.5 §6.2), whatever is allocated to a sample; OB never.
    words = seen.pixels.form.big_endian and seen.pixels.vr != b"OB"
    return Frames(walker.source, _native(seen.pixels, image), words=words)


def _native(pixels: Element, image: Image) -> list[list[tuple[int, int]]]:
    size = image.frame_size
    if image.frame_bits % 8:
        raise PixelError("frames of single bits do not begin at a byte")
    if pixels.size < size * image.frames:
        raise PixelError(
            f"the pixel data have {pixels.size} bytes, {image.frames} frames need "
            f"{size * image.frames}"
        )
    return [[(pixels.start + number * size, size)] for number in range(image.frames)]


def _encapsulated(walker: Walker, seen: Survey, count: int) -> list[list[tuple[int, int]]]:
    assert seen.pixels is not None
    items = list(walker.items(seen.pixels))
    if len(items) < 2:
        raise PixelError("the compressed pixel data are empty")
    table, fragments = items[0], items[1:]
    pieces = [(one.start, one.size) for one in fragments]
    if len(pieces) == count:  # whatever the table says: nothing else is possible
        return [[piece] for piece in pieces]
    if count == 1:
        return [pieces]
    # Offsets count from the item behind the table to the item of the first fragment (A.4).
    offsets = _offsets(walker.source, seen, table, count)
    begins = [one.at - fragments[0].at for one in fragments]
    groups = _by_offset(pieces, begins, offsets) if offsets else _by_look(walker.source, pieces)
    if len(groups) != count:
        raise PixelError(
            f"the data set speaks of {count} frames, its {len(pieces)} fragments make {len(groups)}"
        )
    return groups


def _offsets(source: Source, seen: Survey, table: Element, count: int) -> list[int]:
    """Where frames begin, by the extended or the basic offset table; empty when neither says."""
    extended = seen.element(EXTENDED_OFFSETS)
    if extended is not None and extended.size == 8 * count:
        raw = source.exactly(extended.start, extended.size)
        return list(struct.unpack(f"{seen.order}{count}Q", raw))
    if table.size >= 4 * count and table.size <= 4 * count + 4:
        raw = source.exactly(table.start, 4 * count)
        return list(struct.unpack(f"{seen.order}{count}I", raw))
    return []


def _by_offset(
    pieces: list[tuple[int, int]], begins: list[int], offsets: list[int]
) -> list[list[tuple[int, int]]]:
    if offsets[0] != 0 or sorted(set(offsets)) != offsets or not set(offsets) <= set(begins):
        raise PixelError("the offset table does not fit the fragments")
    groups: list[list[tuple[int, int]]] = [[] for _ in offsets]
    for piece, begin in zip(pieces, begins, strict=True):
        groups[bisect_right(offsets, begin) - 1].append(piece)
    return groups


def _by_look(source: Source, pieces: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Without a table: a new frame begins where a codestream begins."""
    groups: list[list[tuple[int, int]]] = []
    for at, length in pieces:
        begins = source.exactly(at, min(length, 4)).startswith(_STARTS)
        if begins or not groups:
            groups.append([])
        groups[-1].append((at, length))
    return groups
