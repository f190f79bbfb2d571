"""A stored data set without its large values, read in place (never more than its header)."""

from __future__ import annotations

import io
import warnings
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import data_element_generator
from pydicom.tag import BaseTag

from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN
from appliance.errors import PeerError
from storage.store import Reader
from web.dicomweb.services import Bulk, Metadata

_BIG_ENDIAN, _DEFLATED = "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
# Longer ones of these are fetched by themselves.
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_LONGEST_INLINE = 4 << 10
# The headers of large enhanced multi-frame objects have some 20 MiB.
_MOST_READ = 32 << 20
_PIECE = 64 << 10
_UNDEFINED = 0xFFFFFFFF


class _Window(io.RawIOBase):
    """The stored file as Python's files are; it ends when too much of it was read."""

    def __init__(self, reader: Reader, size: int) -> None:
        super().__init__()
        self._reader, self._size = reader, size
        self._position = self._read = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._reader.range(self._position, len(buffer))
        buffer[: len(piece)] = piece
        self._position += len(piece)
        self._read += len(piece)
        if self._read > _MOST_READ:
            raise PeerError(f"the header of the object is longer than {_MOST_READ} bytes")
        return len(piece)


def read_metadata(reader: Reader, transfer_syntax_uid: str) -> Metadata:
    """Blocks. Raises `PeerError` for a data set that cannot be understood."""
    window = io.BufferedReader(_Window(reader, reader.entry.size), _PIECE)
    window.seek(reader.entry.header)
    file: BinaryIO = window
    if transfer_syntax_uid == _DEFLATED:
        file = io.BytesIO(_inflated(window))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file, transfer_syntax_uid)
    # pydicom raises whatever a malformed byte leads it to; all of it means the same here.
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError) as error:
        raise PeerError(f"the object cannot be read: {error}") from error
    except (NotImplementedError, RecursionError, LookupError) as error:
        raise PeerError("the object cannot be read") from error


def _inflated(file: BinaryIO) -> bytes:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        raw = inflate.decompress(file.read(_MOST_READ), _MOST_READ)
    except zlib.error as error:
        raise PeerError(f"the object cannot be inflated: {error}") from error
    if inflate.unconsumed_tail:
        raise PeerError(f"the object is longer than {_MOST_READ} bytes inflated")
    if not inflate.eof:
        raise PeerError("the deflated object ends too early")
    return raw


def _read(file: BinaryIO, transfer_syntax_uid: str) -> Metadata:
    implicit = transfer_syntax_uid == IMPLICIT_LITTLE_ENDIAN
    little = transfer_syntax_uid != _BIG_ENDIAN
    elements: dict[BaseTag, RawDataElement | DataElement] = {}
    bulk: list[Bulk] = []
    deflated = transfer_syntax_uid == _DEFLATED

    def ends(tag: BaseTag, vr: str | None, length: int) -> bool:
        if tag not in _PIXELS:
            return False
        if not deflated:
            size = -1 if length == _UNDEFINED else length
            bulk.append(Bulk(int(tag), vr or "OW", file.tell(), size))
        return True

    for one in data_element_generator(file, implicit, little, ends, _LONGEST_INLINE):
        element = _whole(file, one)
        if isinstance(element, Bulk):
            if not deflated:
                bulk.append(element)
        else:
            elements[element.tag] = element
    return Metadata(_dataset(elements, implicit, little), tuple(bulk))


def _whole(
    file: BinaryIO, one: RawDataElement | DataElement
) -> RawDataElement | DataElement | Bulk:
    """A long value that is no bulk is read after all."""
    if isinstance(one, DataElement) or one.value is not None or one.length in (0, _UNDEFINED):
        return one
    vr = one.VR or _vr(one.tag)
    if vr in _BINARY:
        return Bulk(int(one.tag), vr, one.value_tell, one.length)
    place = file.tell()
    file.seek(one.value_tell)
    value = file.read(one.length)
    file.seek(place)
    return one._replace(value=value)


def _vr(tag: BaseTag) -> str:
    try:
        return str(dictionary_VR(tag))[:2]
    except KeyError:
        return "UN"


def _dataset(
    elements: dict[BaseTag, RawDataElement | DataElement], implicit: bool, little: bool
) -> Dataset:
    made = Dataset(elements)
    with suppress(LookupError):  # a term nobody knows: pydicom's own default holds
        terms = made.get("SpecificCharacterSet") or "ISO_IR 6"
        made.set_original_encoding(implicit, little, convert_encodings(terms))
    return made


def pieces_of(reader: Reader, start: int, length: int, size: int) -> Iterator[bytes]:
    """A part of a file in pieces."""
    stop = start + length
    while start < stop and (piece := reader.range(start, min(size, stop - start))):
        yield piece
        start += len(piece)
