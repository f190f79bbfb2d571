"""A store in trouble is no secret."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from appliance.alarm import StoreWatch, severity
from appliance.config import Config
from appliance.journal.model import Severity
from appliance.rooms import furnished
from storage.store import Space


async def test_a_store_that_stopped_is_one_alarm(config: Config) -> None:
    async with furnished(config) as rooms, trio.open_nursery() as nursery:
        watch = StoreWatch(rooms.volume, rooms.journal)
        assert (watch.state, watch.trouble) == ("open", "")
        nursery.start_soon(watch.run)
        rooms.volume._parts.dock.committer.stop("syncing failed")
        await trio.testing.wait_all_tasks_blocked()
        assert (watch.state, watch.trouble) == ("stopped", "syncing failed")
        found = await rooms.journal.latest(10, "store.stopped")
        nursery.cancel_scope.cancel()
    assert [(one.severity, "syncing failed" in one.text) for one in found] == [
        (Severity.ALARM, True)
    ]


@pytest.mark.parametrize(
    ("free", "expected"),
    [(99, Severity.ALARM), (100, Severity.WARNING), (299, Severity.WARNING), (300, Severity.INFO)],
)
def test_how_bad_little_room_is(free: int, expected: Severity) -> None:
    assert severity(free, 100) is expected


async def test_little_room_is_one_event_and_a_state(config: Config) -> None:
    async with furnished(config) as rooms:
        watch = StoreWatch(rooms.volume, rooms.journal)
        for free in (400, 250, 240, 90 << 20, 99, 80, 400):
            watch._see(Space(1000, free, 100))
            if free == 80:
                assert watch.state == "full"
                assert "nothing more is taken in" in watch.trouble
        assert (watch.state, watch.trouble) == ("open", "")
        found = await rooms.journal.latest(10, "store.room")
    severities = [one.severity for one in reversed(found)]
    assert severities == [Severity.WARNING, Severity.INFO, Severity.ALARM, Severity.INFO]
