"""Write-once storage on a local directory."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from itertools import count

from storage import change, tables
from storage.change import Change
from storage.errors import Full, Missing, StoreError
from storage.incoming import Upload
from storage.layout import Layout, Unit, create_marker, is_locked, read_marker
from storage.opening import Given, Parts, open_reading, open_writing
from storage.reader import FileReader
from storage.recovery import unlink_deleted
from storage.segments import Segments
from storage.settings import VolumeSettings as VolumeSettings
from storage.store import Entry, Space
from storage.system import System, explain

Clock = Callable[[], datetime]
_DEFAULTS = VolumeSettings()


def create_volume(
    path: str | os.PathLike[str],
    *,
    name: str,
    settings: VolumeSettings = _DEFAULTS,
    system: System | None = None,
) -> Unit:
    """Make a new unit in an empty or new folder. Raises `NotAUnit` when it is not empty."""
    layout = Layout(os.path.abspath(path))
    return create_marker(layout, name, system or System(sync=settings.sync))


def open_volume(
    path: str | os.PathLike[str],
    *,
    settings: VolumeSettings = _DEFAULTS,
    clock: Clock,
    expected_id: str | None = None,
    read_only: bool = False,
    system: System | None = None,
) -> Volume:
    """Open a unit; what a crash left behind is put right.

    Raises `NotAUnit` when the folder is not the unit that was expected, and `StoreError`
    when another process has it. `read_only` needs no lock and changes nothing.
    """
    layout = Layout(os.path.abspath(path))
    unit = read_marker(layout, expected_id)
    system = system or System(sync=settings.sync)
    given = Given(layout, unit, settings, clock, system)
    try:
        return Volume(open_reading(given) if read_only else open_writing(given))
    except OSError as error:
        raise explain(error, f"opening {layout.root}") from error


class Volume:
    """See `storage.store.Store`. Also a context manager. Safe to use from many threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._committer = parts.dock.committer
        self._numbers = count()
        self._closed = False

    @property
    def unit(self) -> Unit:
        """Its identity and name."""
        return self._parts.unit

    @property
    def layout(self) -> Layout:
        """Where its files lie."""
        return self._parts.dock.layout

    @property
    def read_only(self) -> bool:
        return self._parts.lock < 0

    @property
    def trouble(self) -> str:
        """Why nothing is taken in any more, in words; empty while all is well."""
        return self._committer.trouble

    @property
    def clock(self) -> Clock:
        return self._parts.dock.clock

    @property
    def segments(self) -> Segments:
        """The files of its ledger."""
        return self._parts.segments

    @property
    def is_live(self) -> bool:
        """Whether objects may be coming in at this moment, here or in another process."""
        return not self.read_only or is_locked(self.layout)

    def head(self) -> tuple[int, str]:
        """The newest line's sequence and hash, to be noted where nobody can change it."""
        mark = self._parts.ledger.head
        return mark.sequence, mark.seal

    def landmarks(self) -> list[tuple[int, str]]:
        """Sequences and hashes that the ledger must still contain."""
        mark = self.head() if not self.read_only else tables.noted_mark(self.layout.catalogue)
        return [mark] if mark[0] else []

    def receive(self, header: bytes) -> Upload:
        """See `storage.store.Store.receive`."""
        self._committer.check()
        dock = self._parts.dock
        try:
            dock.room.check()
        except OSError as error:
            raise dock.failed(error, "asking how much room is left") from error
        if self._parts.time is not None:
            with suppress(OSError):
                self._parts.time.save_if_due()
        temporary = f"{dock.layout.incoming}/{next(self._numbers)}"
        return Upload(dock, temporary, header)

    def open(self, sha256: str) -> FileReader:
        """See `storage.store.Store.open`."""
        kept = self._parts.lookup().kept(sha256)
        if kept is None:
            raise Missing(f"no object {sha256} is kept here")
        path = self.layout.absolute(kept.entry.path)
        return FileReader(path, kept.as_entry(), self._parts.failed_read)

    def find(self, name: str) -> tuple[Entry, ...]:
        """See `storage.store.Store.find`."""
        return tuple(self._parts.lookup().find(name))

    def entry(self, sha256: str) -> Entry | None:
        """See `storage.store.Store.entry`."""
        kept = self._parts.lookup().kept(sha256)
        return kept.as_entry() if kept else None

    def is_held(self, sha256: str) -> bool:
        """Whether a legal hold is on it."""
        kept = self._parts.lookup().kept(sha256)
        return kept is not None and kept.held

    def is_damaged(self, sha256: str) -> bool:
        """Whether a scrub found it changed or missing, and no new copy has come since."""
        kept = self._parts.lookup().kept(sha256)
        return kept is not None and kept.damaged

    def follow(self, after: int, limit: int = 1000) -> list[Entry]:
        """See `storage.store.Store.follow`."""
        if self.read_only:
            return self._parts.segments.entries(after, limit)
        limit = min(limit, self.last() - after)
        if limit <= 0:
            return []
        recent = list(self._committer.recent)
        if recent and recent[0].sequence <= after + 1:
            start = after + 1 - recent[0].sequence
            return recent[start : start + limit]
        return self._parts.segments.entries(after, limit)

    def last(self) -> int:
        """See `storage.store.Store.last`."""
        return self._parts.segments.last() if self.read_only else self._committer.last

    def extend(self, sha256: str, until: datetime, actor: str) -> Entry:
        """See `storage.store.Store.extend`."""
        return self._change(change.extend(sha256, until, actor, self.clock()))

    def hold(self, sha256: str, actor: str, reason: str) -> Entry:
        """Nobody may delete it until `release`, whatever its retention."""
        return self._change(change.hold(sha256, actor, reason, self.clock()))

    def release(self, sha256: str, actor: str, reason: str) -> Entry:
        """Lift the legal hold."""
        return self._change(change.release(sha256, actor, reason, self.clock()))

    def note_damage(self, sha256: str, reason: str) -> Entry:
        """Record that a scrub found it changed or missing; the next copy that comes is kept."""
        return self._change(change.damage(sha256, reason, self.clock()))

    def delete(self, sha256: str, actor: str, reason: str) -> Entry:
        """See `storage.store.Store.delete`. The line is durable before the file goes."""
        self._committer.check()
        time, dock = self._parts.time, self._parts.dock
        assert time is not None
        with dock.claims.hold(sha256):
            line = self._change(change.delete(sha256, actor, reason, self.clock(), time.now))
            self._committer.checkpoint()
            try:
                unlink_deleted(dock.layout.absolute(line.path), dock.system)
            except OSError as error:
                raise dock.failed(error, "removing a deleted object") from error
            dock.catalogue.gone(line.path)
        dock.room.restore()
        return line

    def _change(self, work: Change) -> Entry:
        try:
            self._committer.run(work)
        except Full:  # what the reserve is there for
            self._parts.dock.room.release()
            work = work.again()
            self._committer.run(work)
        assert work.entry is not None
        return work.entry

    def space(self) -> Space:
        """See `storage.store.Store.space`."""
        try:
            return self._parts.dock.room.space()
        except OSError as error:
            raise StoreError(f"{self.layout.root} does not say how much room is left") from error

    def close(self) -> None:
        """Let the unit go. What was not committed is forgotten."""
        if not self._closed:
            self._closed = True
            self._parts.close()

    def __enter__(self) -> Volume:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
