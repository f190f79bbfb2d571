"""Reads a ledger behind a cursor and turns its lines into rows and orders, batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import trio
from tortoise.exceptions import BaseORMException

from appliance.archive import completion, lookup
from appliance.archive.description import describe
from appliance.archive.headers import Headers, indexed
from appliance.archive.indexing import Batch, Indexing, Line
from appliance.archive.model import Finding, IndexedInstance, Instance, Removed, Study
from appliance.archive.planning import Planning
from appliance.database.door import Database
from appliance.dicom.header import Header
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from storage.store import Action, Entry, Store

log = logging.getLogger(__name__)

_BATCH = 500
# Some 5 ms of work between two looks at the event loop.
_SLICE = 25
_STUDIES_AT_ONCE = 20


class Follower:
    """Indexes one storage unit; its steps are taken by one task."""

    def __init__(
        self,
        database: Database,
        store: Store,
        journal: Journal,
        planning: Planning,
        unit: str = "store",
    ) -> None:
        self.headers = Headers(store)
        self.cursor = 0  # the newest line that is indexed
        self.last = 0  # the newest line that was seen
        self._database = database
        self._store = store
        self._journal = journal
        self._planning = planning
        self._unit = unit
        self.silent_to = 0  # what a rebuild must not route again
        self._indexing = Indexing()

    async def open(self) -> None:
        """Find the place in the ledger. Must have run before anything new is stored."""
        last = await trio.to_thread.run_sync(self._store.last)
        self.cursor, self.silent_to = await self._database.run(completion.cursor, self._unit, last)
        self._indexing.forget()

    async def step(self) -> Sequence[Entry]:
        """Index the next lines, up to 500, and return them."""
        entries, self.last = await trio.to_thread.run_sync(self._read)
        entries = [one for one in entries if one.sequence <= self.silent_to] or entries
        if entries:
            try:
                await self._index(entries)
            except BaseORMException:
                log.exception("a batch could not be indexed; its lines are tried one by one")
                await self._index_singly(entries)
        return entries

    async def complete(self, quiet_since: datetime) -> int:
        """Complete studies without news since that moment; how many there were."""
        due = await self._database.read(lookup.quiet_since, quiet_since, _STUDIES_AT_ONCE)
        return sum([await self._complete(study, planned_to) for study, planned_to in due])

    def _read(self) -> tuple[list[Entry], int]:
        return self._store.follow(self.cursor, _BATCH), self._store.last()

    async def _index(self, entries: Sequence[Entry], *, readable: bool = True) -> None:
        headers = await self._headers(entries) if readable else {}
        lines, orders = await self._describe(entries, headers)
        upto = entries[-1].sequence
        silent_to = self.silent_to if upto <= self.silent_to else 0
        batch = Batch(self._unit, upto, lines, silent_to, orders, self._planning.add_orders)
        findings = await self._database.run(self._indexing.add, batch)
        self.cursor = upto
        self._tell(findings)
        if orders:
            self._planning.ordered()

    async def _index_singly(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            try:
                await self._index([entry])
            except BaseORMException:
                await self._index([entry], readable=False)

    async def _headers(self, entries: Sequence[Entry]) -> Mapping[int, Header | None]:
        puts = [entry for entry in entries if entry.action is Action.PUT]
        found = {entry.sequence: self.headers.take(entry) for entry in puts}
        unknown = [entry for entry in puts if found[entry.sequence] is None]
        if unknown:
            found |= await trio.to_thread.run_sync(self.headers.read, unknown)
        return found

    async def _describe(
        self, entries: Sequence[Entry], headers: Mapping[int, Header | None]
    ) -> tuple[list[Line], list[Any]]:
        lines: list[Line] = []
        orders: list[Any] = []
        for start in range(0, len(entries), _SLICE):
            await trio.lowlevel.checkpoint()
            objects: list[IndexedInstance] = []
            for entry in entries[start : start + _SLICE]:
                if entry.action is Action.PUT:
                    objects.append(indexed(entry, headers.get(entry.sequence)))
                    lines.append(describe(objects[-1]))
                elif entry.action is Action.DELETE:
                    lines.append(Removed(entry.sha256))
            self._complain(objects)
            if entries[-1].sequence > self.silent_to:
                orders.extend(self._planning.instances(objects))
        return lines, orders

    async def _complete(self, study: Study, planned_to: int) -> bool:
        fresh = await self._database.read(lookup.instances, study.study_uid, planned_to)
        orders = await self._plan(study, fresh) if fresh else ()
        upto = max([planned_to, *(instance.sequence for instance in fresh)])
        completed = await self._database.run(
            completion.complete, study, upto, orders, self._planning.add_orders
        )
        if completed and orders:
            self._planning.ordered()
        return completed

    async def _plan(self, study: Study, instances: Sequence[Instance]) -> Sequence[Any]:
        if not self._planning.wants_studies():
            return ()
        objects: list[IndexedInstance] = []
        for start in range(0, len(instances), _SLICE):
            digests = [one.sha256 for one in instances[start : start + _SLICE]]
            objects += await trio.to_thread.run_sync(self.headers.again, digests)
        # In a thread: a study may have thousands of instances, and each rule looks at them.
        return await trio.to_thread.run_sync(self._planning.study, study, objects)

    def _complain(self, objects: Sequence[IndexedInstance]) -> None:
        for one in objects:
            if not one.readable:
                text = "its beginning cannot be understood; it is kept and listed without details"
                self._journal.note(
                    "object.unreadable", text, severity=Severity.WARNING, subject=one.sha256
                )

    def _tell(self, findings: Sequence[Finding]) -> None:
        for one in findings:
            self._journal.note(one.kind, one.text, severity=Severity.WARNING, subject=one.subject)
