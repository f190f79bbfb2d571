"""What the ledger says, ready to be looked up: a cache that can be thrown away.

The SQLite file maps names and digests to places in the ledger. It is written
behind the ledger, in batches, with the mark it has reached in the same
transaction; what it does not have yet is held in memory. Losing it costs a
rebuild, never an object.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from storage import tables
from storage.errors import Stopped
from storage.kept import Kept, apply
from storage.line import decode
from storage.segments import Link, Mark, Position, Segments
from storage.store import Action, Entry

_ALL = 2**31 - 1


class Fresh:
    """Lines that the file does not have yet, in order."""

    def __init__(self) -> None:
        self.lines: list[tuple[Entry, Mark]] = []
        self.names: dict[str, list[Entry]] = {}
        self.shas: dict[str, list[Entry]] = {}
        self.deletions: dict[str, int] = {}

    def add(self, entry: Entry, mark: Mark) -> None:
        self.lines.append((entry, mark))
        self.shas.setdefault(entry.sha256, []).append(entry)
        if entry.action is Action.PUT:
            self.names.setdefault(entry.name, []).append(entry)
        elif entry.action is Action.DELETE:
            self.deletions[entry.sha256] = entry.sequence

    def extend(self, other: Fresh) -> None:
        for entry, mark in other.lines:
            self.add(entry, mark)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a quick look found, and when."""

    flushes: int
    listed: bool  # the digest may be listed; sure only when False
    named: bool  # the name may be taken; sure only when False


class Catalogue:
    """Lookups from any thread; `add` from one thread at a time."""

    def __init__(self, path: str, unit: str, segments: Segments) -> None:
        """Raises `sqlite3.DatabaseError` when the file is not a catalogue of this unit."""
        self._path = path
        self._segments = segments
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._fresh = Fresh()
        self._leaving = Fresh()  # on their way into the file
        self._flushes = 0
        self._writer = tables.connect(path)
        self._reader = self._writer
        try:
            self.mark, self.was_clean = tables.prepare(self._writer, unit)
            if path != tables.PRIVATE:
                self._reader = tables.connect(path)
        except sqlite3.Error:
            self._writer.close()
            raise

    def add(self, entry: Entry, mark: Mark) -> None:
        """Take over a line that is durable in the ledger now."""
        with self._lock:
            self._fresh.add(entry, mark)

    @property
    def waiting(self) -> int:
        """How many lines the file does not have yet."""
        return len(self._fresh.lines)

    def flush(self) -> bool:
        """Bring the file up to date; False when it could not be written this time.

        Somebody else doing so already is as good.
        """
        if not self._flushing.acquire(blocking=False):
            return True
        try:
            with self._lock:
                self._leaving, self._fresh = self._fresh, Fresh()
                self._flushes += 1
            return self._write_leaving()
        finally:
            self._flushing.release()

    def _write_leaving(self) -> bool:
        try:
            if self._leaving.lines:
                tables.write(self._writer, self._leaving.lines, self._read)
                self.mark = self._leaving.lines[-1][1]
        except sqlite3.Error:  # a full disk, most likely: memory keeps them until the next time
            with self._lock:
                self._leaving.extend(self._fresh)
                self._fresh, self._leaving = self._leaving, Fresh()
            return False
        with self._lock:
            self._leaving = Fresh()
        return True

    def find(self, name: str, most: int = _ALL) -> list[Entry]:
        """The newest line of each object that is kept under a name, oldest first.

        At most the `most` newest lines are looked at.
        """
        with self._lock:
            held = (self._leaving.names.get(name, ()), self._fresh.names.get(name, ()))
            fresh = [put for puts in held for put in puts[-most:]][-most:]
            stored = self._stored("name", tables.key_of_name(name), most - len(fresh))
            newest = {put.sha256: put for put in stored if put.name == name}
            newest.update((put.sha256, put) for put in fresh)
            return sorted(
                (put for put in newest.values() if put.sequence > self._deletion(put.sha256)),
                key=lambda put: put.sequence,
            )

    def _deletion(self, sha256: str) -> int:
        """The sequence of its last deletion that the file does not know; 0 for none."""
        leaving = self._leaving.deletions.get(sha256, 0)
        return self._fresh.deletions.get(sha256, leaving)

    def kept(self, sha256: str) -> Kept | None:
        """An object by its digest, with what is in force for it."""
        if not tables.is_sha256(sha256):
            return None
        with self._lock:
            kept = self._stored_kept(sha256)
            for line in self._leaving.shas.get(sha256, ()):
                kept = apply(kept, line)
            for line in self._fresh.shas.get(sha256, ()):
                kept = apply(kept, line)
        return kept

    def _stored_kept(self, sha256: str) -> Kept | None:
        kept: Kept | None = None
        for put in self._stored("sha", tables.key_of_sha(sha256)):
            if put.sha256 == sha256:
                kept = apply(kept, put)
        if kept is None:
            return None
        rows = self._query(tables.CHANGES, sha256)
        return tables.changed(kept, rows[0]) if rows else kept

    def _stored(self, column: str, key: int, most: int = _ALL) -> list[Entry]:
        """The newest lines in the file, oldest first."""
        places = self._query(tables.PLACES[column], key, most)
        return [self._read(Position(*place)) for place in reversed(places)]

    def _read(self, place: Position) -> Entry:
        return decode(self._segments.read(place))

    def look(self, name: str, sha256: str) -> Seen:
        """One quick look for both, in the caller's own thread."""
        with self._lock:
            keys = (tables.key_of_name(name), tables.key_of_sha(sha256))
            [(in_name, in_sha)] = self._query(tables.EITHER, *keys)
            held = (self._leaving, self._fresh)
            listed = any(sha256 in lines.shas for lines in held)
            named = any(name in lines.names for lines in held)
            return Seen(
                self._flushes,
                listed or bool(in_sha),
                named or bool(in_name),
            )

    def find_since(self, name: str, seen: Seen, most: int = _ALL) -> list[Entry]:
        """As `find`, without asking the file again what was seen not to be there."""
        with self._lock:
            if not seen.named and seen.flushes == self._flushes:
                fresh = (*self._leaving.names.get(name, ()), *self._fresh.names.get(name, ()))
                if not fresh:
                    return []
        return self.find(name, most)

    def _query(self, statement: str, *values: object) -> list[Any]:
        try:
            return self._reader.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            tables.discard(self._path)
            raise Stopped(
                f"the catalogue cannot be read: {error}. It is rebuilt at the next start"
            ) from error

    def doomed(self) -> list[str]:
        """Paths of deleted objects whose files may still be there."""
        with self._lock:
            return [path for (path,) in self._query("SELECT path FROM doomed")]

    def gone(self, path: str) -> None:
        """The file of a deleted object is no more. Not noting it costs a look at the next start."""
        with suppress(sqlite3.Error), self._flushing, tables.Transaction(self._writer) as writer:
            writer.execute("DELETE FROM doomed WHERE path = ?", (path,))

    def set_clean(self, clean: bool) -> None:
        """Note whether the unit was closed in good order."""
        with suppress(sqlite3.Error), self._flushing, tables.Transaction(self._writer) as writer:
            writer.execute("UPDATE mark SET clean = ?", (clean,))

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


def replay(catalogue: Catalogue, links: Iterable[Link], batch: int) -> Mark:
    """Take over lines read from the ledger; returns the mark of the last."""
    head = catalogue.mark
    for link in links:
        head = Mark(link.entry.sequence, link.seal, link.position)
        catalogue.add(link.entry, head)
        if catalogue.waiting >= batch:
            catalogue.flush()
    return head
