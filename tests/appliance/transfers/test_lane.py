"""One destination: how many at once, when, what after a failure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import trio
from trio.testing import MockClock

from appliance import clock
from appliance.journal.model import Severity
from appliance.nodes.window import Window
from appliance.transfers.model import ItemState, State
from tests.appliance.transfers.desk import Desk, failure
from tests.appliance.transfers.script import wall

Put = Callable[..., str]


async def test_no_more_associations_than_allowed(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.seconds = 1.0
    async with desk.running():
        await desk.order(*(put(n) for n in range(40)))
        await desk.until(State.DONE)
    assert desk.script.most_open == 2
    assert len(desk.script.uids) == 40


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


async def test_a_destination_that_is_down_is_tried_again(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = failure("refused_connection", "nobody listens")
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
    desk.script.refusal = failure("timeout")
    async with desk.running():
        await desk.order(*(put(n) for n in range(50)))
        await trio.sleep(7200)
    assert 12 <= len(desk.script.calls) <= 15


async def test_a_rejection_parks_and_is_told_once(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = failure("rejected_permanent", "does not know us")
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


async def test_a_changed_node_is_tried_at_once(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = failure("rejected_permanent")
    async with desk.running():
        await desk.order(put(1))
        await desk.until(State.PARKED)
        desk.script.refusal = None
        desk.change(ae_title="RIGHT")
        desk.transfers.node_changed("pacs")
        await trio.sleep(1)
        assert (await desk.only()).state is State.DONE


async def test_a_mended_destination_leaves_the_park_by_itself(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.refusal = failure("rejected_permanent")
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


async def test_only_what_went_on_at_once_is_timed(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    async with desk.running():
        desk.script.refusal = failure("timeout")
        await desk.order(put(1))
        await desk.until(State.BACKING_OFF)
        desk.script.refusal = None
        await desk.until(State.DONE)
        await desk.transfers.send("1.2.3", "pacs", [put(2)])
        await trio.sleep(5)
    [routed] = [one for one in desk.meter.levels() if one.name == "route"]
    assert routed.count == 0
