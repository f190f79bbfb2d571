"""Decides which events are written at once, and which are counted first."""

from __future__ import annotations

from datetime import datetime, timedelta

from appliance.journal.model import Event, Repetition, likeness

# Beyond this many at the same time the oldest is told early.
_MOST = 1000


class Repeats:
    """What was written lately and may be repeated. Knows no clock and no database."""

    def __init__(self, within: timedelta) -> None:
        self._within = within
        self._open: dict[tuple[str, ...], Repetition] = {}  # the oldest first

    def __bool__(self) -> bool:
        """Whether `ended` may have something to tell some time."""
        return bool(self._open)

    def take(self, event: Event) -> list[Event]:
        """The rows to be written now that this has happened; none while it is only counted."""
        like = likeness(event)
        if like is None:
            return [event]
        if like in self._open:
            self._open[like] = self._open[like].more(event)
            return []
        self._open[like] = Repetition(event.time)
        return [*self._make_room(), event]

    def ended(self, now: datetime) -> list[Event]:
        """The rows for what was counted long enough; what goes on is counted anew."""
        over = [
            like
            for like, one in self._open.items()
            if not one.since <= now < one.since + self._within  # the clock may have been set
        ]
        return [row for like in over for row in self._tell(like, now)]

    def close(self) -> list[Event]:
        """The rows for everything that was counted; nothing is remembered."""
        rows = [row for one in self._open.values() for row in one.told()]
        self._open.clear()
        return rows

    def _tell(self, like: tuple[str, ...], now: datetime) -> list[Event]:
        rows = self._open.pop(like).told()
        if rows:
            self._open[like] = Repetition(now)
        return rows

    def _make_room(self) -> list[Event]:
        if len(self._open) <= _MOST:
            return []
        return self._open.pop(next(iter(self._open))).told()
