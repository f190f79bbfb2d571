"""What a data set says about its pixels (PS3.3 C.7.6.3), and where they are."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, replace

from appliance.dicom.header import name_of
from appliance.pixels.elements import (
    DOUBLE_PIXEL_DATA,
    FLOAT_PIXEL_DATA,
    PIXEL_DATA,
    UNDEFINED,
    Element,
    Walker,
)
from appliance.pixels.model import PixelError

SAMPLES, PHOTOMETRIC, PLANAR, FRAMES = 0x00280002, 0x00280004, 0x00280006, 0x00280008
ROWS, COLUMNS, ALLOCATED, STORED = 0x00280010, 0x00280011, 0x00280100, 0x00280101
REPRESENTATION = 0x00280103
EXTENDED_OFFSETS, EXTENDED_LENGTHS, TOTAL_LENGTH = 0x7FE00001, 0x7FE00002, 0x7FE00003
_PIXELS = (PIXEL_DATA, FLOAT_PIXEL_DATA, DOUBLE_PIXEL_DATA)
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Image:
    """The shape of the pixels of one image."""

    rows: int
    columns: int
    samples: int
    allocated: int  # bits of a sample with what is beside it
    stored: int
    signed: bool
    photometric: str
    planar: bool  # one colour plane behind the other
    frames: int

    @property
    def width(self) -> int:
        """Bytes of one sample."""
        return self.allocated // 8

    @property
    def subsampled(self) -> bool:
        """Whether native frames have one pair of chrominance for two pixels (C.7.6.3.1.2)."""
        return self.photometric == "YBR_FULL_422" and self.samples == 3

    @property
    def frame_bits(self) -> int:
        """Bits of a native frame."""
        pixels = self.rows * self.columns
        samples = 2 if self.subsampled else self.samples
        return pixels * samples * self.allocated

    @property
    def frame_size(self) -> int:
        """Bytes of a native frame of whole bytes."""
        return self.frame_bits // 8

    @property
    def size(self) -> int:
        """Bytes of all native frames, without padding."""
        return (self.frame_bits * self.frames + 7) // 8

    def decoded(self, photometric: str) -> Image:
        """The same image as a codec gives it: by pixel."""
        return replace(self, photometric=photometric, planar=False)


@dataclass(frozen=True, slots=True)
class Survey:
    """The elements of a data set, and what they say about its pixels."""

    elements: tuple[Element, ...]
    values: dict[int, bytes]  # short values of group 0028
    pixels: Element | None
    order: str

    @property
    def encapsulated(self) -> bool:
        return self.pixels is not None and self.pixels.length == UNDEFINED

    @property
    def floating(self) -> bool:
        return self.pixels is not None and self.pixels.tag != PIXEL_DATA

    def number(self, tag: int, default: int | None = None) -> int:
        """The first value of an US element. Raises `PixelError` when it is missing."""
        value = self.values.get(tag, b"")
        if len(value) >= 2:
            number: int = struct.unpack(self.order + "H", value[:2])[0]
            return number
        if default is None:
            raise PixelError(f"{name_of(tag)} is missing: its pixels cannot be told apart")
        return default

    def text(self, tag: int) -> str:
        return self.values.get(tag, b"").decode("ascii", "replace").strip(" \0")

    def element(self, tag: int) -> Element | None:
        return next((one for one in self.elements if one.tag == tag), None)


def survey(walker: Walker, item: Element | None = None) -> Survey:
    """Look through a whole data set once, or through an item. Raises `PixelError`."""
    elements, values, pixels = [], {}, None
    for element in walker.inside(item) if item else walker.elements():
        elements.append(element)
        if element.tag >> 16 == 0x0028 and element.length <= _LONGEST:
            values[element.tag] = walker.source.read(element.start, element.length)
        if element.tag in _PIXELS:
            pixels = element
    return Survey(tuple(elements), values, pixels, walker.form.order)


def image_of(seen: Survey) -> Image:
    """Raises `PixelError` when the description is incomplete or makes no sense."""
    image = Image(
        rows=seen.number(ROWS),
        columns=seen.number(COLUMNS),
        samples=seen.number(SAMPLES, 1),
        allocated=seen.number(ALLOCATED),
        stored=seen.number(STORED, seen.number(ALLOCATED)),
        signed=seen.number(REPRESENTATION, 0) == 1,
        photometric=seen.text(PHOTOMETRIC) or "MONOCHROME2",
        planar=seen.number(PLANAR, 0) == 1,
        frames=_frames(seen.text(FRAMES)),
    )
    _check(image)
    return image


def _frames(text: str) -> int:
    """Number of Frames; absent or empty means one."""
    first = text.split("\\")[0].strip()
    if not re.fullmatch(r"\+?\d{0,9}", first):
        raise PixelError(f"Number of Frames is {first!r}")
    return max(int(first or 1), 1)


def _check(image: Image) -> None:
    if not image.rows or not image.columns:
        raise PixelError(f"the image has {image.rows} rows and {image.columns} columns")
    if image.samples not in (1, 3):
        raise PixelError(f"the image has {image.samples} samples per pixel")
    if image.allocated not in (1, 8, 16, 32):
        raise PixelError(f"Bits Allocated is {image.allocated}: 1, 8, 16 and 32 are understood")
    if not 1 <= image.stored <= image.allocated:
        raise PixelError(f"Bits Stored is {image.stored} of {image.allocated} allocated")
