"""The asyncio side: one thread, one loop, one Tortoise."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import outcome
from tortoise.context import TortoiseContext

from appliance.database.failures import DatabaseStopped
from appliance.database.schema import configuration, prepare, reading

T = TypeVar("T")


class DatabaseLoop:
    """A thread that runs asyncio with Tortoise opened on `url`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._main, name="database", daemon=True)
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = contextvars.Context()
        self._stop = asyncio.Event()
        self._units: set[asyncio.Task[None]] = set()

    def open(self) -> None:
        """Start the thread; raise here what went wrong there."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Let running units end, close the connections, end the thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def start(
        self,
        deliver: Callable[[outcome.Outcome[T]], None],
        unit: Callable[[], Awaitable[T]],
        *,
        read_only: bool,
    ) -> None:
        """Begin a unit of work; `deliver` gets its outcome, in the database's thread."""
        if self._loop is None:
            raise DatabaseStopped("the database is not open")
        self._loop.call_soon_threadsafe(self._spawn, _answer(deliver, unit), read_only)

    def _spawn(self, work: Callable[[], Any], read_only: bool) -> None:
        # A copy of the context in which Tortoise was opened: it finds its connections there.
        context = self._context.copy()
        context.run(reading.set, read_only)
        task = asyncio.get_running_loop().create_task(work(), context=context)
        self._units.add(task)
        task.add_done_callback(self._units.discard)

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - raised again in open()
            self._failure = error
        finally:
            self._loop = None
            self._ready.set()

    async def _serve(self) -> None:
        async with TortoiseContext() as tortoise:
            await tortoise.init(config=configuration(self._url))
            await prepare()
            self._context, self._loop = contextvars.copy_context(), asyncio.get_running_loop()
            self._ready.set()
            await self._stop.wait()
            self._loop = None
            await asyncio.gather(*self._units, return_exceptions=True)


def _answer(
    deliver: Callable[[outcome.Outcome[T]], None], unit: Callable[[], Awaitable[T]]
) -> Callable[[], Awaitable[None]]:
    async def work() -> None:
        result = await outcome.acapture(unit)
        # A CancelledError must not reach trio: there it is no Exception and would end the program.
        if isinstance(result, outcome.Error) and isinstance(result.error, asyncio.CancelledError):
            result = outcome.Error(DatabaseStopped("the unit of work was cancelled"))
        deliver(result)

    return work
