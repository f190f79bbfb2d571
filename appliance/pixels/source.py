"""A stored data set as a file to walk through: opened, checked, inflated where needed."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from appliance.pixels.model import BIG_ENDIAN, DEFLATED, PixelError

_CHUNK = 1 << 20
_VRS = frozenset(
    b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US OB OD OF OL OV OW SQ SV UC "
    b"UN UR UT UV".split()
)


class Damaged(Exception):
    """The file is not the one that was put."""


class Source:
    """The bytes of one data set."""

    def __init__(self, file: BinaryIO, start: int, end: int, syntax: str) -> None:
        self._file = file
        self.start, self.end = start, end
        self.big_endian = syntax == BIG_ENDIAN
        # Some senders announce one form and send the other: the first element tells.
        self.implicit = not self.big_endian and self.read(start + 4, 2) not in _VRS

    def read(self, at: int, length: int) -> bytes:
        """So many bytes, fewer at the end of the file only."""
        self._file.seek(at)
        return self._file.read(length)

    def exactly(self, at: int, length: int) -> bytes:
        """So many bytes. Raises `PixelError` when the data set is shorter."""
        if at + length > self.end:
            raise PixelError(f"the data set ends {at + length - self.end} bytes too early")
        return self.read(at, length)

    def chunks(self, at: int, length: int) -> Iterator[bytes]:
        """The same in pieces of at most 1 MiB."""
        stop = at + length
        while at < stop:
            chunk = self.exactly(at, min(_CHUNK, stop - at))
            yield chunk
            at += len(chunk)

    def close(self) -> None:
        self._file.close()


def open_source(path: str, start: int, syntax: str, digest: str, largest: int) -> Source:
    """Raises `Damaged` when a digest is given and the file has another one."""
    file = open(path, "rb")  # noqa: SIM115 - the source closes it
    if digest and hashlib.file_digest(file, "sha256").hexdigest() != digest:
        file.close()
        raise Damaged(f"{digest} differs from what was put; restore it from a copy")
    end = file.seek(0, 2)
    if syntax != DEFLATED:
        return Source(file, start, end, syntax)
    file.seek(start)
    with file:
        inflated, size = _inflated(file, largest)
    return Source(inflated, 0, size, syntax)


def _inflated(file: BinaryIO, largest: int) -> tuple[BinaryIO, int]:
    """The data set (PS3.5 §A.5) without its compression, in a file without a name."""
    out = tempfile.TemporaryFile()  # noqa: SIM115
    try:
        return out, _inflate(file, out, largest)
    except BaseException:
        out.close()
        raise


def _inflate(file: BinaryIO, out: BinaryIO, largest: int) -> int:
    inflate, size = zlib.decompressobj(-15), 0
    while not inflate.eof and (data := inflate.unconsumed_tail or file.read(_CHUNK)):
        try:
            piece = inflate.decompress(data, _CHUNK)
        except zlib.error as error:
            raise PixelError(f"the deflated data set cannot be inflated: {error}") from None
        size += out.write(piece)
        if size > largest:
            raise PixelError(f"the deflated data set is longer than {largest} bytes")
    if not inflate.eof:
        raise PixelError("the deflated data set ends too early")
    return size
