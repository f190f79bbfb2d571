"""The headers of stored objects: handed over by intake, or read from the files again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence

from appliance.archive.model import IndexedInstance
from appliance.dicom.attributes import Attributes
from appliance.dicom.header import Header, HeaderError, Scanner
from storage.errors import StoreError
from storage.store import Entry, Reader, Store

_MOST_BYTES = 16 << 20
_OVERHEAD = 6 << 10  # what the objects of an ordinary header of 100 values weigh
_STEP = 64 << 10


class Headers:
    """A bounded memory of headers between the commit of an object and its indexing.

    Worker threads keep, the event loop takes.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[int, tuple[Header, int]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def keep(self, sequence: int, header: Header) -> None:
        """Remember a header; the oldest are forgotten when there are too many."""
        weight = _OVERHEAD + sum(map(len, header.values.values()))
        with self._lock:
            self._kept[sequence] = header, weight
            self._bytes += weight
            while self._bytes > _MOST_BYTES:
                _, (_, forgotten) = self._kept.popitem(last=False)
                self._bytes -= forgotten

    def take(self, entry: Entry) -> Header | None:
        """The remembered header, which is forgotten now."""
        with self._lock:
            header, weight = self._kept.pop(entry.sequence, (None, 0))
            self._bytes -= weight
            return header

    def read(self, entries: Sequence[Entry]) -> dict[int, Header | None]:
        """Headers from the files, by sequence; None when one cannot be understood. Blocks."""
        return {entry.sequence: self._read(entry) for entry in entries}

    def again(self, digests: Sequence[str]) -> list[IndexedInstance]:
        """Stored objects with their headers from the files; without those let go. Blocks."""
        entries = [self._store.entry(sha256) for sha256 in digests]
        return [indexed(entry, self._read(entry)) for entry in entries if entry is not None]

    def _read(self, entry: Entry) -> Header | None:
        try:
            reader = self._store.open(entry.sha256)
        except StoreError:
            return None
        try:
            return _scan(reader, entry)
        except (StoreError, HeaderError):
            return None
        finally:
            reader.close()


def indexed(entry: Entry, header: Header | None) -> IndexedInstance:
    """What routing and the index see of an object."""
    return IndexedInstance(entry, Attributes(header or Header({})), readable=header is not None)


def _scan(reader: Reader, entry: Entry) -> Header:
    scanner = Scanner(entry.notes.get("transfer_syntax", ""))
    for piece in _pieces(reader, entry, scanner):
        header = scanner.feed(piece)
        if header is not None:
            return header
    return scanner.finish()


def _pieces(reader: Reader, entry: Entry, scanner: Scanner) -> Iterator[bytes]:
    """The data set's bytes, without those that the scanner would pass over anyway."""
    position = entry.header
    while position < entry.size:
        if scanner.plain and scanner.skip:
            passed = min(scanner.skip, entry.size - position)
            scanner.skip -= passed
            position += passed
            continue
        piece = reader.range(position, min(_STEP, entry.size - position))
        if not piece:
            return
        position += len(piece)
        yield piece
