"""A store that forgets: for tests of those who use one. It passes the same suite as the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from threading import RLock

from blake3 import blake3

from storage.errors import Corrupt, Missing, StoreError
from storage.kept import Kept, apply
from storage.retention import RetentionRules, check_deletion, check_extension
from storage.store import Action, Buffer, Entry, Outcome, Receipt, Space

_TOTAL = 1 << 40


class MemoryStore:
    """See `storage.store.Store`. `trouble` and `free` may be set to see it refuse."""

    def __init__(self, clock: Callable[[], datetime], rules: RetentionRules | None = None) -> None:
        self.trouble: StoreError | None = None  # raised by whatever writes
        self.free = _TOTAL
        self._clock = clock
        self._rules = rules or RetentionRules(None, None)
        self._lines: list[Entry] = []
        self._kept: dict[str, Kept] = {}
        self._bytes: dict[str, bytes] = {}
        self._gone: dict[str, int] = {}  # the sequence of the last deletion
        self._lock = RLock()
        self._add(Entry(0, clock(), Action.OPEN))

    def receive(self, header: bytes) -> MemoryIncoming:
        """See `storage.store.Store.receive`."""
        self.check()
        return MemoryIncoming(self, header)

    def check(self) -> None:
        """Raises what was set as `trouble`."""
        if self.trouble is not None:
            raise self.trouble

    def put(self, header: bytes, content: bytes, arrival: Entry) -> Receipt:
        """Decide about an object that arrived in whole."""
        self.check()
        with self._lock:
            copies = self.find(arrival.name)
            for copy in copies:
                if copy.content == arrival.content and not self._kept[copy.sha256].damaged:
                    return self._duplicate(copy, arrival.retain_until)
            others = tuple(copy for copy in copies if copy.content != arrival.content)
            until = self._rules.until(arrival.retain_until, self._clock())
            self._bytes[arrival.sha256] = header + content
            line = self._add(replace(arrival, retain_until=until))
            return Receipt(Outcome.CONFLICT if others else Outcome.STORED, line, others)

    def _duplicate(self, copy: Entry, wished: datetime | None) -> Receipt:
        until = self._kept[copy.sha256].retain_until
        if wished is not None and (until is None or wished > until):
            self.extend(copy.sha256, wished, "")
        kept = self._kept[copy.sha256]
        return Receipt(Outcome.DUPLICATE, replace(copy, retain_until=kept.retain_until))

    def _add(self, line: Entry) -> Entry:
        line = replace(line, sequence=len(self._lines) + 1, time=self._clock())
        self._lines.append(line)
        if line.sha256:
            kept = apply(self._kept.pop(line.sha256, None), line)
            if kept is not None:
                self._kept[line.sha256] = kept
        return line

    def _change(self, line: Entry, allow: Callable[[Kept], None] = lambda _: None) -> Entry:
        self.check()
        with self._lock:
            allow(self._require(line.sha256))
            return self._add(line)

    def _require(self, sha256: str) -> Kept:
        if sha256 not in self._kept:
            raise Missing(f"no object {sha256} is kept here")
        return self._kept[sha256]

    def open(self, sha256: str) -> MemoryReader:
        """See `storage.store.Store.open`."""
        return MemoryReader(self._require(sha256).as_entry(), self._bytes[sha256])

    def find(self, name: str) -> tuple[Entry, ...]:
        """See `storage.store.Store.find`."""
        with self._lock:
            puts = [line for line in self._lines if line.action is Action.PUT]
            newest = {put.sha256: put for put in puts if put.name == name}
            found = (put for put in newest.values() if put.sequence > self._gone.get(put.sha256, 0))
            return tuple(sorted(found, key=lambda put: put.sequence))

    def entry(self, sha256: str) -> Entry | None:
        """See `storage.store.Store.entry`."""
        kept = self._kept.get(sha256)
        return kept.as_entry() if kept else None

    def follow(self, after: int, limit: int = 1000) -> list[Entry]:
        """See `storage.store.Store.follow`."""
        return self._lines[after : after + limit]

    def last(self) -> int:
        """See `storage.store.Store.last`."""
        return len(self._lines)

    def extend(self, sha256: str, until: datetime, actor: str) -> Entry:
        """See `storage.store.Store.extend`."""
        line = self._line(Action.EXTEND, sha256, actor, retain_until=until)
        return self._change(line, lambda kept: check_extension(kept, until))

    def hold(self, sha256: str, actor: str, reason: str) -> Entry:
        """See `storage.store.Store.hold`."""
        return self._change(self._line(Action.HOLD, sha256, actor, reason))

    def release(self, sha256: str, actor: str, reason: str) -> Entry:
        """See `storage.store.Store.release`."""
        return self._change(self._line(Action.RELEASE, sha256, actor, reason))

    def delete(self, sha256: str, actor: str, reason: str) -> Entry:
        """See `storage.store.Store.delete`."""
        with self._lock:
            put = self._require(sha256).entry
            line = self._line(Action.DELETE, sha256, actor, reason)
            line = replace(line, name=put.name, group=put.group, path=put.path)
            line = self._change(line, lambda kept: check_deletion(kept, self._clock()))
            self._gone[sha256] = line.sequence
            del self._bytes[sha256]
            return line

    def _line(
        self,
        action: Action,
        sha256: str,
        actor: str,
        reason: str = "",
        retain_until: datetime | None = None,
    ) -> Entry:
        notes = {"reason": reason} if reason else {}
        return Entry(
            0, self._clock(), action, sha256, retain_until=retain_until, notes=notes, actor=actor
        )

    def spoil(self, sha256: str) -> None:
        """Flip a bit of an object, to see who notices."""
        old = self._bytes[sha256]
        self._bytes[sha256] = old[:-1] + bytes([old[-1] ^ 1])

    def space(self) -> Space:
        """See `storage.store.Store.space`."""
        return Space(_TOTAL, self.free, 0)

    def close(self) -> None:
        """Nothing is open."""


class MemoryIncoming:
    """See `storage.store.Incoming`."""

    def __init__(self, store: MemoryStore, header: bytes) -> None:
        self._store = store
        self._header = header
        self._content: bytearray | None = bytearray()

    def write(self, fragments: Sequence[Buffer]) -> None:
        """See `storage.store.Incoming.write`."""
        self._store.check()
        for fragment in fragments:
            self._require_open().extend(fragment)

    def _require_open(self) -> bytearray:
        if self._content is None:
            raise StoreError("this object was committed or discarded before")
        return self._content

    def commit(
        self,
        name: str,
        group: str,
        notes: Mapping[str, str],
        retain_until: datetime | None = None,
    ) -> Receipt:
        """See `storage.store.Incoming.commit`."""
        content = bytes(self._require_open())
        self.discard()
        whole = self._header + content
        digest = sha256(whole).hexdigest()
        arrival = Entry(
            0, datetime.min, Action.PUT, digest, blake3(content).hexdigest(), name, group,
            f"memory/{digest}", len(whole), len(self._header), retain_until, dict(notes),
        )  # fmt: skip
        return self._store.put(self._header, content, arrival)

    def discard(self) -> None:
        """See `storage.store.Incoming.discard`."""
        self._content = None


class MemoryReader:
    """See `storage.store.Reader`."""

    def __init__(self, entry: Entry, whole: bytes) -> None:
        self.entry = entry
        self._whole = whole

    def chunks(self, size: int = 1 << 20, *, content_only: bool = False) -> Iterator[bytes]:
        """See `storage.store.Reader.chunks`."""
        start = self.entry.header if content_only else 0
        rest = self._whole[start:]
        pieces = [rest[at : at + size] for at in range(0, len(rest), size)]
        yield from pieces[:-1]
        if sha256(self._whole).hexdigest() != self.entry.sha256:
            raise Corrupt(f"{self.entry.path} differs from what was put")
        yield from pieces[-1:]

    def range(self, start: int, length: int) -> bytes:
        """See `storage.store.Reader.range`."""
        return self._whole[start : start + length]

    def close(self) -> None:
        """Nothing is open."""
