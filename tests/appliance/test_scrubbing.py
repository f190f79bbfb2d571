"""The store is read again bit by bit, and what is damaged becomes an alarm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance.clock import monotonic
from appliance.config import Config
from appliance.journal.model import Event, Severity
from appliance.rooms import Rooms, furnished
from appliance.scrubbing import budget, scrub_for_ever
from tests.appliance.running import picture


@pytest.fixture
async def rooms(config: Config, tmp_path: Path) -> AsyncIterator[Rooms]:
    """With three objects."""
    async with furnished(config) as made:
        for number in range(3):
            instance = f"1.2.3.{number}"
            await made.intake.import_file(picture(instance).save(tmp_path / f"{instance}.dcm"))
        yield made


async def _alarms(rooms: Rooms, count: int) -> list[Event]:
    """Scrub until there are so many."""
    ends = monotonic() + 20  # the clock of the loop runs ahead here
    async with trio.open_nursery() as nursery:
        nursery.start_soon(scrub_for_ever, rooms.volume, rooms.journal, rooms.config)
        while len(found := await rooms.journal.latest(kind="object.damaged")) < count:
            assert monotonic() < ends
            await trio.sleep(60)
        nursery.cancel_scope.cancel()
    return found


def _files(rooms: Rooms) -> list[Path]:
    """In the order they came."""
    root = rooms.config.storage.path
    return [root / one.path for one in rooms.volume.follow(1, 3)]


def _spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


async def test_damage_is_told_once(rooms: Rooms, autojump_clock: MockClock) -> None:
    first, second, _ = _files(rooms)
    _spoil(first)
    second.unlink()
    found = await _alarms(rooms, 2)
    digests = {first.stem, second.stem}
    assert {one.subject for one in found} == digests
    assert {one.severity for one in found} == {Severity.ALARM}
    assert {one for one in digests if rooms.volume.is_damaged(one)} == digests


async def test_it_goes_on_where_it_was(rooms: Rooms, autojump_clock: MockClock) -> None:
    first, _, third = _files(rooms)
    place = rooms.config.appliance.home / "scrub.place"
    place.write_text("3\n")  # the line of the second
    _spoil(first)
    _spoil(third)
    assert [one.subject for one in await _alarms(rooms, 1)] == [third.stem]
    place.write_text("no number")
    assert {one.subject for one in await _alarms(rooms, 2)} >= {first.stem}


def test_how_much_at_a_time() -> None:
    month, slice_ = 30 * 86400, 60
    assert budget(0) == 4 << 20
    assert budget(1 << 40) == (1 << 40) * slice_ // month
    assert budget(1 << 60) == 1 << 30
