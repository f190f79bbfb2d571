"""The trio side of the database: run one whole unit of work, get its result.

Tortoise speaks asyncio and breaks when a started operation is cancelled (a deadlocked
SQLite lock, writes that vanish). So it lives in a thread of its own, and what is handed
through this door is a *unit of work*: an async function that begins and ends its own
transaction. Waiting for a turn can be cancelled; a unit that began runs to its end.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

import outcome
import trio

from appliance.database.failures import DatabaseStopped
from appliance.database.loop import DatabaseLoop

T = TypeVar("T")
P = ParamSpec("P")

# Units beyond this wait on the trio side, where waiting can still be cancelled.
_UNITS_AT_ONCE = 32


@dataclass(frozen=True)
class Database:
    """Runs units of work."""

    _loop: DatabaseLoop
    _turns: trio.CapacityLimiter

    async def run(self, unit: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that may write; it opens its transaction with `schema.transaction()`."""
        return await self._enter(partial(unit, *args, **kwargs), read_only=False)

    async def read(self, unit: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a unit that only reads, beside the writers, on a read-only connection."""
        return await self._enter(partial(unit, *args, **kwargs), read_only=True)

    async def _enter(self, unit: Callable[[], Awaitable[T]], *, read_only: bool) -> T:
        async with self._turns:
            task, token = trio.lowlevel.current_task(), trio.lowlevel.current_trio_token()

            def deliver(result: outcome.Outcome[T]) -> None:
                token.run_sync_soon(trio.lowlevel.reschedule, task, result)

            self._loop.start(deliver, unit, read_only=read_only)
            result: T = await trio.lowlevel.wait_task_rescheduled(
                lambda _: trio.lowlevel.Abort.FAILED
            )
            return result


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Open the database at `url`, bring its tables up to date, close it at the end.

    `url` is `sqlite:///path` (four slashes for an absolute path) or
    `postgres://user:password@host:port/name`. Open it outside every nursery that
    uses it. Raises `ConfigError`.
    """
    loop = DatabaseLoop(url)
    await trio.to_thread.run_sync(loop.open)
    try:
        yield Database(loop, trio.CapacityLimiter(_UNITS_AT_ONCE))
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(loop.close)


__all__ = ["Database", "DatabaseStopped", "open_database"]
