"""A queue with what it needs, and short ways to ask and to wait."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from math import inf

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from appliance.database.door import Database
from appliance.database.schema import transaction
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed, Kind
from appliance.nodes.model import Node
from appliance.transfers.model import Order, Settings, State, Transfer
from appliance.transfers.service import Transfers
from storage.memory import MemoryStore
from tests.appliance.transfers.script import Script, wall


class Desk:
    """A queue with what it needs, and short ways to ask and to wait."""

    def __init__(
        self,
        database: Database,
        store: MemoryStore,
        script: Script,
        settings: Settings,
        clock: MockClock,
    ) -> None:
        self.nodes = {"pacs": Node("pacs", "PACS", "127.0.0.1", 104, max_associations=2)}
        self.script = script
        self.journal = Journal(database, now=wall)
        self.meter = Meter()
        self.database = database
        self.clock = clock
        self.transfers = Transfers(
            database,
            store,
            script,
            self.nodes.get,
            journal=self.journal,
            meter=self.meter,
            settings=settings,
            now=wall,
            chance=lambda: 0.0,
        )

    def change(self, **changes: object) -> None:
        self.nodes["pacs"] = replace(self.nodes["pacs"], **changes)  # type: ignore[arg-type]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._jump)
            await nursery.start(self.transfers.run)
            yield
            nursery.cancel_scope.cancel()

    async def _jump(self) -> None:
        """Move the clock on when everybody waits for it: not while a thread is at work."""
        while True:
            await wait_all_tasks_blocked(0.0005)
            threads = trio.to_thread.current_default_thread_limiter().borrowed_tokens
            seconds = trio.lowlevel.current_statistics().seconds_to_next_deadline
            if not threads and not self.database._turns.borrowed_tokens and 0 < seconds < inf:
                self.clock.jump(seconds)

    async def order(self, *instances: str, window: str = "", priority: int = 0) -> None:
        order = Order("1.2.3", "pacs", instances, "all", priority, window)

        async def add(orders: Sequence[Order]) -> None:
            async with transaction():
                await self.transfers.add_orders(orders)

        await self.database.run(add, [order])
        self.transfers.news()

    async def only(self) -> Transfer:
        [transfer] = await self.transfers.queue()
        return transfer

    async def until(self, state: State, step: float = 2.0) -> Transfer:
        """Wait until the only transfer stands so."""
        for _ in range(500):
            if (transfer := await self.only()).state is state:
                return transfer
            await trio.sleep(step)
        raise AssertionError(f"it is {transfer.state}: {transfer.last_error}")

    async def kinds(self) -> list[str]:
        return [event.kind for event in reversed(await self.journal.latest())]


def failure(kind: Kind, words: str = "it failed") -> AssociationFailed:
    return AssociationFailed(kind, words)
