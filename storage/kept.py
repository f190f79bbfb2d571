"""An object and what is in force for it: the lines about it, folded into one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from storage.store import Action, Entry


@dataclass(frozen=True, slots=True)
class Kept:
    """The newest line that put an object, and what the lines behind it changed."""

    entry: Entry
    retain_until: datetime | None
    held: bool = False
    damaged: bool = False

    def as_entry(self) -> Entry:
        """The line that put it, with the retention in force now."""
        if self.retain_until == self.entry.retain_until:
            return self.entry
        return replace(self.entry, retain_until=self.retain_until)


def apply(kept: Kept | None, line: Entry) -> Kept | None:
    """What is in force after one more line about the object; None when it is gone."""
    if line.action is Action.PUT:
        if kept is None:
            return Kept(line, line.retain_until)
        return Kept(line, later(kept.retain_until, line.retain_until), kept.held)
    if kept is None or line.action is Action.DELETE:
        return None
    if line.action is Action.EXTEND:
        return replace(kept, retain_until=line.retain_until)
    if line.action is Action.DAMAGE:
        return replace(kept, damaged=True)
    return replace(kept, held=line.action is Action.HOLD)


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two dates; None is no date at all."""
    return max(filter(None, (one, other)), default=None)
