"""A loop that is blocked is noticed."""

from __future__ import annotations

import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from appliance.meter import Meter
from appliance.pulse import watch


async def test_a_late_beat_is_counted(mock_clock: MockClock) -> None:
    meter = Meter()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch, meter)
        await wait_all_tasks_blocked()
        mock_clock.jump(0.02 + 0.3)
        await wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()
    text = meter.exposition().decode()
    assert 'arca_loop_lag_seconds_bucket{le="0.1"} 0.0' in text
    assert 'arca_loop_lag_seconds_bucket{le="0.5"} 1.0' in text
