"""Takes events from anywhere at once, writes them in batches."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from itertools import islice
from math import inf

import trio

from appliance import clock
from appliance.database.door import Database
from appliance.journal import records
from appliance.journal.model import Availability, Event, Settings, Severity, month_of
from appliance.journal.repeats import Repeats

log = logging.getLogger(__name__)

# More than this at once is a flood: further events are counted, not kept.
_MOST_WAITING = 10_000
_BATCH = 500
# Between two looks at what is counted rather than written.
_LOOK_SECONDS = 60.0
# How long the last events may take to be written when the appliance stops.
_LAST_WRITE_SECONDS = 5.0


class Journal:
    """What happened, for the people who run the appliance."""

    def __init__(
        self, database: Database, settings: Settings | None = None, now: clock.Clock = clock.now
    ) -> None:
        self._database = database
        self._settings = settings or Settings()
        self._now = now
        self._waiting: deque[Event] = deque()  # as noted
        self._ready: deque[Event] = deque()  # as they will be written
        self._repeats = Repeats(timedelta(seconds=self._settings.fold_seconds))
        self._dropped = 0
        self._news = trio.Event()
        self._token: trio.lowlevel.TrioToken | None = None
        self._writing = trio.Lock()

    def note(
        self,
        kind: str,
        text: str,
        *,
        severity: Severity = Severity.INFO,
        subject: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Write down what happened; never waits, never fails; from any thread.

        What is repeated for one object after the other becomes one row every few minutes.
        """
        if severity is Severity.ALARM:
            log.warning("alarm: %s", kind)  # the text may name a patient
        if len(self._waiting) + len(self._ready) >= _MOST_WAITING:
            self._dropped += 1
            return
        self._waiting.append(Event(self._now(), kind, text, severity, subject, details or {}))
        if self._token is not None:
            self._token.run_sync_soon(self._wake, idempotent=True)

    async def run(self) -> None:
        """Write what was noted, until cancelled; then write the rest."""
        self._token = trio.lowlevel.current_trio_token()
        try:
            while True:
                await self.flush()
                if not self._waiting:
                    with trio.move_on_after(_LOOK_SECONDS if self._repeats else inf):
                        await self._news.wait()
                self._news = trio.Event()
        finally:
            self._token = None
            with trio.CancelScope(shield=True, deadline=trio.current_time() + _LAST_WRITE_SECONDS):
                await self.flush(last=True)

    async def beat(self) -> None:
        """Record that we are alive, until cancelled; the time before was down."""
        starting = True
        while True:
            await self._database.run(records.beat, self._now(), starting=starting)
            starting = False
            await trio.sleep(self._settings.beat_seconds)

    async def flush(self, *, last: bool = False) -> None:
        """Write everything noted so far; what is still being counted only at the `last` time."""
        async with self._writing:
            self._fold(last=last)
            self._own_up()
            while self._ready:
                batch = list(islice(self._ready, _BATCH))
                await self._database.run(records.note, batch)
                for _ in batch:
                    self._ready.popleft()

    def _fold(self, *, last: bool) -> None:
        """What was noted becomes rows, or is counted."""
        self._ready.extend(self._repeats.ended(self._now()))
        while self._waiting:
            self._ready.extend(self._repeats.take(self._waiting.popleft()))
        if last:
            self._ready.extend(self._repeats.close())

    async def latest(
        self, limit: int = 100, kind: str = "", severity: Severity | None = None
    ) -> list[Event]:
        """The newest events first; `kind` may be the beginning of one ("object.")."""
        await self.flush()
        return await self._database.read(records.latest, limit, kind, severity)

    async def trim(self) -> int:
        """Forget some of what was kept long enough; 0 when there is no more of it."""
        now, forgotten = self._now(), 0
        for severity in Severity:
            before = now - self._settings.keep(severity)
            forgotten += await self._database.run(records.trim, severity, before, now, _BATCH)
        return forgotten

    async def availability(self, month: str = "") -> Availability:
        """How much of a month (YYYY-MM; this one by default) we were up."""
        return await self._database.read(records.availability, month or month_of(self._now()))

    def _wake(self) -> None:
        self._news.set()

    def _own_up(self) -> None:
        if self._dropped:
            text = f"{self._dropped} events came too fast and were not kept"
            self._ready.append(Event(self._now(), "journal.flood", text, Severity.WARNING))
            self._dropped = 0
