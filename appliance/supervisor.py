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
    """How the supervised parts are doing, for the status page."""

    restarts: dict[str, int] = field(default_factory=dict)
    _failures: dict[str, tuple[str, float]] = field(default_factory=dict)  # in words, and when

    def failed(self, part: str, error: BaseException) -> None:
        self._failures[part] = f"{type(error).__name__}: {error}", trio.current_time()
        self.restarts[part] = self.restarts.get(part, 0) + 1

    def trouble(self, part: str) -> str:
        """Its failure in words; "" when it has run well for a while since, or ever."""
        words, when = self._failures.get(part, ("", 0.0))
        return words if words and trio.current_time() - when < 2 * _WELL_AFTER else ""


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


class Part:
    """One supervised part: started with the others, stopped in its turn."""

    def __init__(self, name: str, run: Callable[[], Awaitable[None]], health: Health) -> None:
        self.name = name
        self._run = run
        self._health = health
        self._scope = trio.CancelScope()
        self._ended = trio.Event()

    async def run(self) -> None:
        """Until it returns or is stopped."""
        try:
            with self._scope:
                await keep_running(self.name, self._run, self._health)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        """Tell it to end, and wait until it has."""
        self._scope.cancel()
        await self._ended.wait()
