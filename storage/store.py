"""What every store promises, whatever lies beneath it.

All methods are plain and blocking; they may be called from several threads at
once. Callers on an event loop run them in worker threads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview


class Action(Enum):
    """What a line of the ledger records."""

    OPEN = "open"  # the unit came into being (always the first line)
    PUT = "put"  # an object was stored
    EXTEND = "extend"  # its retention was lengthened
    HOLD = "hold"  # a legal hold was laid on it
    RELEASE = "release"  # the legal hold was lifted
    DELETE = "delete"  # it was let go after its retention
    DAMAGE = "damage"  # a scrub found it changed or missing


class Outcome(Enum):
    """What became of an object that was handed in."""

    STORED = "stored"
    DUPLICATE = "duplicate"  # the same content under the same name is kept already
    CONFLICT = "conflict"  # stored, but the name stands for other content as well


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    sequence: int  # 1, 2, 3 … without a gap
    time: datetime  # aware, UTC
    action: Action
    sha256: str = ""  # of the whole file, as `sha256sum` prints it
    content: str = ""  # BLAKE3 of the content alone, without the header
    name: str = ""  # the caller's name of it, opaque here: a SOP Instance UID
    group: str = ""  # what is kept together, opaque here: a Study Instance UID
    path: str = ""  # below the unit's root
    size: int = 0  # bytes of the whole file
    header: int = 0  # bytes before the content
    retain_until: datetime | None = None
    notes: Mapping[str, str] = field(default_factory=dict)  # the caller's, opaque here
    actor: str = ""  # who asked for it (holds, extensions, deletions)


@dataclass(frozen=True, slots=True)
class Receipt:
    """The answer to a commit: what is durable now, and what it met."""

    outcome: Outcome
    entry: Entry  # of a duplicate: the line of the copy kept before
    others: tuple[Entry, ...] = ()  # of a conflict: the newest copies with other content


class Incoming(Protocol):
    """An object on its way in. One caller at a time; ends by commit or discard."""

    def write(self, fragments: Sequence[Buffer]) -> None:
        """Append content. The buffers may be reused once this returns."""

    def commit(
        self,
        name: str,
        group: str,
        notes: Mapping[str, str],
        retain_until: datetime | None = None,
    ) -> Receipt:
        """Make it durable: when this returns it survives a power cut.

        Raises `Full` or `Stopped`; then nothing was stored.
        """

    def discard(self) -> None:
        """Forget it. Safe to call at any time, also after a commit."""


class Reader(Protocol):
    """An object on its way out, checked while it is read."""

    entry: Entry

    def chunks(self, size: int = 1 << 20, *, content_only: bool = False) -> Iterator[bytes]:
        """The bytes in order; the last chunk comes only when the digest agrees.

        Raises `Corrupt` instead of the last chunk when it does not.
        """

    def range(self, start: int, length: int) -> bytes:
        """A part of the file, unchecked: for headers and indexes only."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Space:
    """How much room a unit has, in bytes."""

    total: int
    free: int
    low_watermark: int  # below this much free, nothing more is taken in


class Store(Protocol):
    """A unit of write-once storage."""

    def receive(self, header: bytes) -> Incoming:
        """Begin an object whose file starts with `header`.

        Raises `Full` below the watermark and `Stopped` after a failed write.
        """

    def open(self, sha256: str) -> Reader:
        """Raises `Missing`."""

    def find(self, name: str) -> tuple[Entry, ...]:
        """Every copy kept under this name, oldest first."""

    def entry(self, sha256: str) -> Entry | None:
        """The line that put this object, with the retention in force now."""

    def follow(self, after: int, limit: int = 1000) -> list[Entry]:
        """The lines behind `after`, in order; empty when there are none yet."""

    def last(self) -> int:
        """The sequence of the newest durable line."""

    def extend(self, sha256: str, until: datetime, actor: str) -> Entry:
        """Lengthen a retention. Raises `Immutable` when it would be shortened."""

    def hold(self, sha256: str, actor: str, reason: str) -> Entry: ...

    def release(self, sha256: str, actor: str, reason: str) -> Entry: ...

    def delete(self, sha256: str, actor: str, reason: str) -> Entry:
        """Let an object go. Raises `Immutable` before its time or under a hold."""

    def space(self) -> Space: ...

    def close(self) -> None: ...
