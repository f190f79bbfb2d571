"""Keeps one part of the program running, whatever happens to it.

Each part lives in its own nursery: its failure is logged, shown, and followed by
a restart after a growing pause; no other part notices.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import trio

log = logging.getLogger(__name__)

# A part that has run this long is considered well: its next failure waits the first pause again.
_WELL_AFTER = 60.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0


@dataclass
class Health:
    """What each supervised part is doing, for the status page."""

    failures: dict[str, str] = field(default_factory=dict)  # part -> last failure in words
    restarts: dict[str, int] = field(default_factory=dict)

    def failed(self, part: str, error: BaseException) -> None:
        self.failures[part] = f"{type(error).__name__}: {error}"
        self.restarts[part] = self.restarts.get(part, 0) + 1

    def well(self, part: str) -> None:
        self.failures.pop(part, None)


async def keep_running(part: str, run: Callable[[], Awaitable[None]], health: Health) -> None:
    """Run `run` until it returns; start it again when it raises."""
    pause = _FIRST_PAUSE
    while True:
        began = trio.current_time()
        try:
            await run()
        except Exception as error:
            log.exception("%s failed and will be started again in %.0f s", part, pause)
            health.failed(part, error)
        else:
            return
        if trio.current_time() - began > _WELL_AFTER:
            pause = _FIRST_PAUSE
        await trio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
