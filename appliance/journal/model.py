"""Events, and how long the appliance was up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum


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
    """How often the journal writes that we are alive."""

    beat_seconds: float = 30.0


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
