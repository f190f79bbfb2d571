"""Reading everything again: does what is kept agree with the ledger, and the ledger with itself?

Nothing is ever repaired here. A scrub says what is wrong; a copy elsewhere makes it good.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from storage.errors import Corrupt, Missing
from storage.inventory import Expected, Inventory
from storage.recovery import is_torn
from storage.segments import START, Broken, Mark
from storage.store import Action
from storage.volume import Volume

Progress = Callable[[int, int | None], None]
_UNDER_WAY = 600  # seconds for which a file without a line may be one that is just coming in


@dataclass(frozen=True, slots=True)
class Report:
    """What a full check found; paths are below the unit's root."""

    checked: int  # objects read
    bytes: int
    corrupt: tuple[str, ...] = ()  # other bytes than those that were put
    missing: tuple[str, ...] = ()  # listed, but not there
    unlisted: tuple[str, ...] = ()  # there, but not listed
    ledger: tuple[str, ...] = ()  # where the chain of the ledger does not hold, in words
    lines: int = 0  # of the ledger

    @property
    def is_well(self) -> bool:
        return not (self.corrupt or self.missing or self.unlisted or self.ledger)


@dataclass(frozen=True, slots=True)
class Slice:
    """What a part of a scrub did; go on behind `after`."""

    after: int  # the last sequence looked at; 0 when the end was reached and all begins anew
    checked: int
    bytes: int
    damaged: tuple[str, ...] = ()  # digests, each recorded in the ledger


def verify(
    volume: Volume, *, progress: Progress | None = None, head: tuple[int, str] | None = None
) -> Report:
    """Check the whole chain and read every object.

    Works on a volume opened for reading beside a process that writes. `head` is a sequence
    and its hash that were noted elsewhere: the ledger must still contain it.
    """
    inventory = Inventory()
    try:
        return _Check(volume, inventory, progress or _silent).run(head)
    finally:
        inventory.close()


def _silent(_done: int, _total: int | None) -> None:
    """Nobody wants to know."""


class _Check:
    """One run of `verify`."""

    def __init__(self, volume: Volume, inventory: Inventory, progress: Progress) -> None:
        self._volume = volume
        self._inventory = inventory
        self._progress = progress
        self._mark = START
        self._ledger: list[str] = []
        self._checked = 0
        self._bytes = 0

    def run(self, head: tuple[int, str] | None) -> Report:
        landmarks = dict(self._volume.landmarks())
        if head is not None:
            landmarks[head[0]] = head[1]
        self._read_chain(landmarks)
        corrupt, missing = self._read_files()
        unlisted = list(self._unlisted())
        if not self._ledger:  # what changed while we were reading is no fault
            self._read_chain({})
        return Report(
            checked=self._checked,
            bytes=self._bytes,
            corrupt=tuple(one.path for one in corrupt if self._inventory.knows(one)),
            missing=tuple(one.path for one in missing if self._inventory.knows(one)),
            unlisted=tuple(path for path in unlisted if self._is_unlisted(path)),
            ledger=tuple(self._ledger),
            lines=self._mark.sequence,
        )

    def _read_chain(self, landmarks: dict[int, str]) -> None:
        """Take in the lines behind those read before, each proven by the one before it."""
        try:
            for link in self._volume.segments.follow(self._mark):
                sequence = link.entry.sequence
                self._mark = Mark(sequence, link.seal, link.position)
                self._inventory.take(link.entry)
                if landmarks.pop(sequence, link.seal) != link.seal:
                    self._ledger.append(f"ledger line {sequence}: not the line that was noted")
        except Broken as broken:
            if not (is_torn(broken) and broken.last):
                self._ledger.append(str(broken))
                self._read_unproven(broken.at.sequence)
                return
        last = self._mark.sequence
        self._ledger.extend(
            f"ledger line {sequence}: missing; the ledger ends at line {last}"
            for sequence in sorted(landmarks)
            if sequence > last
        )

    def _read_unproven(self, after: int) -> None:
        """Behind a break the lines prove nothing, yet they tell which files to look for."""
        with suppress(Corrupt):
            while lines := self._volume.segments.entries(after, 1000):
                for line in lines:
                    self._inventory.take(line)
                after += len(lines)

    def _read_files(self) -> tuple[list[Expected], list[Expected]]:
        corrupt: list[Expected] = []
        missing: list[Expected] = []
        total = self._inventory.count()
        for expected in self._inventory.files():
            try:
                good = _is_good(self._volume, expected)
            except Missing:
                missing.append(expected)
                continue
            self._checked += 1
            self._bytes += expected.size
            if not good:
                corrupt.append(expected)
            self._progress(self._checked, total)
        return corrupt, missing

    def _unlisted(self) -> Iterator[str]:
        """Files below objects/ that no line names, and files where only folders belong."""
        root = len(self._volume.layout.root) + 1
        for folder, _, names in os.walk(self._volume.layout.objects):
            for name in names:
                path = f"{folder}/{name}"[root:]
                if not self._inventory.expects(name.removesuffix(".dcm"), path):
                    yield path

    def _is_unlisted(self, path: str) -> bool:
        """A second look, after the ledger was read to its new end."""
        if self._inventory.expects(os.path.basename(path).removesuffix(".dcm"), path):
            return False
        try:
            changed = Path(self._volume.layout.absolute(path)).stat().st_mtime
        except FileNotFoundError:
            return False
        age = self._volume.clock().timestamp() - changed
        return not (self._volume.is_live and abs(age) < _UNDER_WAY)


def _is_good(volume: Volume, expected: Expected) -> bool:
    """Read a file. Raises `Missing`; a file that cannot be read is not good."""
    try:
        with open(volume.layout.absolute(expected.path), "rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            same = size == expected.size
            return same and file_digest(file, "sha256").hexdigest() == expected.sha256
    except FileNotFoundError:
        raise Missing(expected.path) from None
    except OSError:
        return False


def scrub_slice(volume: Volume, after: int, budget_bytes: int) -> Slice:
    """Check objects behind a sequence until so many bytes were read; record what is damaged.

    Call it again and again with the `after` it returned: so everything is read in turn.
    """
    checked = total = 0
    damaged: list[str] = []
    while lines := volume.follow(after, 500):
        for line in lines:
            after = line.sequence
            entry = volume.entry(line.sha256) if line.action is Action.PUT else None
            if entry is None or entry.sequence != line.sequence:
                continue  # no object, deleted since, or another line put it again
            checked += 1
            total += entry.size
            if reason := _fault(volume, Expected(line.sha256, line.path, line.size, after)):
                _record(volume, line.sha256, reason)
                damaged.append(line.sha256)
            if total >= budget_bytes:
                return Slice(after, checked, total, tuple(damaged))
    return Slice(0, checked, total, tuple(damaged))


def _fault(volume: Volume, expected: Expected) -> str:
    """Why an object is not good, in a word; deleted in the meantime is no fault."""
    try:
        good = _is_good(volume, expected)
        reason = "" if good else "changed"
    except Missing:
        reason = "missing"
    return reason if reason and volume.entry(expected.sha256) is not None else ""


def _record(volume: Volume, sha256: str, reason: str) -> None:
    """One line is enough for one damage."""
    with suppress(Missing):
        if not volume.is_damaged(sha256):
            volume.note_damage(sha256, reason)
