"""The transfer queue: sends what was ordered, as often as it takes, to everybody at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

import trio

from appliance import clock
from appliance.database.door import Database
from appliance.errors import BadRequest, UnknownName
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.nodes.model import Node
from appliance.transfers import leases, listing, records, schedule, steering, trimming
from appliance.transfers.converting import Converter
from appliance.transfers.destination import Destination, no_such_node
from appliance.transfers.lane import Depot, Lane
from appliance.transfers.model import (
    BY_HAND,
    Item,
    Listener,
    Order,
    Settings,
    Standing,
    Transfer,
)
from appliance.transfers.recorder import Recorder
from appliance.transfers.sender import Sender
from storage.store import Store

# How long the last answers may take to be written when the appliance stops.
_LAST_WRITE_SECONDS = 5.0
_BEAT_SECONDS = leases.HOLDER_LIVES.total_seconds() / 4


class Transfers:
    """Orders in, deliveries out; everything it knows survives a restart."""

    def __init__(
        self,
        database: Database,
        store: Store,
        sender: Sender,
        node: Callable[[str], Node | None],
        *,
        journal: Journal,
        meter: Meter,
        settings: Settings | None = None,
        listener: Listener | None = None,
        now: clock.Clock = clock.now,
        chance: schedule.Random = random.random,
        converter: Converter | None = None,
    ) -> None:
        self._database = database
        self._store = store
        self._sender = sender
        self._converter = converter
        self._node = node
        self._journal = journal
        self._meter = meter
        self._settings = settings or Settings()
        self._listener = listener or Listener()
        self._now = now
        self._chance = chance
        self._ordered: set[str] = set()  # destinations with new orders; filled by any thread
        self._kept: dict[str, Standing] = {}  # what the database says of destinations
        self._lanes: dict[str, Lane] = {}
        self._depot: Depot | None = None
        self._nursery: trio.Nursery | None = None
        self._began: datetime | None = None

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send, until cancelled. What was under way at a crash is sent again."""
        depot = self._new_depot()
        await self._database.run(leases.begin, depot.holder, self._settings.node, self._now())
        self._began = self._now()
        self._kept = {one.destination: one for one in await self._read_standings()}
        try:
            async with trio.open_nursery() as nursery:
                self._nursery, self._depot = nursery, depot
                nursery.start_soon(depot.recorder.run)
                nursery.start_soon(self._beat, depot.holder)
                nursery.start_soon(self._watch)
                task_status.started()
        finally:
            self._nursery, self._depot = None, None
            self._lanes.clear()
            with trio.move_on_after(_LAST_WRITE_SECONDS, shield=True):
                await depot.recorder.flush()
                await self._database.run(leases.end, depot.holder)

    def _new_depot(self) -> Depot:
        return Depot(
            database=self._database,
            store=self._store,
            sender=self._sender,
            node=self._node,
            journal=self._journal,
            meter=self._meter,
            settings=self._settings,
            now=self._now,
            recorder=Recorder(self._database, self._settings, self._listener),
            holder=clock.fresh_name(),
            converter=self._converter,
        )

    async def _beat(self, holder: str) -> None:
        while True:
            await trio.sleep(_BEAT_SECONDS)
            await self._database.run(leases.beat, holder, self._settings.node, self._now())

    async def _watch(self) -> None:
        """Notice what other processes ordered, and count."""
        while True:
            waiting = await self._database.read(listing.waiting)
            for name in set(self._lanes) | set(waiting):
                self._meter.waiting.labels(name).set(waiting.get(name, 0))
                self._lane(name)
            await trio.sleep(self._settings.poll_seconds)

    def _lane(self, name: str) -> Lane | None:
        """The lane of a destination, opened when it is new; None when nothing runs."""
        if self._nursery is None or self._depot is None or self._began is None:
            return None
        if name not in self._lanes:
            standing = self._kept.get(name, Standing(name))
            destination = Destination(standing, self._began, self._chance)
            self._lanes[name] = Lane(self._depot, destination)
            self._nursery.start_soon(self._lanes[name].run)
        return self._lanes[name]

    # Orders.

    async def add_orders(self, orders: Sequence[Order]) -> int:
        """A unit of work for the caller's own transaction; say `news()` once it is committed."""
        added = await records.add_orders(orders)
        self._ordered.update(order.destination for order in orders)
        return added

    def news(self, destinations: Collection[str] = ()) -> None:
        """Orders were committed: look into the queue."""
        names = set(destinations)
        while self._ordered:
            names.add(self._ordered.pop())
        for name in names:
            if lane := self._lane(name):
                lane.wake()

    def node_changed(self, name: str) -> None:
        """A node came or was changed: whatever was wrong with it before is worth a new try."""
        if lane := self._lane(name):
            lane.destination.forget()
            lane.wake()

    async def send(
        self, study_uid: str, node: str, instances: Sequence[str], priority: int = BY_HAND
    ) -> Transfer:
        """Queue instances (SHA-256) by hand. Raises `UnknownName`, `BadRequest`."""
        if self._node(node) is None:
            raise UnknownName(no_such_node(node))
        if not instances:
            raise BadRequest(f"study {study_uid} has no instances to send")
        order = Order(study_uid, node, tuple(instances), priority=priority, timed=False)
        number = await self._database.run(steering.send, order)
        assert number is not None
        self.news([node])
        return await self.transfer(number)

    # Looking.

    async def queue(self, settled: int = 100, destination: str = "") -> list[Transfer]:
        """What needs somebody or something, and the last settled transfers; newest first."""
        standings = {one.destination: one for one in await self.standings()}
        return await self._database.read(
            listing.queue, standings, settled, self._now(), destination
        )

    async def transfer(self, number: int) -> Transfer:
        """One transfer. Raises `UnknownName`."""
        standings = {one.destination: one for one in await self.standings()}
        found = await self._database.read(listing.transfer, number, standings, self._now())
        if found is None:
            raise UnknownName(f"there is no transfer {number}")
        return found

    async def items(self, number: int, limit: int = 1000) -> list[Item]:
        """The objects of a transfer, what was set aside first."""
        return await self._database.read(listing.items, number, limit)

    async def standings(self) -> list[Standing]:
        """How each known destination stands."""
        kept = {one.destination: one for one in await self._read_standings()}
        return list((kept | {name: lane.standing() for name, lane in self._lanes.items()}).values())

    async def waiting(self) -> dict[str, int]:
        """How many objects wait for each destination."""
        return await self._database.read(listing.waiting)

    async def set_aside(self) -> int:
        """How many objects a person must look at."""
        return await self._database.read(listing.set_aside)

    async def open_transfers(self, destination: str) -> int:
        """How many transfers to a destination are not finished."""
        return await self._database.read(listing.open_transfers, destination)

    async def _read_standings(self) -> list[Standing]:
        return await self._database.read(listing.destinations)

    async def trim(self) -> int:
        """Forget some of what was finished long ago; 0 when there is no more of it."""
        before = self._now() - timedelta(days=self._settings.keep_days)
        return await self._database.run(trimming.trim, before)

    # Steering.

    async def retry(self, number: int | None = None) -> int:
        """Try now what waits, failed or was set aside (None: all of it); how many transfers."""
        if number is not None:
            await self.transfer(number)
        ids = None if number is None else [number]
        count, names = await self._database.run(steering.retry, ids)
        await self._try_now(names)
        return count

    async def resend(self, number: int) -> Transfer:
        """Send everything of a transfer once more. Raises `UnknownName`."""
        await self.transfer(number)
        await self._try_now(await self._database.run(steering.resend, number))
        return await self.transfer(number)

    async def cancel(self, number: int) -> Transfer:
        """Give up what was not sent yet. Raises `UnknownName`."""
        await self.transfer(number)
        await self._database.run(steering.cancel, number, self._now(), self._listener.note)
        self._listener.news()
        return await self.transfer(number)

    async def pause(self, node: str) -> None:
        """Send nothing more to a node until `resume`; the object on its way still arrives."""
        await self._set_paused(node, paused=True)

    async def resume(self, node: str) -> None:
        """Send to a node again, at once, whatever was wrong before."""
        await self._set_paused(node, paused=False)
        await self._try_now([node])

    async def _set_paused(self, node: str, *, paused: bool) -> None:
        if self._node(node) is None and node not in self._kept and node not in self._lanes:
            raise UnknownName(no_such_node(node))
        await self._database.run(steering.set_paused, node, paused)
        self._kept[node] = Standing(node, paused=paused)
        if lane := self._lanes.get(node):
            lane.destination.paused = paused

    async def _try_now(self, names: Collection[str]) -> None:
        for name in names:
            if lane := self._lane(name):
                if lane.destination.parked:
                    await self._database.run(steering.set_parked, name, "", None)
                lane.destination.forget()
        self.news(names)
