"""An object on its way in: hashed while it is written, named, then committed with others."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from blake3 import blake3

from storage.catalogue import Catalogue
from storage.commit import Committer
from storage.errors import Full, Stopped, StoreError
from storage.folders import Claims, Folders
from storage.layout import Layout
from storage.put import Arrival, Put
from storage.retention import RetentionRules
from storage.room import Room
from storage.store import Buffer, Receipt
from storage.system import System

_JOIN_BELOW = 32 << 10  # smaller fragments are cheaper as one: one write, one call of each hash
_HELP_FROM = 1 << 20  # bytes of an object after which a second thread for SHA-256 pays
_START_FROM = 1 << 17  # bytes after which the medium is told to begin; less only costs time


class Helpers:
    """A few threads that hash large objects beside the writing one, while they are free for it."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(max(count, 1), thread_name_prefix="hash")
        self._free = threading.Semaphore(count)

    def borrow(self) -> ThreadPoolExecutor | None:
        """A thread for one object, if one is free. It must be given back."""
        return self._pool if self._free.acquire(blocking=False) else None

    def give_back(self) -> None:
        self._free.release()

    def close(self) -> None:
        self._pool.shutdown()


class FileDigest:
    """The SHA-256 of a file; from some length on a helper computes it, one piece behind."""

    def __init__(self, header: bytes, helpers: Helpers) -> None:
        self._sha256 = sha256(header)
        self._helpers = helpers
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: Future[None] | None = None

    def update(self, piece: Buffer, size_before: int) -> None:
        """The piece may be reused once this returns."""
        if self._pool is None and size_before >= _HELP_FROM:
            self._pool = self._helpers.borrow()
        if self._pool is None:
            self._sha256.update(piece)
        else:
            self._wait()
            self._under_way = self._pool.submit(self._sha256.update, bytes(piece))

    def _wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def finish(self) -> str:
        """The digest so far. Safe to call again."""
        self._wait()
        if self._pool is not None:
            self._pool = None
            self._helpers.give_back()
        return self._sha256.hexdigest()


@dataclass(frozen=True, slots=True)
class Dock:
    """What every incoming object of a volume needs."""

    layout: Layout
    system: System
    committer: Committer
    catalogue: Catalogue
    room: Room
    rules: RetentionRules
    helpers: Helpers
    claims: Claims
    folders: Folders
    clock: Callable[[], datetime]
    immutable: bool

    def failed(self, error: OSError, doing: str) -> StoreError:
        """What to raise for a failed call; a full disk gets the reserve back."""
        meaning = self.committer.failed(error, doing)
        if isinstance(meaning, Full):
            self.room.release()
        return meaning


class Upload:
    """See `storage.store.Incoming`."""

    def __init__(self, dock: Dock, temporary: str, header: bytes) -> None:
        self._dock = dock
        self._file = temporary
        self._header = header
        self._sha256 = FileDigest(header, dock.helpers)
        self._content = blake3()
        self._size = 0
        self._started = 0  # bytes the medium was told to begin with
        try:
            self._descriptor = dock.system.create(temporary, 0o440)
        except OSError as error:
            raise dock.failed(error, "creating a file for a new object") from error

    def write(self, fragments: Sequence[Buffer]) -> None:
        """Raises `Full` or `Stopped`; the object is lost then."""
        self._require_open()
        total = sum(map(len, fragments))
        if len(fragments) > 1 and total < _JOIN_BELOW * len(fragments):
            fragments = [b"".join(fragments)]
        try:
            self._take(fragments)
        except OSError as error:
            self.discard()
            raise self._dock.failed(error, "writing an object") from error
        except StoreError:
            self.discard()
            raise

    def _require_open(self) -> None:
        self._dock.committer.check()
        if self._descriptor < 0:
            raise StoreError("this object was committed or discarded before")

    def _take(self, fragments: Sequence[Buffer]) -> None:
        before = self._size
        self._write(fragments)
        for fragment in fragments:
            self._sha256.update(fragment, before)
            self._content.update(fragment)

    def _write(self, fragments: Sequence[Buffer]) -> None:
        if self._size == 0 and self._header:
            fragments = [self._header, *fragments]
        system = self._dock.system
        written = system.write(self._descriptor, fragments)
        self._size += written
        self._dock.room.take(written)
        if self._size - self._started >= _START_FROM:
            system.start_writing(self._descriptor, self._started, self._size - self._started)
            self._started = self._size
        self._dock.room.check()

    def commit(
        self,
        name: str,
        group: str,
        notes: Mapping[str, str],
        retain_until: datetime | None = None,
    ) -> Receipt:
        """See `storage.store.Incoming.commit`."""
        self._require_open()
        try:
            return self._commit(self._finish(name, group, notes, retain_until))
        except OSError as error:
            raise self._dock.failed(error, "storing an object") from error
        finally:
            self.discard()

    def _finish(
        self, name: str, group: str, notes: Mapping[str, str], retain_until: datetime | None
    ) -> Put:
        if self._size == 0:
            self._write(())
        dock = self._dock
        arrival = Arrival(
            self._sha256.finish(), self._content.hexdigest(), self._size, len(self._header),
            name, group, notes, retain_until,
        )  # fmt: skip
        return Put(arrival, self._file, dock.layout, dock.folders, dock.rules, dock.system)

    def _commit(self, put: Put) -> Receipt:
        dock = self._dock
        with dock.claims.hold(put.arrival.sha256):
            self._sync(put)
            self._file = ""  # from here on the ledger may list it, whatever happens to us
            try:
                dock.committer.run(put)
            except Stopped:
                raise
            except StoreError:
                self._drop(put.file)
                raise
            if put.is_surplus:
                self._drop(put.file)
            elif dock.immutable:
                dock.system.set_immutable(put.file, immutable=True)
        assert put.receipt is not None
        return put.receipt

    def _sync(self, put: Put) -> None:
        """The name comes first: then one commit of the journal holds the file and its name."""
        try:
            seen = self._dock.catalogue.look(put.arrival.name, put.arrival.sha256)
            put.seen = seen
            if not seen.listed:
                put.name_file(self._dock.clock())
            self._dock.system.sync(self._descriptor)
        except (OSError, StoreError):
            self._file = ""
            self._drop(put.file)
            raise

    def discard(self) -> None:
        """See `storage.store.Incoming.discard`."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._sha256.finish()
        if self._file:
            self._drop(self._file)
            self._file = ""

    def _drop(self, path: str) -> None:
        """Remove a file that the ledger does not list; what fails now the next start does."""
        with suppress(OSError):
            self._dock.system.unlink(path)
