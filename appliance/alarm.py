"""Cries out when the store takes nothing more in, or has little room left."""

from __future__ import annotations

from typing import Literal

import trio

from appliance.journal.model import Severity
from appliance.journal.service import Journal
from storage.store import Space
from storage.volume import Volume

_LOOK = 1.0  # seconds; looking costs nothing while all is well
_LOOK_AT_ROOM = 10.0
# So many times the watermark is the time to buy a disk, not to lose a night.
_SCARCE = 3


class StoreWatch:
    """Looks at the store all the time, so that whoever asks need not touch its disk."""

    def __init__(self, volume: Volume, journal: Journal) -> None:
        self._volume = volume
        self._journal = journal
        self._space = Space(total=0, free=0, low_watermark=0)
        self._room = Severity.INFO

    @property
    def state(self) -> Literal["open", "full", "stopped"]:
        """Whether objects are taken in."""
        if self._volume.trouble:
            return "stopped"
        return "full" if self._room is Severity.ALARM else "open"

    @property
    def trouble(self) -> str:
        """Why nothing is taken in, in words; "" while it is."""
        if self.state != "full":
            return self._volume.trouble
        free, kept_free = self._space.free >> 20, self._space.low_watermark >> 20
        return (
            f"{free} MiB are free, less than the {kept_free} MiB kept free; nothing more is "
            "taken in. Make room, or add a disk; reception goes on by itself"
        )

    async def run(self) -> None:
        """Until cancelled; each trouble becomes one event."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._watch_trouble)
            nursery.start_soon(self._watch_room)

    async def _watch_trouble(self) -> None:
        while not self._volume.trouble:  # noqa: ASYNC110 - threads of the store set it, nobody tells
            await trio.sleep(_LOOK)
        text = f"The store takes nothing more in: {self._volume.trouble}"
        self._journal.note("store.stopped", text, severity=Severity.ALARM)

    async def _watch_room(self) -> None:
        while True:
            self._see(await trio.to_thread.run_sync(self._volume.space))
            await trio.sleep(_LOOK_AT_ROOM)

    def _see(self, space: Space) -> None:
        before, self._space = self._room, space
        self._room = severity(space.free, space.low_watermark)
        if self._room is not before:
            text = f"The store has {space.free / 1e9:.1f} GB left; {_CONSEQUENCES[self._room]}"
            self._journal.note("store.room", text, severity=self._room)


def severity(free: int, low_watermark: int) -> Severity:
    """How bad it is to have so many bytes left."""
    if free < low_watermark:
        return Severity.ALARM
    return Severity.WARNING if free < _SCARCE * low_watermark else Severity.INFO


_CONSEQUENCES = {
    Severity.INFO: "that is enough again",
    Severity.WARNING: "soon it will take nothing more in: make room, or add a disk",
    Severity.ALARM: "it takes nothing more in until there is room",
}
