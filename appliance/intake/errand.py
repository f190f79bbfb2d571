"""Work in a thread that goes on while its owner does something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

import outcome
import trio

T = TypeVar("T")


class Errand(Generic[T]):
    """One piece of blocking work; `start` it, then ask for its `result` once."""

    def __init__(self, work: Callable[[], T], threads: trio.CapacityLimiter) -> None:
        self._work = work
        self._threads = threads
        self._token = trio.lowlevel.current_trio_token()
        self._ended = trio.Event()
        self._outcome: outcome.Outcome[T] | None = None

    async def start(self) -> None:
        """Wait for a free thread, then let it run."""
        await self._threads.acquire_on_behalf_of(self)
        trio.lowlevel.start_thread_soon(self._work, self._arrived)

    async def result(self) -> T:
        """What the work returned or raised. Cancelling this does not end the work."""
        await self._ended.wait()
        assert self._outcome is not None
        return self._outcome.unwrap()

    def _arrived(self, result: outcome.Outcome[T]) -> None:
        """In the thread: a program that has ended does not care any more."""
        try:
            self._token.run_sync_soon(self._settle, result)
        except trio.RunFinishedError:
            return

    def _settle(self, result: outcome.Outcome[T]) -> None:
        self._threads.release_on_behalf_of(self)
        self._outcome = result
        self._ended.set()
