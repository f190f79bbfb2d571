"""Putting the parts of a volume together, and taking them apart again."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime

from storage import recovery, tables
from storage.catalogue import Catalogue, replay
from storage.change import Opening
from storage.commit import Committer
from storage.errors import StoreError
from storage.folders import Claims, Folders
from storage.incoming import Dock, Helpers
from storage.layout import Layout, Unit, lock
from storage.ledger import Ledger
from storage.retention import RetentionClock, RetentionRules
from storage.room import Room
from storage.segments import START, Segments
from storage.settings import VolumeSettings
from storage.store import Entry
from storage.system import System, explain

_HELPERS = max((os.cpu_count() or 1) // 2 - 1, 0)  # fewer cores have better things to do


@dataclass(frozen=True, slots=True)
class Given:
    """What a volume is made from."""

    layout: Layout
    unit: Unit
    settings: VolumeSettings
    clock: Callable[[], datetime]
    system: System


@dataclass(slots=True)
class Parts:
    """What a volume consists of."""

    unit: Unit
    segments: Segments
    ledger: Ledger
    dock: Dock
    lock: int  # the descriptor that keeps other processes out; -1 when opened for reading
    time: RetentionClock | None = None  # None when opened for reading
    _catching_up: threading.Lock = field(default_factory=threading.Lock)

    def lookup(self) -> Catalogue:
        """The catalogue; opened for reading it first takes in what was written meanwhile."""
        if self.lock < 0:
            with self._catching_up:
                catalogue = self.dock.catalogue
                replay(catalogue, self.segments.follow(catalogue.mark), 1000)
        return self.dock.catalogue

    def failed_read(self, error: OSError, doing: str) -> StoreError:
        """A read that fails harms no other object: nothing is stopped."""
        return explain(error, doing) if self.lock < 0 else StoreError(str(explain(error, doing)))

    def close(self) -> None:
        """Note the good end, unless there was trouble, and let everything go."""
        committer, catalogue = self.dock.committer, self.dock.catalogue
        in_order = not committer.trouble
        committer.stop("the unit was closed")
        with suppress(OSError, sqlite3.Error):
            if in_order and catalogue.flush() and self.time is not None:
                self.time.save()
                catalogue.set_clean(clean=True)
        self.dock.helpers.close()
        committer.close()
        catalogue.close()
        self.ledger.close()
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def open_reading(given: Given) -> Parts:
    """Beside a process that writes, or alone: nothing on the medium is changed."""
    segments = Segments(given.layout.ledger)
    catalogue = Catalogue(tables.PRIVATE, given.unit.id, segments)
    ledger = Ledger(segments, given.settings.segment_bytes, given.system)
    dock = _dock(given, ledger, catalogue)
    dock.committer.stop("the unit was opened for reading only")
    return Parts(given.unit, segments, ledger, dock, lock=-1)


def open_writing(given: Given) -> Parts:
    """Lock the unit, put right what a crash left behind, and be ready to receive."""
    with ExitStack() as undo:
        descriptor = lock(given.layout)
        undo.callback(os.close, descriptor)
        segments = Segments(given.layout.ledger)
        catalogue = recovery.open_catalogue(given.layout, given.unit.id, segments)
        undo.callback(catalogue.close)
        ledger = Ledger(segments, given.settings.segment_bytes, given.system)
        undo.callback(ledger.close)
        dock = _recover(given, ledger, catalogue)
        time = _retention_clock(given, segments)
        undo.pop_all()
        return Parts(given.unit, segments, ledger, dock, descriptor, time)


def _recover(given: Given, ledger: Ledger, catalogue: Catalogue) -> Dock:
    """Read what is new in the ledger; go on behind it unless it is in trouble."""
    found = recovery.catch_up(given.layout, catalogue, ledger.segments, given.settings)
    if not found.trouble:
        ledger.begin(found.head)
        _tidy(given, catalogue, ledger.segments)
    dock = _dock(given, ledger, catalogue)
    if found.trouble:
        dock.committer.stop(found.trouble)
    elif found.head == START:
        dock.committer.run(Opening(given.unit.id, given.unit.name))
    return dock


def _tidy(given: Given, catalogue: Catalogue, segments: Segments) -> None:
    """Clear away what an earlier run left, now that the ledger is known to its end."""
    recovery.clear_incoming(given.layout, given.system)
    recovery.finish_deletions(given.layout, catalogue, given.system)
    if not catalogue.was_clean:
        last = _last_entry(segments)
        recovery.sweep(given.layout, catalogue, given.system, segments.modified(), last)
    catalogue.set_clean(clean=False)


def _retention_clock(given: Given, segments: Segments) -> RetentionClock:
    last = _last_entry(segments)
    first = last.time if last else given.clock()
    time = RetentionClock(given.layout, given.system, given.clock, given.settings, first=first)
    with suppress(OSError):
        time.save()
    return time


def _last_entry(segments: Segments) -> Entry | None:
    """The newest line, unless it cannot be read."""
    with suppress(StoreError):
        found = segments.entries(segments.last() - 1, 1)
        return found[-1] if found else None
    return None


def _dock(given: Given, ledger: Ledger, catalogue: Catalogue) -> Dock:
    layout, settings, system = given.layout, given.settings, given.system
    return Dock(
        layout=layout,
        system=system,
        committer=Committer(ledger, catalogue, given.clock, settings, system),
        catalogue=catalogue,
        room=Room(layout, settings, system),
        rules=RetentionRules(settings.default_retention, settings.min_retention),
        helpers=Helpers(_HELPERS),
        claims=Claims(),
        folders=Folders(layout, system),
        clock=given.clock,
        immutable=settings.immutable,
    )
