"""The queue as a whole: orders in, deliveries out, restarts, wishes of people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from appliance.errors import BadRequest, UnknownName
from appliance.transfers.model import ItemState, State
from tests.appliance.transfers.desk import Desk, failure

Put = Callable[..., str]


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


async def test_the_way_of_an_object_is_timed(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    async with desk.running():
        await desk.order(put(1), put(2))
        await desk.until(State.DONE)
    [routed] = [one for one in desk.meter.levels() if one.name == "route"]
    assert routed.count == 2
    assert routed.average is not None
    assert 0 <= routed.average < 5


async def test_what_waited_before_the_start_is_sent(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    await desk.order(put(1))
    async with desk.running():
        await desk.until(State.DONE)


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


async def test_a_duplicate_is_a_success(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.answers = {"1.2.3.1": [0x0111]}
    async with desk.running():
        await desk.order(put(1))
        done = await desk.until(State.DONE)
    [item] = await desk.transfers.items(done.id)
    assert (item.state, item.status) == (ItemState.SENT, 0x0111)


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
    desk.script.refusal = failure("timeout")
    async with desk.running():
        transfer = await desk.transfers.send("1.2.3", "pacs", [put(1)])
        await desk.until(State.BACKING_OFF)
        assert (await desk.transfers.cancel(transfer.id)).state is State.CANCELLED
    with pytest.raises(UnknownName, match="999"):
        await desk.transfers.cancel(999)
    with pytest.raises(UnknownName):
        await desk.transfers.pause("nowhere")
