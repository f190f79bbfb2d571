"""A store in trouble is no secret."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from appliance.alarm import severity, watch_store
from appliance.config import Config
from appliance.journal.model import Severity
from appliance.rooms import furnished


async def test_a_store_that_stopped_is_one_alarm(config: Config) -> None:
    async with furnished(config) as rooms, trio.open_nursery() as nursery:
        nursery.start_soon(watch_store, rooms.volume, rooms.journal)
        rooms.volume._parts.dock.committer.stop("syncing failed")
        await trio.testing.wait_all_tasks_blocked()
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
