"""The decision about an object that arrived: stored, a duplicate, or in conflict."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from storage.commit import Batch, Work
from storage.folders import Folders, set_aside
from storage.kept import Kept
from storage.layout import Layout, folder_of
from storage.retention import RetentionRules
from storage.store import Action, Entry, Outcome, Receipt
from storage.system import System


class Put(Work):
    """One object, its file synced, that waits to be listed."""

    __slots__ = (
        "_folders", "_layout", "_rules", "_system",
        "file", "is_named", "object", "receipt", "wished",
    )  # fmt: skip

    def __init__(
        self,
        entry: Entry,
        file: str,
        layout: Layout,
        folders: Folders,
        rules: RetentionRules,
        system: System,
    ) -> None:
        """`entry` lacks sequence and time; `file` is where the bytes are now."""
        super().__init__()
        self.object = entry
        self.wished = entry.retain_until
        self.file = file
        self.is_named = False
        self.receipt: Receipt | None = None
        self._layout = layout
        self._folders = folders
        self._rules = rules
        self._system = system

    def name_file(self, now: datetime) -> None:
        """Give the file its name for good, below the root."""
        folder = folder_of(now, self.object.group)
        path = f"{folder}/{self.object.sha256}.dcm"
        target = f"{self._folders.ensure(folder)}/{self.object.sha256}.dcm"
        self._system.rename(self.file, target)
        self.file = target
        self.object = replace(self.object, path=path)
        self.is_named = True

    def plan(self, batch: Batch) -> None:
        copies = batch.find(self.object.name)
        others: list[Entry] = []
        for copy in copies:
            kept = batch.kept(copy.sha256)
            if copy.content != self.object.content:
                others.append(copy)
            elif kept is not None and self._is_intact(kept):
                self._answer_duplicate(copy, kept, batch)
                return
        self._store(batch, tuple(others))

    def _is_intact(self, kept: Kept) -> bool:
        """The cheap look: the file is there and as long as it should be."""
        try:
            size = os.stat(self._layout.absolute(kept.entry.path)).st_size
        except FileNotFoundError:
            return False
        return size == kept.entry.size and not kept.damaged

    def _answer_duplicate(self, copy: Entry, kept: Kept, batch: Batch) -> None:
        """One copy is enough; a longer retention asked for is kept all the same."""
        until = kept.retain_until
        if self.wished is not None and (until is None or self.wished > until):
            until = self.wished
            batch.add(extension(kept.entry, until, "", batch))
        self.receipt = Receipt(Outcome.DUPLICATE, replace(copy, retain_until=until))

    def _store(self, batch: Batch, others: tuple[Entry, ...]) -> None:
        kept = batch.kept(self.object.sha256)
        if kept is not None and self._is_intact(kept):  # the same file under another name
            path = kept.entry.path
        else:
            self._place(batch.time, kept)
            path = self.object.path
            batch.directories.add(os.path.dirname(self.file))
        entry = replace(
            self.object,
            sequence=batch.next_sequence,
            time=batch.time,
            path=path,
            retain_until=self._rules.until(self.wished, batch.time),
        )
        batch.add(entry)
        outcome = Outcome.CONFLICT if others else Outcome.STORED
        self.receipt = Receipt(outcome, entry, others)

    def _place(self, now: datetime, kept: Kept | None) -> None:
        """Name the file if that was left to us, a damaged one put aside first."""
        if self.is_named:
            return
        if kept is not None:
            damaged = self._layout.absolute(kept.entry.path)
            if os.path.lexists(damaged):
                set_aside(self._layout, self._system, damaged, "damaged")
        self.name_file(now)

    @property
    def is_surplus(self) -> bool:
        """Whether the file is not the one that the receipt speaks of."""
        receipt = self.receipt
        return receipt is None or self._layout.absolute(receipt.entry.path) != self.file


def extension(of: Entry, until: datetime, actor: str, batch: Batch) -> Entry:
    """The line that lengthens a retention."""
    return Entry(
        batch.next_sequence, batch.time, Action.EXTEND, of.sha256, retain_until=until, actor=actor
    )


def arrived(
    sha256: str,
    content: str,
    size: int,
    header: int,
    name: str,
    group: str,
    notes: Mapping[str, str],
    retain_until: datetime | None,
    time: datetime,
) -> Entry:
    """What is known of an object before it is listed."""
    return Entry(
        0, time, Action.PUT, sha256, content, name, group, "", size, header, retain_until, notes
    )
