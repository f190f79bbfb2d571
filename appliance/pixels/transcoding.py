"""A whole data set into another transfer syntax, frame by frame."""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from appliance.pixels import model
from appliance.pixels.codestream import inspect, is_whole
from appliance.pixels.colours import from_native, native_bytes
from appliance.pixels.decoding import Array, decode, photometric_after
from appliance.pixels.elements import (
    ITEM,
    ITEM_END,
    PIXEL_DATA,
    SEQUENCE_END,
    Element,
    Form,
    Walker,
)
from appliance.pixels.encapsulation import Encapsulation
from appliance.pixels.encoding import encode
from appliance.pixels.frames import Frames, frames_of
from appliance.pixels.image import (
    EXTENDED_LENGTHS,
    EXTENDED_OFFSETS,
    PHOTOMETRIC,
    PLANAR,
    REPRESENTATION,
    TOTAL_LENGTH,
    Image,
    Survey,
    image_of,
    survey,
)
from appliance.pixels.model import PixelError
from appliance.pixels.recoding import Writer
from appliance.pixels.source import Source
from appliance.pixels.swapping import swapped

_ICONS = 0x00880200
_TABLES = frozenset({EXTENDED_OFFSETS, EXTENDED_LENGTHS, TOTAL_LENGTH})
_LONGEST_VALUE = 0xFFFFFFFE  # PS3.5 §A.1: of native pixel data
_CHUNK = 1 << 20


def form_of(syntax: str) -> Form:
    """How a transfer syntax writes elements."""
    return Form(syntax == model.IMPLICIT, syntax == model.BIG_ENDIAN)


def transcode(source: Source, syntax: str, target: str, out: BinaryIO, largest: int) -> None:
    """Write the data set in another transfer syntax. Raises `PixelError`; then `out` is rubbish."""
    if target == model.DEFLATED:
        with tempfile.TemporaryFile() as plain:
            transcode(source, syntax, model.EXPLICIT, plain, largest)
            plain.seek(0)
            _deflate(plain, out)
        return
    walker = Walker(source)
    seen = survey(walker)
    writer = Writer(out, form_of(target), signed=seen.number(REPRESENTATION, 0) == 1)
    _Transcoding(walker, seen, writer, (syntax, target), largest).run()


def _deflate(plain: BinaryIO, out: BinaryIO) -> None:
    """PS3.5 §A.5: an odd end is padded."""
    deflate, size = zlib.compressobj(6, zlib.DEFLATED, -15), 0
    while chunk := plain.read(_CHUNK):
        size += out.write(deflate.compress(chunk))
    size += out.write(deflate.flush())
    out.write(b"\0" * (size % 2))


