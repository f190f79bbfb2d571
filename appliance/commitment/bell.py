"""Wakes those who wait for something to do, and starts one task for each peer that has some."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import trio


class Bell:
    """Rung from the event loop; whoever waits next is not late."""

    def __init__(self) -> None:
        self._rung = trio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Until it rings, for at most so long."""
        with trio.move_on_after(seconds):
            await self._rung.wait()
        self._rung = trio.Event()


class Lanes:
    """One task for each name, never two; a peer that is slow holds up no other."""

    def __init__(
        self, nursery: trio.Nursery, work: Callable[[str, list[int]], Awaitable[None]]
    ) -> None:
        self._nursery = nursery
        self._work = work
        self._busy: set[str] = set()

    def start(self, due: list[tuple[int, str]]) -> None:
        """What is due, by number, with the names of those concerned."""
        for name in dict.fromkeys(name for _, name in due):
            if name not in self._busy:
                self._busy.add(name)
                numbers = [number for number, whose in due if whose == name]
                self._nursery.start_soon(self._run, name, numbers)

    async def _run(self, name: str, numbers: list[int]) -> None:
        try:
            await self._work(name, numbers)
        finally:
            self._busy.discard(name)
