"""Writes down answers in groups: one durable commit for many of them.

What is lost by a crash between answer and record is sent again; receivers take the same
object twice without harm.
"""

from __future__ import annotations

import trio

from appliance.database.door import Database
from appliance.transfers import leases
from appliance.transfers.model import Listener, Result, Settings


class Recorder:
    """The answers of all destinations, on their way into the database."""

    def __init__(
        self, database: Database, settings: Settings, listener: Listener | None = None
    ) -> None:
        self._database = database
        self._listener = listener or Listener()
        self._settings = settings
        self._results: list[Result] = []
        self._some, self._many = trio.Event(), trio.Event()
        self._writing = trio.Lock()

    def note(self, result: Result) -> None:
        """Take an answer; it is durable a moment later."""
        self._results.append(result)
        self._some.set()
        if len(self._results) >= self._settings.record_items:
            self._many.set()

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            await self._some.wait()
            with trio.move_on_after(self._settings.record_seconds):
                await self._many.wait()
            await self.flush()

    async def flush(self) -> None:
        """Write everything noted so far."""
        async with self._writing:
            results, self._results = self._results, []
            self._some, self._many = trio.Event(), trio.Event()
            if not results:
                return
            if await self._database.run(leases.record, results, self._listener.note):
                self._listener.news()
