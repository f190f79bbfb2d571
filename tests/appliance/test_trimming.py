"""A little at a time, day by day."""

from __future__ import annotations

import logging

import pytest
import trio
from trio.testing import MockClock

from appliance.trimming import trim_daily


class Rows:
    """Forgets ten at a time; notes when it was asked."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.asked: list[float] = []

    async def trim(self) -> int:
        self.asked.append(trio.current_time())
        gone = min(10, self.count)
        self.count -= gone
        return gone


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def _run_for(seconds: float, *rows: Rows) -> None:
    with trio.move_on_after(seconds):
        await trim_daily(*(one.trim for one in rows))


async def test_it_waits_until_the_clock_is_right(autojump_clock: MockClock) -> None:
    rows = Rows(5)
    await _run_for(3599, rows)
    assert rows.asked == []


async def test_everything_old_goes_with_pauses(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    few, many = Rows(5), Rows(25)
    await _run_for(3700, few, many)
    assert (few.count, many.count) == (0, 0)
    assert [round(at - 3600, 1) for at in few.asked] == [0.0, 0.2]
    assert [round(at - 3600, 1) for at in many.asked] == [0.2, 0.4, 0.6, 0.8]
    assert "30 rows" in caplog.text


async def test_it_comes_back_every_day(autojump_clock: MockClock) -> None:
    rows = Rows(0)
    await _run_for(3 * 86400, rows)
    assert [int(at // 86400) for at in rows.asked] == [0, 1, 2]
