"""The append-only, hash-chained list of all that happened to a unit: its truth.

The lines lie in segments, files named by the sequence of their first line. A
batch of lines is appended by one write and made durable by one sync.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from storage.line import encode
from storage.segments import START, Mark, Position, Segments
from storage.store import Entry
from storage.system import System


class Ledger:
    """The writing end. One caller at a time."""

    def __init__(self, segments: Segments, segment_bytes: int, system: System) -> None:
        self.segments = segments
        self._limit = segment_bytes
        self._system = system
        self._descriptor = -1
        self.head = START

    def begin(self, head: Mark) -> None:
        """Go on behind `head`. What a torn write left behind it is put aside and cut off."""
        following = head.sequence + 1
        if Path(self.segments.path(following)).exists():  # a crash came before its first line
            head = Mark(head.sequence, head.seal, Position(following, 0, 0))
        self.head = head
        path = self.segments.path(head.position.segment)
        if not Path(path).exists():
            self._open_segment(head.position.segment)
            return
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        if os.fstat(self._descriptor).st_size > head.position.end:
            self._system.truncate(self._descriptor, head.position.end)
        self._system.sync(self._descriptor)
        self._system.sync_directory(self.segments.folder)

    def _open_segment(self, first: int) -> None:
        path = self.segments.path(first)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        fresh = os.open(path, flags, 0o640)
        self.close()
        self._descriptor = fresh
        self._system.sync(fresh)
        self._system.sync_directory(self.segments.folder)

    def append(self, entries: Sequence[Entry]) -> list[Mark]:
        """Make lines durable; returns a mark for each.

        An `OSError` leaves the ledger as it was; `SyncFailed` leaves it unknown.
        """
        if self.head.position.end >= self._limit:
            self._open_segment(self.head.sequence + 1)
            self.head = Mark(
                self.head.sequence, self.head.seal, Position(self.head.sequence + 1, 0, 0)
            )
        lines, marks = self._encode(entries)
        try:
            self._system.append(self._descriptor, lines, self.head.position.end)
        except OSError:
            self._system.truncate(self._descriptor, self.head.position.end)
            raise
        self._system.sync_data(self._descriptor)
        self.head = marks[-1]
        return marks

    def _encode(self, entries: Sequence[Entry]) -> tuple[bytes, list[Mark]]:
        seal, place = self.head.seal, self.head.position
        lines: list[bytes] = []
        marks: list[Mark] = []
        for entry in entries:
            line, seal = encode(entry, seal)
            place = Position(place.segment, place.end, len(line))
            lines.append(line)
            marks.append(Mark(entry.sequence, seal, place))
        return b"".join(lines), marks

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
