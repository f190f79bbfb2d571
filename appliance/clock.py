"""The only place that asks the machine what time it is, or for a random name."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import uuid4

Clock: TypeAlias = Callable[[], datetime]


def now() -> datetime:
    """The time of day, aware, UTC."""
    return datetime.now(UTC)


def local(moment: datetime) -> datetime:
    """The same moment on the clock that hangs on the clinic's wall."""
    return moment.astimezone()


def monotonic() -> float:
    """Seconds from some beginning, for durations; never goes back."""
    return time.monotonic()


def fresh_name() -> str:
    """32 hexadecimal digits that nobody has used before."""
    return uuid4().hex
