"""The store is read again bit by bit, and what is damaged becomes an alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance.clock import monotonic
from appliance.config import Config
from appliance.journal.model import Severity
from appliance.rooms import Rooms, furnished
from appliance.scrubbing import budget, note_damage, scrub_for_ever, still_damaged
from tests.appliance.running import picture


@pytest.fixture
def place(config: Config) -> Path:
    return config.appliance.home / "scrub.place"


@pytest.fixture
async def rooms(config: Config, tmp_path: Path) -> AsyncIterator[Rooms]:
    """With three objects."""
    async with furnished(config) as made:
        for number in range(3):
            instance = f"1.2.3.{number}"
            await made.intake.import_file(picture(instance).save(tmp_path / f"{instance}.dcm"))
        yield made


@asynccontextmanager
async def _scrubbing(rooms: Rooms) -> AsyncIterator[None]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scrub_for_ever, rooms.volume, rooms.journal, rooms.config)
        yield
        nursery.cancel_scope.cancel()


async def _slices(place: Path, count: int) -> None:
    """Wait until so many were read to the end of the store."""
    ends = monotonic() + 20  # the clock of the loop runs ahead here
    for _ in range(count):
        while _place(place) != "0\n":
            assert monotonic() < ends
            await trio.sleep(60)
        _put(place, "seen")


def _place(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _put(path: Path, text: str) -> None:
    path.write_text(text)


async def _alarms(rooms: Rooms) -> list[str]:
    """What they are about, the newest first."""
    found = await rooms.journal.latest(kind="object.damaged")
    assert {one.severity for one in found} == {Severity.ALARM}
    return [one.subject for one in found]


def _files(rooms: Rooms) -> list[Path]:
    """In the order they came."""
    root = rooms.config.storage.path
    return [root / one.path for one in rooms.volume.follow(1, 3)]


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


async def test_damage_is_told_once(rooms: Rooms, place: Path, autojump_clock: MockClock) -> None:
    first, second, _ = _files(rooms)
    _spoil(first)
    second.unlink()
    async with _scrubbing(rooms):
        await _slices(place, 4)
    assert await _alarms(rooms) == [second.stem, first.stem]
    assert [rooms.volume.is_damaged(one.stem) for one in _files(rooms)] == [True, True, False]


async def test_what_was_repaired_may_be_told_again(rooms: Rooms, tmp_path: Path) -> None:
    first, second, _ = _files(rooms)
    for damaged in (first, second):
        rooms.volume.note_damage(damaged.stem, "changed")
    told = {first.stem, second.stem}
    assert still_damaged(rooms.volume, told) == told
    first.unlink()
    await rooms.intake.import_file(tmp_path / "1.2.3.0.dcm")
    assert still_damaged(rooms.volume, told) == {second.stem}


async def test_it_goes_on_where_it_was(
    rooms: Rooms, place: Path, autojump_clock: MockClock
) -> None:
    first, _, third = _files(rooms)
    _put(place, "3\n")  # the line of the second
    _spoil(first)
    _spoil(third)
    async with _scrubbing(rooms):
        await _slices(place, 2)
    told = await _alarms(rooms)
    assert told == [first.stem, third.stem]
    _put(place, "no number")
    async with _scrubbing(rooms):
        await _slices(place, 2)
    assert await _alarms(rooms) == told  # what is found again is counted, not told anew


def test_how_much_at_a_time() -> None:
    month, slice_ = 30 * 86400, 60
    assert budget(0) == 4 << 20
    assert budget(1 << 40) == (1 << 40) * slice_ // month
    assert budget(1 << 60) == 1 << 30


async def test_what_others_find_is_told_once(rooms: Rooms) -> None:
    [entry] = rooms.volume.find("1.2.3.1")
    for _ in range(2):
        await trio.to_thread.run_sync(
            note_damage, rooms.volume, rooms.journal, entry.sha256, "changed"
        )
    [event] = await rooms.journal.latest(kind="object.damaged")
    assert (event.severity, event.subject) == (Severity.ALARM, entry.sha256)
    assert rooms.volume.is_damaged(entry.sha256)
