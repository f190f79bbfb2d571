"""System calls that fail on purpose, at the n-th call."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence

from storage.store import Buffer
from storage.system import SyncFailed, System

CALLS = (
    "create", "write", "append", "start_writing", "sync", "sync_data", "sync_directory",
    "rename", "unlink", "make_directory", "truncate", "allocate", "free",
)  # fmt: skip


class Faulty(System):
    """Counts the calls of some kinds and lets those fail that it is told to."""

    def __init__(self, calls: Sequence[str] = (), code: int = errno.EIO) -> None:
        super().__init__()
        self.calls = set(calls)
        self.code = code
        self.fail_from = 0  # the number of the first call that fails; 0 for none
        self.fail_count = 1
        self.count = 0
        self.failed = 0

    def arm(self, number: int, count: int = 1) -> None:
        """The `number`-th call from now on fails, and the ones behind it up to `count`."""
        self.count, self.fail_from, self.fail_count, self.failed = 0, number, count, 0

    def _pass(self, call: str) -> None:
        if call not in self.calls or not self.fail_from:
            return
        self.count += 1
        if self.fail_from <= self.count < self.fail_from + self.fail_count:
            self.failed += 1
            kind = SyncFailed if "sync" in call else OSError
            raise kind(self.code, os.strerror(self.code))

    def create(self, path: str, mode: int = 0o640) -> int:
        self._pass("create")
        return super().create(path, mode)

    def write(self, descriptor: int, buffers: Sequence[Buffer]) -> int:
        self._pass("write")
        return super().write(descriptor, buffers)

    def append(self, descriptor: int, data: bytes, offset: int) -> None:
        try:
            self._pass("append")
        except OSError:  # half of it gets there
            super().append(descriptor, data[: len(data) // 2], offset)
            raise
        super().append(descriptor, data, offset)

    def start_writing(self, descriptor: int, offset: int, length: int) -> None:
        self._pass("start_writing")
        super().start_writing(descriptor, offset, length)

    def sync(self, descriptor: int) -> None:
        self._pass("sync")
        super().sync(descriptor)

    def sync_data(self, descriptor: int) -> None:
        self._pass("sync_data")
        super().sync_data(descriptor)

    def sync_directory(self, path: str) -> None:
        self._pass("sync_directory")
        super().sync_directory(path)

    def rename(self, source: str, target: str) -> None:
        self._pass("rename")
        super().rename(source, target)

    def unlink(self, path: str) -> None:
        self._pass("unlink")
        super().unlink(path)

    def make_directory(self, path: str) -> bool:
        self._pass("make_directory")
        return super().make_directory(path)

    def truncate(self, descriptor: int, length: int) -> None:
        self._pass("truncate")
        super().truncate(descriptor, length)

    def allocate(self, descriptor: int, length: int) -> None:
        self._pass("allocate")
        super().allocate(descriptor, length)

    def free(self, path: str) -> tuple[int, int]:
        self._pass("free")
        return super().free(path)
