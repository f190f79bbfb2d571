"""Reading a ledger: its segment files in order, line by line, chain checked."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

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

    def follow(self, after: Mark = START) -> Iterator[Link]:
        """Every line behind a mark, the chain checked. Raises `Broken` at the first bad one."""
        here = after
        while True:
            for link in self._segment(here):
                here = Mark(link.entry.sequence, link.seal, link.position)
                yield link
            following = here.sequence + 1
            if following == here.position.segment or not os.path.exists(self.path(following)):
                break
            here = Mark(here.sequence, here.seal, Position(following, 0, 0))
        self._nothing_beyond(here)

    def _nothing_beyond(self, here: Mark) -> None:
        beyond = [first for first in self.firsts() if first > max(here.sequence, 1)]
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
