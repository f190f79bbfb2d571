"""Cries out when the store takes nothing more in, or has little room left."""

from __future__ import annotations

import trio

from appliance.journal.model import Severity
from appliance.journal.service import Journal
from storage.volume import Volume

_LOOK = 1.0  # seconds; looking costs nothing while all is well
_LOOK_AT_ROOM = 60.0
# So many times the watermark is the time to buy a disk, not to lose a night.
_SCARCE = 3


async def watch_store(volume: Volume, journal: Journal) -> None:
    """Until cancelled; each trouble becomes one event."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_watch_trouble, volume, journal)
        nursery.start_soon(_watch_room, volume, journal)


async def _watch_trouble(volume: Volume, journal: Journal) -> None:
    while not volume.trouble:  # noqa: ASYNC110 - threads of the store set it, nobody tells
        await trio.sleep(_LOOK)
    text = f"The store takes nothing more in: {volume.trouble}"
    journal.note("store.stopped", text, severity=Severity.ALARM)


async def _watch_room(volume: Volume, journal: Journal) -> None:
    before = Severity.INFO
    while True:
        space = await trio.to_thread.run_sync(volume.space)
        now = severity(space.free, space.low_watermark)
        if now is not before:
            text = f"The store has {space.free / 1e9:.1f} GB left; {_CONSEQUENCES[now]}"
            journal.note("store.room", text, severity=now)
        before = now
        await trio.sleep(_LOOK_AT_ROOM)


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
