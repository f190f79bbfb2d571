"""Forgets, day by day, what nobody will ask for any more."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import trio

log = logging.getLogger(__name__)

Trim: TypeAlias = Callable[[], Awaitable[int]]

# A box that has just started may not know yet what day it is.
_AFTER_START = 3600.0
_DAY = 86400.0
# Between two small transactions everybody else has a turn.
_PAUSE = 0.2


async def trim_daily(*trims: Trim) -> None:
    """Until cancelled. Each of `trims` forgets a little and says how much, 0 at its end."""
    pause = _AFTER_START
    while True:
        await trio.sleep(pause)
        forgotten = sum([await _trim(one) for one in trims])
        log.info("%d rows of the past are forgotten", forgotten)
        pause = _DAY


async def _trim(trim: Trim) -> int:
    forgotten = 0
    while some := await trim():
        forgotten += some
        await trio.sleep(_PAUSE)
    return forgotten
