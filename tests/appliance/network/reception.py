"""A listener on a free port with rooms behind it that remember everything."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import trio

from appliance.meter import Meter
from appliance.network.listener import listen
from appliance.network.services import (
    Answer,
    AssociationReport,
    Caller,
    Provider,
    Services,
    StoreRequest,
    StoreSink,
    Verdict,
)
from appliance.network.settings import ListenerSettings


@dataclass
class Rooms:
    """Keeps what comes in memory, and answers as it is told."""

    verdict: Verdict = field(default_factory=lambda: Verdict(accept=True))
    answer: Answer = field(default_factory=lambda: Answer(0))
    callers: list[Caller] = field(default_factory=list)
    requests: list[StoreRequest] = field(default_factory=list)
    stored: list[bytes] = field(default_factory=list)
    discarded: list[bytes] = field(default_factory=list)
    reports: list[AssociationReport] = field(default_factory=list)
    writes: int = 0
    changed: trio.Event = field(default_factory=trio.Event)
    finishing: trio.Event = field(default_factory=trio.Event)  # an object is complete …
    may_finish: threading.Event | None = None  # … and waits for this
    fault: Exception | None = None  # raised when a caller is to be admitted …
    late_fault: Exception | None = None  # … or when its report is taken

    async def admit(self, caller: Caller) -> Verdict:
        self.callers.append(caller)
        if self.fault:
            raise self.fault
        return self.verdict

    def store(self, request: StoreRequest) -> StoreSink:
        self.requests.append(request)
        return Sink(self)

    def ended(self, report: AssociationReport) -> None:
        self.reports.append(report)
        self.note()
        if self.late_fault:
            raise self.late_fault

    def note(self) -> None:
        self.changed.set()
        self.changed = trio.Event()

    def note_in_thread(self) -> None:
        trio.from_thread.run_sync(self.note)

    async def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self.changed.wait()

    async def report(self) -> AssociationReport:
        """The first report, once it is there."""
        await self.until(lambda: bool(self.reports))
        return self.reports[0]


class Sink:
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._data = bytearray()

    def write(self, fragments: Sequence[memoryview]) -> None:
        self._rooms.writes += 1
        for fragment in fragments:
            self._data += fragment
        self._rooms.note_in_thread()

    def finish(self) -> Answer:
        trio.from_thread.run_sync(self._rooms.finishing.set)
        if self._rooms.may_finish is not None:
            self._rooms.may_finish.wait(10)
        self._rooms.stored.append(bytes(self._data))
        self._rooms.note_in_thread()
        return self._rooms.answer

    def discard(self) -> None:
        self._rooms.discarded.append(bytes(self._data))
        self._rooms.note_in_thread()


@dataclass
class Reception:
    rooms: Rooms
    port: int
    meter: Meter
    listening: trio.CancelScope  # of the listener alone: what a test asserts is not cancelled

    def stop(self) -> None:
        self.listening.cancel()


# Without patience every wait for bytes is the event loop's, where tests turn the clock.
SETTINGS = ListenerSettings(address="127.0.0.1", port=0, linger_timeout=0.5, patience=0.0)


@asynccontextmanager
async def receiving(
    *, providers: Sequence[Provider] = (), **changes: object
) -> AsyncIterator[Reception]:
    """A running listener; keywords change its settings."""
    rooms, meter = Rooms(), Meter()
    services = Services(rooms.admit, rooms.store, rooms.ended, providers)
    settings = replace(SETTINGS, **changes)  # type: ignore[arg-type]
    listening = trio.CancelScope()

    async def run(*, task_status: trio.TaskStatus[list[tuple[str, int]]]) -> None:
        with listening:
            await listen(settings, services, meter, task_status=task_status)

    async with trio.open_nursery() as nursery:
        addresses = await nursery.start(run)
        yield Reception(rooms, addresses[0][1], meter, listening)
        nursery.cancel_scope.cancel()
