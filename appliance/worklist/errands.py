"""Copies the worklists of other systems, now and on a schedule, for when those are down.

What a source does not tell any more is removed unless somebody has begun it. A source that does
not answer removes nothing: the copy goes on serving.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

import trio
from pydicom.dataset import Dataset

from appliance import clock
from appliance.database.door import Database
from appliance.errors import ApplianceError, BadRequest, PeerError
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.worklist import copies, files, items
from appliance.worklist.copies import Copy
from appliance.worklist.copying import days
from appliance.worklist.items import Told
from appliance.worklist.model import Kept

Fetch: TypeAlias = Callable[[str, str, str], Awaitable[list[Dataset]]]  # node, first, last day

_LOOK_SECONDS = 5.0
_BATCH = 200
_SHORTEST, _LONGEST = 10.0, 86400.0
_MOST_DAYS = 31


class Errands:
    """The copies."""

    def __init__(
        self, database: Database, journal: Journal, fetch: Fetch, now: clock.Clock
    ) -> None:
        self._database = database
        self._journal = journal
        self._fetch = fetch
        self._now = now
        self._tried: dict[str, datetime] = {}
        self._busy: set[str] = set()
        self._news = trio.Event()  # a copy was put on the schedule

    async def run(self) -> None:
        """Copy what is due, one beside the other, until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                for copy in await self._database.read(copies.listed):
                    now = self._now()
                    if copy.node not in self._busy and copy.due(self._tried.get(copy.node), now):
                        self._busy.add(copy.node)
                        nursery.start_soon(self._attempt, copy)
                with trio.move_on_after(_LOOK_SECONDS):
                    await self._news.wait()
                self._news = trio.Event()

    async def _attempt(self, copy: Copy) -> None:
        self._tried[copy.node] = self._now()
        try:
            kept = await self.copy(copy.node, copy.days)
        except ApplianceError as error:
            await self._failed(copy, str(error))
        else:
            await self._worked(copy, kept)
        finally:
            self._busy.discard(copy.node)

    async def _failed(self, copy: Copy, words: str) -> None:
        if words != copy.note:
            text = f"The worklist of {copy.node} cannot be copied; what is known stays. {words}"
            self._journal.note("worklist.copy", text, severity=Severity.WARNING, subject=copy.node)
        await self._note(replace(copy, note=words))

    async def _worked(self, copy: Copy, kept: Kept) -> None:
        if copy.note:
            self._journal.note(
                "worklist.copy", f"The worklist of {copy.node} is copied again", subject=copy.node
            )
        count = kept.added + kept.changed + kept.unchanged
        await self._note(replace(copy, last_at=self._now(), items=count, note=""))

    async def _note(self, copy: Copy) -> None:
        """Unless it was taken off the schedule meanwhile."""
        if any(one.node == copy.node for one in await self._database.read(copies.listed)):
            await self._database.run(copies.keep, copy)

    async def copy(self, node: str, more_days: int) -> Kept:
        """Copy now. Raises `BadRequest`, `UnknownName` and `PeerError`."""
        _check_days(more_days)
        first, last = days(clock.local(self._now()), more_days)
        told, wrong = _told(await self._fetch(node, first, last))
        kept = Kept(problems=tuple(wrong))
        for at in range(0, len(told), _BATCH):
            part = told[at : at + _BATCH]
            kept = _sum(kept, await self._database.run(items.keep, part, node, self._now()))
        if wrong:
            return kept  # what cannot be read may be what seems to have vanished
        present = [one.item.identity for one in told]
        gone = await self._database.run(items.vanish, node, present, first, last)
        return replace(kept, removed=gone)

    async def schedule(self, node: str, every_seconds: float, more_days: int) -> Copy:
        """Raises `BadRequest`."""
        _check_days(more_days)
        if not _SHORTEST <= every_seconds <= _LONGEST:
            raise BadRequest("copy every 10 seconds at most, and once a day at least")
        copy = Copy(node, every_seconds, more_days)
        await self._database.run(copies.keep, copy)
        self._tried.pop(node, None)
        self._news.set()
        return copy


def _check_days(more_days: int) -> None:
    if not 0 <= more_days <= _MOST_DAYS:
        raise BadRequest(f"{more_days} days: from 0 (today only) to {_MOST_DAYS}")


def _sum(one: Kept, other: Kept) -> Kept:
    return Kept(
        one.added + other.added,
        one.changed + other.changed,
        one.unchanged + other.unchanged,
        problems=one.problems,
    )


def _told(found: Sequence[Dataset]) -> tuple[list[Told], list[str]]:
    told: list[Told] = []
    wrong: list[str] = []
    for dataset in found:
        try:
            told += files.told(dataset)
        except (BadRequest, PeerError) as error:
            wrong.append(str(error))
    return told, wrong
