"""An object on its way out, its digest checked before its last bytes leave."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import sha256

from storage.errors import Corrupt, Missing, StoreError
from storage.store import Entry

Failed = Callable[[OSError, str], StoreError]


class FileReader:
    """See `storage.store.Reader`. Also a context manager."""

    def __init__(self, path: str, entry: Entry, failed: Failed) -> None:
        """`failed` says what to raise when the medium cannot be read."""
        self.entry = entry
        self._failed = failed
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Missing(f"{path} is listed but not there; restore it from a copy") from None
        except OSError as error:
            raise failed(error, f"opening {path}") from error

    def chunks(self, size: int = 1 << 20, *, content_only: bool = False) -> Iterator[bytes]:
        """See `storage.store.Reader.chunks`."""
        digest = sha256()
        offset = 0
        held = b""  # the newest chunk waits until the next one or the end is known
        while chunk := self.range(offset, size):
            if held:
                yield held
            digest.update(chunk)
            skip = max(self.entry.header - offset, 0) if content_only else 0
            held = chunk[skip:] if skip else chunk
            offset += len(chunk)
        if offset != self.entry.size or digest.hexdigest() != self.entry.sha256:
            raise Corrupt(
                f"{self.entry.path} differs from what was put "
                f"({offset} of {self.entry.size} bytes); restore it from a copy"
            )
        if held:
            yield held

    def range(self, start: int, length: int) -> bytes:
        """See `storage.store.Reader.range`."""
        try:
            return os.pread(self._descriptor, length, start)
        except OSError as error:
            raise self._failed(error, f"reading {self.entry.path}") from error

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> FileReader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
