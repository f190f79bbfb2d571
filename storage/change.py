"""What happens to an object after it was put: lines that change what is in force for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from storage.commit import Batch, Work
from storage.errors import Missing
from storage.kept import Kept
from storage.retention import check_deletion, check_extension
from storage.store import Action, Entry

Check = Callable[[Kept], None]


class Change(Work):
    """One line about an object that is kept."""

    __slots__ = ("_allow", "_line", "entry")

    def __init__(self, line: Entry, allow: Check) -> None:
        """`line` lacks sequence and time; `allow` raises when it must not be."""
        super().__init__()
        self._line = line
        self._allow = allow
        self.entry: Entry | None = None

    def again(self) -> Change:
        """The same, for another round."""
        return Change(self._line, self._allow)

    def plan(self, batch: Batch) -> None:
        kept = batch.kept(self._line.sha256)
        if kept is None:
            raise Missing(f"no object {self._line.sha256} is kept here")
        self._allow(kept)
        line = replace(self._line, sequence=batch.next_sequence, time=batch.time)
        if line.action is Action.DELETE:  # names what went, and where its file was
            put = kept.entry
            line = replace(line, name=put.name, group=put.group, path=put.path)
        self.entry = line
        batch.add(line)


class Opening(Work):
    """The first line of a unit."""

    __slots__ = ("_notes",)

    def __init__(self, unit_id: str, name: str) -> None:
        super().__init__()
        self._notes = {"unit": unit_id, "name": name}

    def plan(self, batch: Batch) -> None:
        batch.add(Entry(batch.next_sequence, batch.time, Action.OPEN, notes=self._notes))


def extend(sha256: str, until: datetime, actor: str, unset: datetime) -> Change:
    line = Entry(0, unset, Action.EXTEND, sha256, retain_until=until, actor=actor)
    return Change(line, lambda kept: check_extension(kept, until))


def hold(sha256: str, actor: str, reason: str, unset: datetime) -> Change:
    return Change(_with_reason(Action.HOLD, sha256, actor, reason, unset), _anything)


def release(sha256: str, actor: str, reason: str, unset: datetime) -> Change:
    return Change(_with_reason(Action.RELEASE, sha256, actor, reason, unset), _anything)


def damage(sha256: str, reason: str, unset: datetime) -> Change:
    return Change(_with_reason(Action.DAMAGE, sha256, "scrub", reason, unset), _anything)


def delete(
    sha256: str, actor: str, reason: str, unset: datetime, trusted: Callable[[], datetime]
) -> Change:
    line = _with_reason(Action.DELETE, sha256, actor, reason, unset)
    return Change(line, lambda kept: check_deletion(kept, trusted()))


def _with_reason(action: Action, sha256: str, actor: str, reason: str, unset: datetime) -> Entry:
    return Entry(0, unset, action, sha256, notes={"reason": reason}, actor=actor)


def _anything(kept: Kept) -> None:
    """Holds and damage are always allowed."""
