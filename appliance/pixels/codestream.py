"""What a JPEG says about itself before anything is decoded (ISO 10918-1, 15444-1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from appliance.pixels.model import PixelError

_SOI, _SOS, _APP0, _APP14 = 0xD8, 0xDA, 0xE0, 0xEE
# Start of frame: DCT and lossless JPEG (SOF0 to SOF15 without DHT, JPG and DAC), JPEG-LS.
_FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7} - {0xC4, 0xC8, 0xCC})
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_MOST_SEGMENTS = 1000


@dataclass(frozen=True, slots=True)
class Codestream:
    """Shape and colour of an encoded image."""

    rows: int
    columns: int
    components: int
    precision: int
    signed: bool = False
    jfif: bool = False
    adobe: int | None = None  # its colour transform: 0 none, 1 YCbCr
    identifiers: bytes = b""  # of the components

    @property
    def names_colours(self) -> bool:
        """Whether it says which colours its components are."""
        return self.jfif or self.adobe is not None or self.identifiers == b"RGB"


def is_whole(data: bytes) -> bool:
    """Whether it has its end marker: codecs fill up what is missing, and say nothing.

    No coded data of these families contains the two bytes; what lies behind them is padding.
    """
    return b"\xff\xd9" in data[-1024:]


def inspect(data: bytes) -> Codestream:
    """Raises `PixelError` when it is no JPEG, JPEG-LS or JPEG 2000."""
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
        return _jpeg_2000(data)
    except (struct.error, IndexError):
        raise PixelError("a compressed frame ends within its own header") from None


def _jpeg(data: bytes) -> Codestream:
    at, jfif, adobe = 2, False, None
    for _ in range(_MOST_SEGMENTS):
        marker = data[at + 1]
        if data[at] != 0xFF or marker == _SOS:
            break
        if marker == 0xFF:  # fill bytes
            at += 1
            continue
        if marker in _BARE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if marker == _APP0 and body.startswith(b"JFIF\0"):
            jfif = True
        elif marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            adobe = body[11]
        elif marker in _FRAMES:
            precision, rows, columns, count = struct.unpack_from(">BHHB", body)
            names = body[6 : 6 + 3 * count : 3]
            return Codestream(
                rows, columns, count, precision, jfif=jfif, adobe=adobe, identifiers=names
            )
        at += 2 + length
    raise PixelError("a compressed frame has no JPEG frame header")


def _jpeg_2000(data: bytes) -> Codestream:
    at = data.find(b"\xff\x4f\xff\x51", 0, 64 << 10)  # behind the boxes of a JP2 (15444-1 Annex I)
    if at < 0:
        raise PixelError("a compressed frame is neither JPEG nor JPEG 2000")
    _, _, right, bottom, left, top = struct.unpack_from(">HHIIII", data, at + 4)
    (count,) = struct.unpack_from(">H", data, at + 40)
    depth = data[at + 42]
    return Codestream(
        bottom - top, right - left, count, (depth & 0x7F) + 1, signed=bool(depth & 0x80)
    )
