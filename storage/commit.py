"""Group commit: many callers, few syncs.

Each caller hands in one piece of work and waits. The first one to find nobody
at it leads: it takes everything that waits, plans it in order, syncs each
directory once, appends all lines to the ledger by one write and one sync, and
lets the others go. Whoever came meanwhile is led by the first of them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime

from storage.catalogue import Catalogue, Seen
from storage.errors import Stopped, StoreError
from storage.folders import OpenFolders
from storage.kept import Kept, apply
from storage.ledger import Ledger
from storage.settings import VolumeSettings
from storage.store import Action, Entry
from storage.system import System, explain

RECENT = 2048  # lines kept in memory for those who follow closely
_UNFINISHED = Stopped("the round of commits broke off; restart")


class Batch:
    """What one round will write: the catalogue as it will be, before it is."""

    def __init__(self, catalogue: Catalogue, sequence: int, time: datetime) -> None:
        self.time = time
        self.entries: list[Entry] = []
        self.directories: set[str] = set()
        self._catalogue = catalogue
        self._next = sequence + 1

    @property
    def next_sequence(self) -> int:
        return self._next

    def add(self, entry: Entry) -> None:
        """Its sequence must be `next_sequence`."""
        self.entries.append(entry)
        self._next += 1

    def find(self, name: str, seen: Seen, most: int) -> list[Entry]:
        """The `most` newest copies under a name, and those of this batch."""
        known = self._catalogue.find_since(name, seen, most)
        newest = {entry.sha256: entry for entry in known}
        for entry in self.entries:
            if entry.action is Action.DELETE:
                newest.pop(entry.sha256, None)
            elif entry.action is Action.PUT and entry.name == name:
                newest[entry.sha256] = entry
        return list(newest.values())

    def kept(self, sha256: str) -> Kept | None:
        """An object, with what is in force after the lines of this batch."""
        kept = self._catalogue.kept(sha256)
        for entry in self.entries:
            if entry.sha256 == sha256:
                kept = apply(kept, entry)
        return kept


class Work:
    """A piece of work that waits for its round."""

    __slots__ = ("done", "error", "gate")

    def __init__(self) -> None:
        self.gate = threading.Lock()
        self.gate.acquire()
        self.done = False
        self.error: StoreError | None = _UNFINISHED

    def plan(self, batch: Batch) -> None:
        """Add lines and directories to the batch, in the one thread that leads.

        Raises `StoreError` or `OSError` when this work cannot be done; others are not harmed.
        """
        raise NotImplementedError


class Committer:
    """The one door to the ledger."""

    def __init__(
        self,
        ledger: Ledger,
        catalogue: Catalogue,
        clock: Callable[[], datetime],
        settings: VolumeSettings,
        system: System,
    ) -> None:
        self.recent: deque[Entry] = deque(maxlen=RECENT)
        self.last = ledger.head.sequence
        self._ledger = ledger
        self._catalogue = catalogue
        self._clock = clock
        self._checkpoint = self._due = settings.checkpoint_lines
        self._system = system
        self._opened = OpenFolders()
        self._mutex = threading.Lock()
        self._queue: list[Work] = []
        self._led = False
        self._stopped = ""

    @property
    def trouble(self) -> str:
        """Why nothing is taken in; empty while all is well."""
        return self._stopped

    def check(self) -> None:
        """Raises `Stopped` after a failure that leaves the medium in doubt."""
        if self._stopped:
            raise Stopped(self._stopped)

    def stop(self, reason: str) -> None:
        """Take nothing more in. Only opening the unit anew ends this."""
        self._stopped = self._stopped or reason

    def failed(self, error: OSError, doing: str) -> StoreError:
        """What to raise for a failed system call; stops the unit when it must."""
        meaning = explain(error, doing)
        if isinstance(meaning, Stopped):
            self.stop(str(meaning))
        return meaning

    def run(self, work: Work) -> None:
        """Have it done. Raises the `StoreError` it met."""
        with self._mutex:
            self._queue.append(work)
            leads, self._led = not self._led, True
        if not leads:
            work.gate.acquire()  # until it is done, or this caller's turn to lead
        if not work.done:
            self._lead()
        if self._catalogue.waiting >= self._due:
            self.checkpoint()
        if work.error is not None:
            raise work.error

    def checkpoint(self) -> None:
        """Let the catalogue's file catch up, in the caller's thread; nobody waits for it."""
        written = self._catalogue.flush()
        self._due = self._checkpoint + (0 if written else self._catalogue.waiting)

    def _lead(self) -> None:
        with self._mutex:
            works, self._queue = self._queue, []
        try:
            self._round(works)
        except BaseException:
            self.stop(str(_UNFINISHED))
            raise
        finally:
            for work in works:
                work.done = True
                work.gate.release()
            self._pass_on()

    def _pass_on(self) -> None:
        with self._mutex:
            if self._queue:
                self._queue[0].gate.release()
            else:
                self._led = False

    def _round(self, works: list[Work]) -> None:
        batch = Batch(self._catalogue, self.last, self._clock())
        planned = [work for work in works if self._plan(work, batch)]
        meaning: StoreError | None = None
        try:
            self.check()
            self._write(batch)
        except OSError as error:
            meaning = self.failed(error, "writing the ledger")
        except Stopped as error:
            meaning = error
        for work in planned:
            work.error = meaning

    def _plan(self, work: Work, batch: Batch) -> bool:
        try:
            self.check()
            work.plan(batch)
        except StoreError as error:
            work.error = error
        except OSError as error:
            work.error = self.failed(error, "storing an object")
        else:
            return True
        return False

    def close(self) -> None:
        """Let go of what is held open. Nobody may be waiting any more."""
        self._opened.close()

    def _write(self, batch: Batch) -> None:
        if not batch.entries:
            return
        for directory in batch.directories:
            self._system.sync(self._opened.descriptor(directory))
        marks = self._ledger.append(batch.entries)
        for entry, mark in zip(batch.entries, marks, strict=True):
            self._catalogue.add(entry, mark)
        self.recent.extend(batch.entries)
        self.last = batch.entries[-1].sequence
