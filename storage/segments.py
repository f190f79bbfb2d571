"""Reading a ledger: its segment files in order, line by line, chain checked."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from storage.errors import Corrupt
from storage.line import decode, seal_of
from storage.store import Entry

SUFFIX = ".jsonl"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Position:
    """Where a line lies: the first sequence of its segment, and bytes in that file."""

    segment: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Mark:
    """A line known to be good, from which reading can go on."""

    sequence: int
    seal: str
    position: Position


@dataclass(frozen=True, slots=True)
class Link:
    """A line read: its entry, its seal and its place."""

    entry: Entry
    seal: str
    position: Position


START = Mark(0, "", Position(1, 0, 0))


class Broken(Corrupt):
    """The chain does not hold at a line; everything before it does."""

    def __init__(self, at: Mark, rest: bytes, *, last: bool, reason: str) -> None:
        super().__init__(f"ledger line {at.sequence + 1}: {reason}")
        self.at = at  # the last good line
        self.rest = rest  # the first bad line, as far as it was read
        self.last = last  # nothing follows it


class Segments:
    """The files of a ledger, named by the sequence of their first line."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._cursor = (0, START.position)  # the last line read by `entries`

    def firsts(self) -> list[int]:
        names = (name for name in os.listdir(self.folder) if name.endswith(SUFFIX))
        return sorted(int(stem) for name in names if (stem := name[: -len(SUFFIX)]).isdigit())

    def path(self, first: int) -> str:
        return f"{self.folder}/{first:012d}{SUFFIX}"

    def holding(self, sequence: int) -> int:
        """The segment in which a line must lie."""
        firsts = self.firsts()
        return firsts[max(bisect_right(firsts, sequence) - 1, 0)] if firsts else 1

    def read(self, position: Position) -> bytes:
        """One line, unchecked."""
        with open(self.path(position.segment), "rb", buffering=0) as file:
            return os.pread(file.fileno(), position.length, position.offset)

    def check(self, mark: Mark) -> bool:
        """Whether the line of a mark still stands where it stood."""
        if mark == START:
            return True
        try:
            line = self.read(mark.position)
            entry = decode(line)
        except (OSError, Corrupt):
            return False
        return entry.sequence == mark.sequence and line[-67:-3] == mark.seal.encode("ascii")

    def entries(self, after: int, limit: int) -> list[Entry]:
        """Up to `limit` lines behind a sequence, the chain unchecked."""
        here, place = self._cursor
        if here != after:
            here, place = self._before(after)
        found: list[Entry] = []
        for line, end in self._lines(here, place):
            here += 1
            if here > after:
                found.append(decode(line))
                self._cursor = (here, end)
            if len(found) >= limit:
                break
        return found

    def _before(self, after: int) -> tuple[int, Position]:
        first = self.holding(after + 1)
        return first - 1, Position(first, 0, 0)

    def _lines(self, here: int, place: Position) -> Iterator[tuple[bytes, Position]]:
        """Whole lines behind a place, over the segments."""
        while Path(self.path(place.segment)).exists():
            with open(self.path(place.segment), "rb", buffering=_BLOCK) as file:
                file.seek(place.end)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    place = Position(place.segment, place.end, len(line))
                    here += 1
                    yield line, place
            if here + 1 == place.segment:
                return
            place = Position(here + 1, 0, 0)

    def last(self) -> int:
        """The sequence of the last whole line; 0 when there is none."""
        firsts = self.firsts()
        if not firsts:
            return 0
        with open(self.path(firsts[-1]), "rb", buffering=_BLOCK) as file:
            return firsts[-1] - 1 + sum(line.endswith(b"\n") for line in file)

    def modified(self) -> float:
        """When the newest segment was written to last, by the file system's clock."""
        firsts = self.firsts()
        return Path(self.path(firsts[-1])).stat().st_mtime if firsts else 0.0

    def follow(self, after: Mark = START) -> Iterator[Link]:
        """Every line behind a mark, the chain checked. Raises `Broken` at the first bad one."""
        here = after
        while True:
            for link in self._segment(here):
                here = Mark(link.entry.sequence, link.seal, link.position)
                yield link
            following = here.sequence + 1
            if following == here.position.segment or not Path(self.path(following)).exists():
                break
            here = Mark(here.sequence, here.seal, Position(following, 0, 0))
        self._nothing_beyond(here)

    def _nothing_beyond(self, here: Mark) -> None:
        beyond = [first for first in self.firsts() if first > here.sequence + 1]
        if beyond:
            raise Broken(here, b"", last=False, reason=f"missing; line {beyond[0]} is there")

    def _segment(self, here: Mark) -> Iterator[Link]:
        """The lines of one segment behind `here`."""
        try:
            file = open(self.path(here.position.segment), "rb", buffering=_BLOCK)  # noqa: SIM115
        except FileNotFoundError:
            return
        with file:
            file.seek(here.position.end)
            for line in file:
                link = _link(line, here)
                if link is None:
                    last = not file.read(1) and not self._later(here.position.segment)
                    raise Broken(here, line, last=last, reason="the chain of hashes breaks here")
                here = Mark(link.entry.sequence, link.seal, link.position)
                yield link

    def _later(self, segment: int) -> bool:
        return any(first > segment for first in self.firsts())


def _link(line: bytes, here: Mark) -> Link | None:
    seal = seal_of(line, here.seal)
    if seal is None:
        return None
    try:
        entry = decode(line)
    except Corrupt:
        return None
    if entry.sequence != here.sequence + 1:
        return None
    position = Position(here.position.segment, here.position.end, len(line))
    return Link(entry, seal, position)
