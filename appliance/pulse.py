"""Listens to the event loop's heart: how late does it wake a sleeper."""

from __future__ import annotations

import logging

import trio

from appliance.meter import Meter

log = logging.getLogger(__name__)

# Often enough to meet what blocks the loop, seldom enough to cost nothing.
_BEAT = 0.02

# Promised: nothing blocks the loop for longer.
_TOO_LATE = 0.05


async def watch(meter: Meter) -> None:
    """Measure for ever."""
    while True:
        due = trio.current_time() + _BEAT
        await trio.sleep_until(due)
        late = max(0.0, trio.current_time() - due)
        meter.loop_lag.observe(late)
        if late > _TOO_LATE:
            log.debug("the event loop was blocked for %.0f ms", late * 1000)
