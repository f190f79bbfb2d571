"""Keeps the index up to date with the store, and answers questions about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import trio

from appliance import clock
from appliance.archive import finding, lookup, removal, search
from appliance.archive.criteria import Criterion, Found, Level
from appliance.archive.finding import Hits, Search
from appliance.archive.follower import Follower
from appliance.archive.model import (
    IndexedInstance,
    Instance,
    Settings,
    Study,
    StudyDetail,
    StudyFilter,
)
from appliance.archive.planning import Planning
from appliance.database.door import Database
from appliance.dicom.header import Header
from appliance.journal.service import Journal
from appliance.meter import Meter
from storage.store import Entry, Store

# Batches begin no closer together: each costs 2 ms and a durable commit, however small it is.
_GATHER_SECONDS = 0.05
# The busier it is, the longer it gathers: 100 lines together cost half of 100 in fives.
_GATHER_PER_LINE = 0.002
_LONGEST_GATHER = 0.25
# Another process may have written to the ledger, and clocks may have been set.
_SLOW_POLL_SECONDS = 10.0
_UNIT = "store"


class Archive:
    """The index of one store."""

    def __init__(
        self,
        database: Database,
        store: Store,
        journal: Journal,
        *,
        settings: Settings | None = None,
        planning: Planning | None = None,
        meter: Meter | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        self._database = database
        self._quiet = timedelta(seconds=(settings or Settings()).quiet_seconds)
        self._meter = meter
        self._now = now
        self._follower = Follower(database, store, journal, planning or Planning(), _UNIT)
        self._news = trio.Event()
        self._alarm: trio.lowlevel.TrioToken | None = None  # rings once for whoever follows
        self._moved = trio.Event()
        self._due = now()  # when a study may have become complete

    async def open(self) -> None:
        """Find the place in the ledger; do this before the listener starts.

        A box that lost its database takes what is stored by then for routed.
        """
        await self._follower.open()

    def stored(self, entry: Entry, header: Header) -> None:
        """An object was committed: its header need not be read from the file again.

        From any thread. The event loop is woken once a batch, not once an object.
        """
        self._follower.headers.keep(entry.sequence, header)
        alarm, self._alarm = self._alarm, None
        if alarm is not None:
            alarm.run_sync_soon(self.news)

    def news(self) -> None:
        """The ledger has grown."""
        self._news.set()

    async def follow(self) -> None:
        """Index what is stored, complete studies that fell quiet; until cancelled."""
        await self._follower.open()
        self._due = self._now()
        while True:
            self._news = trio.Event()
            self._alarm = trio.lowlevel.current_trio_token()
            began = trio.current_time()
            if entries := await self._step():
                self._due = min(self._due, entries[-1].time + self._quiet)
                if self._follower.cursor >= self._follower.last:
                    await self._complete_due()
                    gather = _GATHER_SECONDS + _GATHER_PER_LINE * len(entries)
                    await trio.sleep_until(began + min(gather, _LONGEST_GATHER))
            else:
                await self._complete_due()
                with trio.move_on_after(self._patience()):
                    await self._news.wait()

    async def until_indexed(self, sequence: int) -> None:
        """Wait until a line of the ledger is in the index."""
        while self._follower.cursor < sequence:
            await self._moved.wait()

    async def _step(self) -> Sequence[Entry]:
        entries = await self._follower.step()
        if self._meter is not None:
            self._meter.index_lag.set(self._follower.last - self._follower.cursor)
        self._moved.set()
        self._moved = trio.Event()
        return entries

    async def _complete_due(self) -> None:
        if self._now() < self._due:
            return
        while await self._follower.complete(self._now() - self._quiet):
            if self._news.is_set():
                return  # what just came must not wait for what fell quiet
        oldest = await self._database.read(lookup.oldest_open)
        self._due = (oldest or self._now()) + self._quiet

    def _patience(self) -> float:
        """Seconds until the next study is due, within reason."""
        wait = (self._due - self._now()).total_seconds()
        return min(max(wait, _GATHER_SECONDS), _SLOW_POLL_SECONDS)

    async def studies(self, wanted: StudyFilter | None = None) -> list[Study]:
        """The newest first, by study date."""
        return await self._database.read(lookup.studies, wanted or StudyFilter())

    async def count_studies(self, wanted: StudyFilter | None = None) -> int:
        return await self._database.read(lookup.count_studies, wanted or StudyFilter())

    async def study(self, study_uid: str) -> StudyDetail | None:
        return await self._database.read(lookup.study, study_uid)

    async def instances(self, study_uid: str) -> list[Instance]:
        """What a study consists of, in the order it came."""
        return await self._database.read(lookup.instances, study_uid)

    async def instances_by_digest(self, digests: Sequence[str]) -> list[Instance]:
        return await self._database.read(lookup.instances_by_digest, digests)

    async def search(self, wanted: Search) -> Hits:
        """By attributes, as DICOM matches them. Raises `BadRequest`."""
        return await self._database.read(finding.search, wanted)

    @property
    def indexed_to(self) -> int:
        """The line of the ledger up to which everything is in the index."""
        return self._follower.cursor

    async def with_headers(self, study_uid: str, limit: int) -> list[IndexedInstance]:
        """The first instances of a study with their headers, read from the files."""
        found = (await self.instances(study_uid))[:limit]
        digests = [one.sha256 for one in found]
        return await trio.to_thread.run_sync(self._follower.headers.again, digests)

    async def matching(
        self,
        level: Level,
        criteria: Sequence[Criterion],
        *,
        before: int | None = None,
        limit: int = 10_000,
    ) -> list[int]:
        """Numbers of the rows that meet the criteria, below `before`, newest first."""
        return await self._database.read(search.matching, level, criteria, before, limit)

    async def found(
        self, level: Level, rows: Sequence[int], sums: frozenset[str] = frozenset()
    ) -> list[Found]:
        """These rows in that order; `sums` are names of `search.SUMS`."""
        return await self._database.read(search.found, level, rows, sums)

    async def contexts(self, rows: Sequence[int]) -> list[tuple[str, str]]:
        """SOP classes and transfer syntaxes of these instances, each pair once."""
        return await self._database.read(search.contexts, rows)

    async def totals(self) -> tuple[int, int]:
        """How many studies and instances the index holds."""
        return await self._database.read(lookup.totals)


async def reindex(
    database: Database,
    store: Store,
    journal: Journal,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Rebuild the index from the ledger and the files; how many lines there were.

    Nothing is routed again; what was not yet routed stays to be. When it is interrupted,
    the next start of the appliance goes on with it. `progress` gets lines done, lines in all.
    """
    last = await trio.to_thread.run_sync(store.last)
    await database.run(removal.begin_rebuild, _UNIT, last)
    follower = Follower(database, store, journal, Planning(), _UNIT)
    await follower.open()
    while follower.cursor < follower.silent_to:
        await follower.step()
        progress(follower.cursor, follower.silent_to)
    return follower.cursor