class _Transcoding:
    """One data set, or the item of an icon, on its way."""

    def __init__(
        self, walker: Walker, seen: Survey, writer: Writer, way: tuple[str, str], largest: int
    ) -> None:
        """`way`: from one transfer syntax to another."""
        self._syntax, self._target = way
        self._largest = largest
        self._walker = walker
        self._seen = seen
        self._writer = writer
        self._image: Image | None = None
        self._frames: Frames | None = None
        self._result: Image | None = None
        self._prepare()

    def _prepare(self) -> None:
        """Decide what the pixels will be, before anything is written."""
        seen, encapsulates = self._seen, self._target not in model.NATIVE
        if seen.pixels is None or seen.floating:
            if encapsulates:
                raise PixelError(
                    "an object without integer pixel data has nothing to compress: only "
                    "uncompressed transfer syntaxes can hold it"
                )
            return
        if not encapsulates and not seen.encapsulated:
            return  # bytes are bytes
        self._image = image = image_of(seen)
        if image.allocated == 1:
            raise PixelError("pixels of single bits are never compressed")
        if image.size > self._largest:
            raise PixelError(
                f"its pixels would take {image.size} bytes; {self._largest} are allowed"
            )
        if not encapsulates and image.size > _LONGEST_VALUE:
            raise PixelError("its pixels are longer than 4 GiB: they can only be kept compressed")
        self._frames = frames_of(self._walker, seen, image)
        self._result = self._described(image, self._frames, seen)

    def _described(self, image: Image, frames: Frames, seen: Survey) -> Image:
        photometric = image.photometric
        if seen.encapsulated:
            stream = None if self._syntax == model.RLE else inspect(frames[0])
            photometric = photometric_after(image, self._syntax, stream)
        return image.decoded(photometric.replace("YBR_FULL_422", "YBR_FULL"))

    def run(self) -> None:
        """Element by element."""
        changes = self._changes()
        for element in self._seen.elements:
            for tag in [tag for tag in changes if tag < element.tag]:
                self._writer.value(tag, *changes.pop(tag))
            if element.tag in changes:
                self._writer.value(element.tag, *changes.pop(element.tag))
            elif element is self._seen.pixels:
                self._pixels(element)
            elif element.tag == _ICONS and self._seen.encapsulated:
                self._icons(element)
            elif element.tag & 0xFFFF and element.tag not in _TABLES:
                self._writer.copy(self._walker, element)

    def _changes(self) -> dict[int, tuple[bytes, bytes]]:
        """The elements that describe the pixels otherwise than before."""
        image, result = self._image, self._result
        changes: dict[int, tuple[bytes, bytes]] = {}
        if image is None or result is None:
            return changes
        if result.photometric != image.photometric:
            text = result.photometric.encode()
            changes[PHOTOMETRIC] = b"CS", text + b" " * (len(text) % 2)
        if image.samples == 3 and (image.planar or not self._seen.values.get(PLANAR)):
            changes[PLANAR] = b"US", b"\0\0"
        return changes

    def _icons(self, element: Element) -> None:
        """Icons may be compressed as the image is, or not at all (PS3.5 §A.4): make them plain."""
        plain = self._target if self._target in model.NATIVE else model.EXPLICIT
        with self._writer.nested(element.tag, b"SQ", SEQUENCE_END):
            for item in self._walker.items(element):
                seen, way = survey(self._walker, item), (self._syntax, plain)
                with self._writer.nested(ITEM, b"", ITEM_END):
                    _Transcoding(self._walker, seen, self._writer, way, self._largest).run()

    def _pixels(self, element: Element) -> None:
        if self._frames is None:
            self._copied(element)
        elif self._target in model.NATIVE:
            self._native(element)
        else:
            self._encapsulated()

    def _copied(self, element: Element) -> None:
        """Native to native. Implicit pixel data count as OW (PS3.5 §A.1)."""
        vr = b"OW" if element.tag == PIXEL_DATA else b""
        self._writer.copy(self._walker, element, element.vr or vr)

    def _native(self, element: Element) -> None:
        assert self._result is not None
        size = self._result.size
        vr = b"OW" if self._result.allocated > 8 or self._writer.form.implicit else b"OB"
        self._writer.header(element.tag, vr, size + size % 2)
        width = 2 if self._writer.form.big_endian and vr == b"OW" else 1
        for pixels in self._decoded():
            self._writer.write(swapped(native_bytes(pixels), width))
        self._writer.write(b"\0" * (size % 2))

    def _encapsulated(self) -> None:
        assert self._result is not None
        assert self._frames is not None
        encapsulation = Encapsulation(self._writer, self._result)
        for pixels in self._decoded():
            encapsulation.add(encode(pixels, self._result, self._target))
        encapsulation.close()

    def _decoded(self) -> Iterator[Array]:
        assert self._image is not None
        assert self._frames is not None
        for number, data in enumerate(self._frames, 1):
            try:
                yield self._array(data, self._image)
            except PixelError as error:
                raise PixelError(f"frame {number}: {error}") from None

    def _array(self, data: bytes, image: Image) -> Array:
        if self._seen.encapsulated:
            if self._syntax != model.RLE and not is_whole(data):
                raise PixelError("the compressed frame has no end: a part of it was lost")
            return decode(data, image, self._syntax)
        return from_native(data, image)
