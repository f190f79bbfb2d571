"""Keeps what could not be understood, for the technician who wants to know what it was.

The folder is bounded: the oldest files make room. What lies here was refused (C000); it is
in no ledger, no index and no promise.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from storage.store import Buffer

# A small file counts for this share of the folder: so there are never more files than that.
_FEWEST_SHARE = 1 << 14


class Quarantined:
    """One refused object on its way into the folder. Blocks."""

    def __init__(self, path: Path, most: int, kept: Callable[[int], None]) -> None:
        """`kept` is told the size of what stays in the folder."""
        self.path = path
        self._most = self._left = most
        self._kept = kept
        self._file: BinaryIO | None = None

    def write(self, fragments: Sequence[Buffer]) -> None:
        """Append; beyond its share of the folder, or when the disk fails, give it up."""
        self._left -= sum(map(len, fragments))
        try:
            if self._left < 0:
                self.discard()
            elif self._file is None and not self.path.exists():
                self._file = _create(self.path)
            if self._file is not None:
                self._file.writelines(fragments)
        except OSError:
            self.discard()

    def close(self) -> bool:
        """Whether the whole object lies in the folder now."""
        if self._file is None:
            return False
        try:
            self._file.close()
        except OSError:
            self.discard()
            return False
        self._kept(self._most - self._left)
        return True

    def discard(self) -> None:
        self._left = -1
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None
            self.path.unlink(missing_ok=True)


class Quarantine:
    """A folder of refused objects, never larger than `most` bytes."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._room = 0  # bytes that may come before the folder must be looked at again
        self._lock = threading.Lock()

    def begin(self, name: str) -> Quarantined:
        """`name` is our own, never the sender's. Blocks."""
        with suppress(OSError), self._lock:
            if self._room <= self._most // 4:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._make_room()
        return Quarantined(self._folder / f"{name}.dcm", self._most // 4, self._keep)

    def _keep(self, size: int) -> None:
        with self._lock:
            self._room -= self._share(size)

    def _share(self, size: int) -> int:
        return max(size, self._most // _FEWEST_SHARE)

    def _make_room(self) -> None:
        """Let the oldest go until half is free, so that it is seldom done."""
        files = sorted(
            (found.stat().st_mtime_ns, self._share(found.stat().st_size), found)
            for found in self._folder.glob("*.dcm")
        )
        self._room = self._most - sum(share for _, share, _ in files)
        if self._room > self._most // 4:
            return
        for _, share, path in files:
            if self._room > self._most // 2:
                return
            path.unlink(missing_ok=True)
            self._room += share


def _create(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
