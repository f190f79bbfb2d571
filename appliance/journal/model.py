"""Events, and how long the appliance was up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum
from itertools import takewhile


class Severity(Enum):
    """Who should look at it."""

    INFO = "info"  # nobody has to
    WARNING = "warning"  # somebody, some time
    ALARM = "alarm"  # somebody, now


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. Written once, never changed."""

    time: datetime  # aware, UTC
    kind: str  # "object.conflict", "association.failed" …
    text: str  # for people
    severity: Severity = Severity.INFO
    subject: str = ""  # what it is about: a study, a node, a file
    details: Mapping[str, str] = field(default_factory=dict)
    number: int = 0  # its place in the journal; 0 until it is written


@dataclass(frozen=True, slots=True)
class Settings:
    """How often the journal writes that we are alive, and how much it remembers how long."""

    beat_seconds: float = 30.0
    fold_seconds: float = 300.0  # what is repeated within it becomes one row
    keep_days: int = 400
    keep_trouble_days: int = 3650  # warnings and alarms

    def keep(self, severity: Severity) -> timedelta:
        """How long an event is kept."""
        usual = severity is Severity.INFO
        return timedelta(days=self.keep_days if usual else self.keep_trouble_days)


@dataclass(frozen=True, slots=True)
class Availability:
    """How much of a month the appliance was up; only time since its first start counts."""

    month: str  # YYYY-MM, UTC
    up_seconds: float = 0.0
    down_seconds: float = 0.0

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None when nothing was measured."""
        total = self.up_seconds + self.down_seconds
        return self.up_seconds / total if total else None


@dataclass(frozen=True, slots=True)
class Repetition:
    """Events like one that is written, which are not written themselves yet."""

    since: datetime
    count: int = 0
    last: Event | None = None

    def more(self, event: Event) -> Repetition:
        return Repetition(self.since, self.count + 1, event)

    def told(self) -> list[Event]:
        """All of them as one row; none when nothing was repeated."""
        if self.last is None or self.count < 2:
            return [self.last] if self.last else []
        text = f"{self.last.text} ({self.count} times since {self.since:%H:%M} UTC)"
        counted = {"count": str(self.count), "since": self.since.isoformat()}
        return [replace(self.last, text=text, details={**self.last.details, **counted})]


# A device that loops sends a million objects. What changes, like a destination, is told each time.
_REPEATING = "object."


def likeness(event: Event) -> tuple[str, ...] | None:
    """What an event shares with its repetitions; None: it is written each time.

    Of one device, all of the same kind and status are alike; an alarm only when its subject is
    the same as well.
    """
    if not event.kind.startswith(_REPEATING):
        return None
    source, status = event.details.get("source", ""), event.details.get("status", "")
    alone = event.severity is Severity.ALARM or not source
    return event.kind, event.severity.value, status, source, event.subject if alone else ""


def outlived(written: Sequence[tuple[int, datetime]], before: datetime, now: datetime) -> list[int]:
    """Of events as (number, time), in the order they were written, those that may be forgotten.

    None goes before what was written before it: a clock that stood years back for an hour
    must not cost us the alarms of that hour. What is dated in the future holds up nobody.
    """
    old = takewhile(lambda event: event[1] < before or event[1] > now, written)
    return [number for number, time in old if time < before]


def by_month(began: datetime, ended: datetime) -> dict[str, float]:
    """The seconds between two moments, each under its month."""
    seconds: dict[str, float] = {}
    while began < ended:
        until = min(ended, _next_month(began))
        seconds[month_of(began)] = (until - began).total_seconds()
        began = until
    return seconds


def month_of(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _next_month(moment: datetime) -> datetime:
    first = moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
