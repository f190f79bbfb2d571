from __future__ import annotations

import trio
from trio.testing import MockClock

from appliance.commitment.bell import Bell, Lanes


async def test_a_bell_rung_before_is_heard(autojump_clock: MockClock) -> None:
    bell, began = Bell(), trio.current_time()
    bell.ring()
    await bell.wait(100)
    assert trio.current_time() == began
    await bell.wait(100)
    assert trio.current_time() == began + 100


async def test_one_task_for_each_name(autojump_clock: MockClock) -> None:
    begun: list[tuple[str, list[int]]] = []

    async def work(name: str, numbers: list[int]) -> None:
        begun.append((name, numbers))
        await trio.sleep(10)

    async with trio.open_nursery() as nursery:
        lanes = Lanes(nursery, work)
        lanes.start([(1, "a"), (2, "b"), (3, "a")])
        lanes.start([(4, "a")])
        await trio.sleep(11)
        lanes.start([(4, "a")])
    assert sorted(begun) == [("a", [1, 3]), ("a", [4]), ("b", [2])]
