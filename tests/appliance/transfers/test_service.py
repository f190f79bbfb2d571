"""The queue at work against a destination that follows a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance import clock
from appliance.database.door import Database, open_database
from appliance.database.schema import transaction
from appliance.errors import BadRequest, UnknownName
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed, Kind
from appliance.nodes.model import Node
from appliance.nodes.window import Window
from appliance.transfers.model import ItemState, Order, Settings, State, Transfer
from appliance.transfers.service import Transfers
from storage.memory import MemoryStore
from tests.appliance.transfers.script import CT, EXPLICIT, Script, wall

Put = Callable[..., str]


class Desk:
    """A queue with what it needs, and short ways to ask and to wait."""

    def __init__(
        self, database: Database, store: MemoryStore, script: Script, settings: Settings
    ) -> None:
        self.nodes = {"pacs": Node("pacs", "PACS", "127.0.0.1", 104, max_associations=2)}
        self.script = script
        self.journal = Journal(database, now=wall)
        self.meter = Meter()
        self.database = database
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
            await nursery.start(self.transfers.run)
            yield
            nursery.cancel_scope.cancel()

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


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as opened:
        yield opened


@pytest.fixture
def settings() -> Settings:
    return Settings(
        lease=4, linger_seconds=3, record_seconds=0.25, record_items=4, poll_seconds=600
    )


@pytest.fixture
def desk(
    database: Database,
    store: MemoryStore,
    script: Script,
    settings: Settings,
) -> Desk:
    return Desk(database, store, script, settings)


def _failure(kind: Kind, words: str = "it failed") -> AssociationFailed:
    return AssociationFailed(kind, words)


async def test_orders_are_carried_out(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    shas = [put(n) for n in range(10)]
    async with desk.running():
        await desk.order(*shas)
        done = await desk.until(State.DONE)
    assert (done.instances, done.sent, done.attempts) == (10, 10, 1)
    assert sorted(desk.script.uids) == sorted(f"1.2.3.{n}" for n in range(10))
    assert dict(desk.script.received)["1.2.3.7"] == b"object 7"
    assert desk.meter.registry.get_sample_value(
        "arca_sent_total", {"destination": "pacs", "outcome": "success"}
    ) == 10  # fmt: skip


async def test_what_waited_before_the_start_is_sent(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    await desk.order(put(1))
    async with desk.running():
        await desk.until(State.DONE)


async def test_an_association_waits_for_more(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    async with desk.running():
        await desk.order(put(1))
        await desk.until(State.DONE)
        await desk.order(put(2))
        await trio.sleep(1)
        await desk.order(put(3))
        await trio.sleep(30)
    assert desk.script.uids == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert len(desk.script.calls) == 1
    assert desk.script.open == 0


async def test_no_more_associations_than_allowed(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.seconds = 1.0
    async with desk.running():
        await desk.order(*(put(n) for n in range(40)))
        await desk.until(State.DONE)
    assert desk.script.most_open == 2
    assert len(desk.script.uids) == 40


async def test_an_association_carries_only_so_many(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(batch_size=3, max_associations=1)
    async with desk.running():
        await desk.order(*(put(n) for n in range(10)))
        await desk.until(State.DONE)
    assert len(desk.script.calls) == 4
    assert len(desk.script.uids) == 10


async def test_urgent_ones_overtake(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.change(max_associations=1)
    desk.script.seconds = 1.0
    shas = [put(n) for n in range(12)]
    async with desk.running():
        await desk.order(*shas)
        await trio.sleep(2)
        await desk.transfers.send("1.2.3", "pacs", [put(99)])
        await trio.sleep(60)
    assert desk.script.uids.index("1.2.3.99") < 9


async def test_other_contexts_need_another_association(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    async with desk.running():
        await desk.order(put(1))
        await trio.sleep(1)
        await desk.order(put(2, syntax="1.2.840.10008.1.2.4.70"), put(3))
        await trio.sleep(60)
    assert sorted(desk.script.uids) == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert desk.script.proposed[1] == ((CT, "1.2.840.10008.1.2.4.70"),)


async def test_a_destination_that_is_down_is_tried_again(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = _failure("refused_connection", "nobody listens")
    async with desk.running():
        await desk.order(*(put(n) for n in range(8)))
        down = await desk.until(State.BACKING_OFF)
        assert down.last_error == "nobody listens"
        assert down.next_try is not None
        assert down.next_try > wall()
        await trio.sleep(100)
        assert len(desk.script.calls) in {3, 4}  # the first ones, and after 30 and 60 s
        desk.script.refusal = None
        done = await desk.until(State.DONE)
    assert done.attempts >= 3
    assert await desk.kinds() == ["destination.down", "destination.up"]


async def test_pauses_grow_to_the_cap_and_no_storm_follows(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = _failure("timeout")
    async with desk.running():
        await desk.order(*(put(n) for n in range(50)))
        await trio.sleep(7200)
    assert 12 <= len(desk.script.calls) <= 15


async def test_a_rejection_parks_and_is_told_once(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = _failure("rejected_permanent", "does not know us")
    async with desk.running():
        await desk.order(put(1))
        parked = await desk.until(State.PARKED)
        assert parked.last_error == "does not know us"
        await trio.sleep(3600)
        assert len(desk.script.calls) == 5
        [event] = await desk.journal.latest()
        assert (event.kind, event.severity) == ("destination.parked", Severity.ALARM)
        desk.script.refusal = None
        await desk.transfers.retry(parked.id)
        await trio.sleep(1)
        assert (await desk.only()).state is State.DONE
    assert [one.parked for one in await desk.transfers.standings()] == [""]


async def test_a_mended_destination_leaves_the_park_by_itself(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = _failure("rejected_permanent")
    async with desk.running():
        await desk.order(put(1))
        await desk.until(State.PARKED)
        desk.script.refusal = None
        await desk.until(State.DONE, step=60)
        await trio.sleep(1)
    assert [one.parked for one in await desk.transfers.standings()] == [""]


async def test_bad_data_is_set_aside_and_the_rest_goes_on(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.answers = {"1.2.3.3": [0xA900], "1.2.3.5": [0xC123]}
    async with desk.running():
        await desk.order(*(put(n) for n in range(8)))
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (6, 2)
    aside = (await desk.transfers.items(partly.id))[:2]
    assert {one.status for one in aside} == {0xA900, 0xC123}
    assert {one.state for one in aside} == {ItemState.SET_ASIDE}
    assert await desk.kinds() == ["transfer.set_aside"]


async def test_what_was_set_aside_goes_when_asked_for(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.answers = {"1.2.3.1": [0xC000]}
    async with desk.running():
        await desk.order(put(1))
        failed = await desk.until(State.FAILED)
        assert await desk.transfers.retry() == 1
        await desk.until(State.DONE)
    assert failed.set_aside == 1


async def test_some_refusals_are_tried_three_times(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.answers = {"1.2.3.1": [0x0110] * 3, "1.2.3.2": [0x0110] * 2}
    async with desk.running():
        await desk.order(put(1), put(2))
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (1, 1)


async def test_a_full_destination_gets_a_rest(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    desk.script.answers = {"1.2.3.1": [0xA700]}
    async with desk.running():
        await desk.order(*(put(n) for n in range(4)))
        await trio.sleep(5)
        assert desk.script.uids == ["1.2.3.0", "1.2.3.1"]
        resting = await desk.only()
        assert resting.state is State.BACKING_OFF
        assert "out of resources" in resting.last_error
        done = await desk.until(State.DONE)
    assert done.sent == 4


async def test_a_duplicate_is_a_success(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.answers = {"1.2.3.1": [0x0111]}
    async with desk.running():
        await desk.order(put(1))
        done = await desk.until(State.DONE)
    [item] = await desk.transfers.items(done.id)
    assert (item.state, item.status) == (ItemState.SENT, 0x0111)


async def test_an_object_that_breaks_associations_does_not_block(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    desk.script.answers = {"1.2.3.0": [_failure("aborted")] * 5}
    async with desk.running():
        await desk.order(*(put(n) for n in range(5)))
        await trio.sleep(40)
        assert sorted(desk.script.uids) == [f"1.2.3.{n}" for n in range(1, 5)]
        await desk.until(State.DONE, step=60)
    assert desk.script.uids[-1] == "1.2.3.0"


async def test_no_context_for_one_kind(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.unsupported = {("1.2.840.1", EXPLICIT)}
    async with desk.running():
        await desk.order(put(1), put(2, sop_class="1.2.840.1"), put(3))
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (2, 1)
    assert "no presentation context" in partly.last_error


async def test_no_context_at_all_sets_aside_without_parking(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.unsupported = {("1.2.840.1", EXPLICIT)}
    async with desk.running():
        await desk.order(put(1, sop_class="1.2.840.1"))
        await desk.until(State.FAILED)
        await desk.transfers.send("1.2.3", "pacs", [put(2)])
        await trio.sleep(5)
    assert desk.script.uids == ["1.2.3.2"]


async def test_transfer_syntaxes_a_node_shall_not_get(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(transfer_syntaxes=(EXPLICIT,))
    async with desk.running():
        await desk.order(put(1), put(2, syntax="1.2.840.10008.1.2.4.70"))
        partly = await desk.until(State.PARTLY)
    assert desk.script.uids == ["1.2.3.1"]
    assert "1.2.840.10008.1.2.4.70" in partly.last_error


async def test_damaged_objects_are_never_sent_as_good(
    desk: Desk, store: MemoryStore, put: Put, jumping_clock: MockClock
) -> None:
    shas = [put(n) for n in range(4)]
    store.spoil(shas[1])
    async with desk.running():
        await desk.order(*shas, "0" * 64)
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (3, 2)
    assert "1.2.3.1" not in desk.script.uids
    damaged = [one for one in await desk.journal.latest() if one.kind == "object.damaged"]
    assert {one.severity for one in damaged} == {Severity.ALARM}
    assert {one.subject for one in damaged} == {shas[1], "0" * 64}


async def test_pause_ends_between_objects_and_is_kept(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    desk.script.seconds = 10.0
    async with desk.running():
        await desk.order(*(put(n) for n in range(5)))
        await trio.sleep(15)
        await desk.transfers.pause("pacs")
        paused = await desk.until(State.PAUSED)
        assert paused.sent == len(desk.script.uids) < 5
        await trio.sleep(600)
    count = len(desk.script.uids)
    async with desk.running():
        await trio.sleep(600)
        assert len(desk.script.uids) == count
        await desk.transfers.resume("pacs")
        await desk.until(State.DONE)


async def test_a_removed_node_parks_until_it_is_back(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    node = desk.nodes.pop("pacs")
    async with desk.running():
        await desk.order(put(1))
        parked = await desk.until(State.PARKED)
        assert "no node is called pacs" in parked.last_error
        desk.nodes["pacs"] = node
        desk.transfers.news(["pacs"])
        await desk.until(State.DONE)


async def test_a_nodes_window(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    local = clock.local(wall())
    opens = local + timedelta(hours=2)
    desk.change(window=Window(opens.time(), (opens + timedelta(hours=1)).time()))
    async with desk.running():
        await desk.order(put(1))
        await trio.sleep(7000)
        assert desk.script.uids == []
        await trio.sleep(300)
        assert desk.script.uids == ["1.2.3.1"]


async def test_a_rules_window_holds_up_nobody_else(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    opens = clock.local(wall()) + timedelta(hours=2)
    window = f"{opens:%H:%M}-{opens + timedelta(hours=1):%H:%M}"
    async with desk.running():
        await desk.order(*(put(n) for n in range(9)), window=window)
        await desk.transfers.send("1.2.3", "pacs", [put(99)])
        await trio.sleep(60)
        assert desk.script.uids == ["1.2.3.99"]
        waiting = next(one for one in await desk.transfers.queue() if one.rule)
        assert waiting.state is State.BACKING_OFF
        assert waiting.next_try == opens.replace(second=0, microsecond=0)
        await trio.sleep(7300)
    assert len(desk.script.uids) == 10


async def test_bandwidth_is_shared_by_all_associations(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(bandwidth=1000, max_associations=2)
    shas = [put(n, content=bytes([n]) * 1000) for n in range(20)]
    async with desk.running():
        await desk.order(*shas)
        await trio.sleep(10)
        assert len(desk.script.uids) <= 12
        await trio.sleep(15)
        assert len(desk.script.uids) == 20


async def test_a_restart_loses_nothing(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.seconds = 1.0
    shas = [put(n) for n in range(12)]
    await desk.order(*shas)
    for _ in range(50):
        async with desk.running():
            await trio.sleep(2.5)
        if (await desk.only()).state is State.DONE:
            break
    done = await desk.only()
    assert (done.sent, done.state) == (12, State.DONE)
    assert set(desk.script.uids) == {f"1.2.3.{n}" for n in range(12)}


async def test_sending_by_hand(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    with pytest.raises(UnknownName, match="nowhere"):
        await desk.transfers.send("1.2.3", "nowhere", ["a"])
    with pytest.raises(BadRequest, match="no instances"):
        await desk.transfers.send("1.2.3", "pacs", [])
    async with desk.running():
        sent = await desk.transfers.send("1.2.3", "pacs", [put(1)])
        done = await desk.until(State.DONE)
        assert (done.id, done.rule, done.priority) == (sent.id, "", 10)
        await desk.transfers.resend(done.id)
        await desk.until(State.DONE)
    assert desk.script.uids == ["1.2.3.1", "1.2.3.1"]


async def test_giving_up(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.refusal = _failure("timeout")
    async with desk.running():
        transfer = await desk.transfers.send("1.2.3", "pacs", [put(1)])
        await desk.until(State.BACKING_OFF)
        assert (await desk.transfers.cancel(transfer.id)).state is State.CANCELLED
    with pytest.raises(UnknownName, match="999"):
        await desk.transfers.cancel(999)
    with pytest.raises(UnknownName):
        await desk.transfers.pause("nowhere")


async def test_only_what_went_on_at_once_is_timed(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    async with desk.running():
        desk.script.refusal = _failure("timeout")
        await desk.order(put(1))
        await desk.until(State.BACKING_OFF)
        desk.script.refusal = None
        await desk.until(State.DONE)
        await desk.transfers.send("1.2.3", "pacs", [put(2)])
        await trio.sleep(5)
    [routed] = [one for one in desk.meter.levels() if one.name == "route"]
    assert routed.count == 0
