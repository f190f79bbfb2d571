"""Work goes on in a thread while its owner does something else."""

from __future__ import annotations

import threading

import pytest
import trio

from appliance.intake.errand import Errand


async def test_the_owner_goes_on_and_gets_the_result_later() -> None:
    threads, gate = trio.CapacityLimiter(1), threading.Event()
    errand = Errand(lambda: gate.wait(10), threads)
    await errand.start()
    assert threads.borrowed_tokens == 1
    gate.set()
    assert await errand.result() is True
    assert threads.borrowed_tokens == 0


async def test_what_it_raises_comes_out_of_the_result() -> None:
    def fail() -> None:
        raise OSError("no room")

    errand = Errand(fail, trio.CapacityLimiter(1))
    await errand.start()
    with pytest.raises(OSError, match="no room"):
        await errand.result()


async def test_no_more_run_than_there_are_threads() -> None:
    threads, gate = trio.CapacityLimiter(1), threading.Event()
    first, second = (Errand(lambda: gate.wait(10), threads) for _ in range(2))
    await first.start()
    with trio.move_on_after(0) as scope:
        await second.start()
    assert scope.cancelled_caught
    gate.set()
    await first.result()


async def test_cancelling_the_wait_does_not_end_the_work() -> None:
    gate = threading.Event()
    errand = Errand(lambda: gate.wait(10), trio.CapacityLimiter(1))
    await errand.start()
    with trio.move_on_after(0):
        await errand.result()
    gate.set()
    assert await errand.result() is True
