"""The decision about an object that arrived: stored, a duplicate, or in conflict."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from storage.catalogue import Seen
from storage.commit import Batch, Work
from storage.folders import Folders, set_aside
from storage.kept import Kept
from storage.layout import Layout, folder_of
from storage.retention import RetentionRules
from storage.store import Action, Entry, Outcome, Receipt
from storage.system import System

# A device that uses one UID for everything must not slow down reception: of its copies so many
# are compared.
_MOST_COPIES = 32


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of an object before it is listed."""

    sha256: str
    content: str
    size: int
    header: int
    name: str
    group: str
    notes: Mapping[str, str]
    retain_until: datetime | None


class Put(Work):
    """One object, its file synced, that waits to be listed."""

    __slots__ = (
        "_folders", "_layout", "_rules", "_system", "arrival", "file", "path", "receipt", "seen",
    )  # fmt: skip

    def __init__(
        self,
        arrival: Arrival,
        file: str,
        layout: Layout,
        folders: Folders,
        rules: RetentionRules,
        system: System,
    ) -> None:
        """`file` is where the bytes are now."""
        super().__init__()
        self.arrival = arrival
        self.file = file
        self.path = ""  # below the root, once it has its name for good
        self.receipt: Receipt | None = None
        self.seen = Seen(-1, listed=True, named=True)
        self._layout = layout
        self._folders = folders
        self._rules = rules
        self._system = system

    def name_file(self, now: datetime) -> None:
        """Give the file its name for good. The caller holds the claim and saw it unlisted."""
        folder = folder_of(now, self.arrival.group)
        path = f"{folder}/{self.arrival.sha256}.dcm"
        self._folders.ensure(folder)
        target = self._layout.absolute(path)
        self._system.rename(self.file, target)
        self.file, self.path = target, path

    def plan(self, batch: Batch) -> None:
        others: list[Entry] = []
        for copy in self._copies(batch):
            if copy.content != self.arrival.content:
                others.append(copy)
                continue
            kept = batch.kept(copy.sha256)
            if kept is not None and self._is_intact(kept):
                self._answer_duplicate(copy, kept, batch)
                return
        self._store(batch, tuple(others))

    def _copies(self, batch: Batch) -> list[Entry]:
        """What is kept under the name: the newest copies, and the very same file however old."""
        copies = batch.find(self.arrival.name, self.seen, _MOST_COPIES)
        same = batch.kept(self.arrival.sha256) if len(copies) >= _MOST_COPIES else None
        if same is not None and same.entry.name == self.arrival.name:
            copies.append(same.entry)
        return copies

    def _is_intact(self, kept: Kept) -> bool:
        """The cheap look: the file is there and as long as it should be."""
        try:
            size = Path(self._layout.absolute(kept.entry.path)).stat().st_size
        except FileNotFoundError:
            return False
        return size == kept.entry.size and not kept.damaged

    def _answer_duplicate(self, copy: Entry, kept: Kept, batch: Batch) -> None:
        """One copy is enough; a longer retention asked for is kept all the same."""
        until, wished = kept.retain_until, self.arrival.retain_until
        if wished is not None and (until is None or wished > until):
            until = wished
            batch.add(extension(kept.entry, until, "", batch))
        self.receipt = Receipt(Outcome.DUPLICATE, replace(copy, retain_until=until))

    def _store(self, batch: Batch, others: tuple[Entry, ...]) -> None:
        path = self.path or self._place(batch)
        batch.directories.add(os.path.dirname(self.file))
        arrival = self.arrival
        entry = Entry(
            batch.next_sequence, batch.time, Action.PUT,
            arrival.sha256, arrival.content, arrival.name, arrival.group, path,
            arrival.size, arrival.header,
            self._rules.until(arrival.retain_until, batch.time), dict(arrival.notes),
        )  # fmt: skip
        batch.add(entry)
        outcome = Outcome.CONFLICT if others else Outcome.STORED
        self.receipt = Receipt(outcome, entry, others)

    def _place(self, batch: Batch) -> str:
        """The digest was listed when the file arrived: use that copy, or take its place."""
        kept = batch.kept(self.arrival.sha256)
        if kept is not None:
            if self._is_intact(kept):  # the same file under another name
                return kept.entry.path
            damaged = self._layout.absolute(kept.entry.path)
            if os.path.lexists(damaged):
                set_aside(self._layout, self._system, damaged, "damaged")
        self.name_file(batch.time)
        return self.path

    @property
    def is_surplus(self) -> bool:
        """Whether the file is not the one that the receipt speaks of."""
        return self.receipt is None or self.receipt.entry.path != self.path


def extension(of: Entry, until: datetime, actor: str, batch: Batch) -> Entry:
    """The line that lengthens a retention."""
    return Entry(
        batch.next_sequence, batch.time, Action.EXTEND, of.sha256, retain_until=until, actor=actor
    )
