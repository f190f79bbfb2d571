"""Everything that goes to one destination: who carries, how many at once, and when."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import trio

from appliance import clock
from appliance.database.door import Database
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer
from appliance.nodes.model import Node
from appliance.nodes.window import Window
from appliance.transfers import classify, leases, steering
from appliance.transfers.bandwidth import Bucket
from appliance.transfers.classify import Class
from appliance.transfers.converting import Converter
from appliance.transfers.courier import Courier, Tools
from appliance.transfers.destination import Destination
from appliance.transfers.load import Cargo
from appliance.transfers.model import ItemState, Leased, Result, Settings, Standing
from appliance.transfers.recorder import Recorder
from appliance.transfers.sender import Sender
from storage.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Depot:
    """What all lanes share."""

    database: Database
    store: Store
    sender: Sender
    node: Callable[[str], Node | None]
    journal: Journal
    meter: Meter
    settings: Settings
    now: clock.Clock
    recorder: Recorder
    holder: str  # our name on leases
    converter: Converter | None = None  # None: everything is sent as it is stored


class Lane:
    """The couriers of one destination. As many are on the way as there is work and leave for."""

    def __init__(self, depot: Depot, destination: Destination) -> None:
        self.destination = destination
        self._depot = depot
        self._nursery: trio.Nursery | None = None
        self._couriers = 0
        self._lingering = 0  # couriers with an open association and nothing to send
        self._news = 0  # counts the reasons to look into the queue
        self._stir = trio.Event()
        self._replan = trio.Event()
        self._bucket: Bucket | None = None
        self._told: set[int] = set()  # transfers of which somebody was told

    async def run(self) -> None:
        """Send what there is, until cancelled."""
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self.wake()
            while True:
                self._replan = trio.Event()
                with trio.move_on_after(self._nap()) as nap:
                    await self._replan.wait()
                if nap.cancelled_caught:
                    self.wake()

    def wake(self) -> None:
        """There may be work, or leave to do it."""
        self._news += 1
        self._stir.set()
        self._stir = trio.Event()
        if not self._lingering:
            self._send_out()

    def standing(self) -> Standing:
        return self.destination.standing(self._node())

    def _nap(self) -> float:
        now = self._depot.now()
        look = self.destination.next_look(self._node(), now)
        until = (look - now).total_seconds() if look else self._depot.settings.poll_seconds
        # The clock on the wall may jump: never trust it for long.
        return min(until, self._depot.settings.poll_seconds)

    def _node(self) -> Node | None:
        return self._depot.node(self.destination.name)

    def _send_out(self) -> None:
        node, now = self._node(), self._depot.now()
        if self._nursery is None or node is None or self._couriers >= node.max_associations:
            return
        if self.destination.may_send(node, now) and self.destination.may_start(now):
            self._couriers += 1
            self._nursery.start_soon(self._courier, node, self.destination.start())

    async def _courier(self, node: Node, probing: bool) -> None:
        try:
            while self.may_go_on() and self.destination.is_open_for(probing=probing):
                seen = self._news
                items = await self._lease(self._depot.settings.lease)
                if items:
                    await Courier(self, node, self._tools(node)).carry(items)
                elif seen == self._news:
                    return
        finally:
            self._couriers -= 1
            self.destination.ended(probing=probing)

    def _tools(self, node: Node) -> Tools:
        depot = self._depot
        if node.bandwidth is None:
            return Tools(depot.sender, depot.store, None, depot.converter)
        if self._bucket is None or self._bucket.rate != node.bandwidth:
            self._bucket = Bucket(node.bandwidth)
        return Tools(depot.sender, depot.store, self._pace, depot.converter)

    async def _pace(self, amount: int) -> None:
        if self._bucket is not None:
            await trio.sleep(self._bucket.take(amount, trio.current_time()))

    async def _lease(self, limit: int) -> list[Leased]:
        """The next items that may go now; those of a rule outside its hours are put off."""
        depot, most = self._depot, min(limit, self._depot.settings.lease)
        while items := await depot.database.run(
            leases.lease, self.destination.name, depot.holder, most, depot.now()
        ):
            if len(items) == depot.settings.lease:
                self._send_out()
            if ready := await self._in_hours(items):
                return ready
        return []

    async def _in_hours(self, items: Sequence[Leased]) -> list[Leased]:
        local = clock.local(self._depot.now())
        late: dict[str, list[Leased]] = defaultdict(list)
        for item in items:
            if item.window and not Window.parse(item.window).contains(local):
                late[item.window].append(item)
        for window, those in late.items():
            opens = self.destination.wait_until(Window.parse(window).opens(local))
            await self._depot.database.run(leases.put_off, those, opens)
            self._replan.set()
        return [item for item in items if item.window not in late]

    # What a courier asks.

    def may_go_on(self) -> bool:
        return self.destination.may_send(self._node(), self._depot.now())

    async def more(self, limit: int) -> list[Leased]:
        deadline = trio.current_time() + self._depot.settings.linger_seconds
        while self.may_go_on():
            seen = self._news
            items = await self._lease(limit)
            if items:
                return items
            if seen == self._news and not await self._linger(deadline):
                break
        return []

    async def _linger(self, deadline: float) -> bool:
        """Wait for a reason to look again; False: there was none in time."""
        self._lingering += 1
        try:
            with trio.move_on_at(deadline):
                await self._stir.wait()
                return True
            return False
        finally:
            self._lingering -= 1

    def answered(self, cargo: Cargo, answer: Answer) -> bool:
        meaning = classify.of_status(answer.status, answer.comment)
        now = self._depot.now()
        if meaning.answer is Class.TRANSIENT:
            self._down(meaning.words)
        else:
            self._up()
        self._note(self.destination.result(cargo.item, meaning, answer.status, now))
        if meaning.delivered and cargo.item.timed and self.destination.in_time(cargo.entry.time):
            self._depot.meter.routed_seconds.observe((now - cargo.entry.time).total_seconds())
        return meaning.answer is not Class.TRANSIENT

    def unfit(self, cargo: Cargo, words: str) -> None:
        self._note(Result(cargo.item, Class.DATA, self._depot.now(), words=words))

    def broken(self, item: Leased, words: str) -> None:
        self._note(Result(item, Class.DATA, self._depot.now(), words=words))
        self._depot.journal.note(
            "object.damaged",
            f"{words}; it was not sent to {self.destination.name}",
            severity=Severity.ALARM,
            subject=item.sha256,
        )

    async def failed(
        self, failure: AssociationFailed, held: Sequence[Leased], now: Leased | None
    ) -> None:
        words = str(failure)
        if classify.of_failure(failure.kind) is Class.CONFIGURATION:
            await self._park(words)
        else:
            self._down(words)
        if now is not None:
            self._note(self.destination.broken_off(now, words, self._depot.now()))
        transfers = sorted({item.transfer for item in held})
        await self._depot.database.run(leases.note_failure, transfers, words)

    async def give_back(self, items: Sequence[Leased]) -> None:
        if items:
            await self._depot.database.run(leases.release, items)

    # What follows from it.

    def _note(self, result: Result) -> None:
        self._depot.recorder.note(result)
        if result.next_try is not None:
            self._replan.set()
        self._depot.meter.sent.labels(self.destination.name, result.answer.value).inc()
        if result.state is ItemState.SET_ASIDE and result.item.transfer not in self._told:
            self._told.add(result.item.transfer)
            self._tell("transfer.set_aside", f"an object was set aside: {result.words}")

    def _up(self) -> None:
        parked = self.destination.parked
        if trouble := self.destination.up(self._depot.now()):
            self._tell("destination.up", f"works again after: {trouble}", Severity.INFO)
            self.wake()
        if parked and self._nursery is not None:
            self._nursery.start_soon(self._keep_parked, "")

    def _down(self, words: str) -> None:
        if self.destination.down(self._depot.now(), words):
            self._tell("destination.down", words)
        self._replan.set()

    async def _park(self, words: str) -> None:
        if self.destination.park(self._depot.now(), words):
            self._tell("destination.parked", words, Severity.ALARM)
            await self._keep_parked(words)
        self._replan.set()

    async def _keep_parked(self, words: str) -> None:
        await self._depot.database.run(
            steering.set_parked, self.destination.name, words, self._depot.now()
        )

    def _tell(self, kind: str, words: str, severity: Severity = Severity.WARNING) -> None:
        name = self.destination.name
        log.info("%s: %s", kind, name)
        self._depot.journal.note(kind, f"{name}: {words}", severity=severity, subject=name)
