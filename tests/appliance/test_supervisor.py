"""A part that fails is started again, after a growing pause, and says so."""

from __future__ import annotations

import itertools

import pytest
import trio
import trio.testing
from trio.testing import MockClock

from appliance.supervisor import Health, Part, keep_running


async def test_a_part_that_returns_is_done(autojump_clock: MockClock) -> None:
    health = Health()

    async def run() -> None:
        await trio.sleep(1)

    await keep_running("part", run, health)
    assert health.restarts == {}


async def test_pauses_grow_and_are_bounded(autojump_clock: MockClock) -> None:
    health, starts = Health(), []

    async def run() -> None:
        starts.append(trio.current_time())
        if len(starts) < 10:
            raise ValueError("broken")

    await keep_running("part", run, health)
    pauses = [round(b - a) for a, b in itertools.pairwise(starts)]
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert health.trouble("part") == "ValueError: broken"
    assert health.restarts == {"part": 9}


async def test_a_part_that_was_well_starts_over_with_a_short_pause(
    autojump_clock: MockClock,
) -> None:
    starts: list[float] = []

    async def run() -> None:
        starts.append(trio.current_time())
        if len(starts) < 5:
            await trio.sleep(100 if len(starts) == 4 else 0)
            raise ValueError

    await keep_running("part", run, Health())
    assert round(starts[4] - starts[3]) == 101


async def test_cancellation_and_interrupts_pass_through() -> None:
    async def run() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await keep_running("part", run, Health())


async def test_a_failure_long_ago_is_forgotten(autojump_clock: MockClock) -> None:
    health = Health()
    health.failed("part", ValueError("x"))
    assert health.trouble("part") == "ValueError: x"
    await trio.sleep(121)
    assert health.trouble("part") == ""
    assert health.trouble("other") == ""


async def test_a_stopped_part_has_ended_when_stop_returns() -> None:
    ended = []

    async def run() -> None:
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.lowlevel.checkpoint()
            ended.append(True)

    part = Part("part", run, Health())
    async with trio.open_nursery() as nursery:
        nursery.start_soon(part.run)
        await trio.testing.wait_all_tasks_blocked()
        await part.stop()
        assert ended == [True]
