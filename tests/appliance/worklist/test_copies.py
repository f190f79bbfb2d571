"""Which worklists are copied, and when it is time."""

from __future__ import annotations

from datetime import timedelta

from appliance.database.door import Database
from appliance.worklist import copies
from appliance.worklist.copies import Copy
from tests.appliance.worklist.schedule import NOON


async def test_a_copy_comes_back_as_it_was(database: Database) -> None:
    one = Copy("ris", 300.0, 2, NOON, 17, "nothing listens there")
    await database.run(copies.keep, Copy("ris", 60.0))
    await database.run(copies.keep, one)
    assert await database.read(copies.listed) == [one]
    assert await database.run(copies.remove, "ris")
    assert not await database.run(copies.remove, "ris")


def test_when_it_is_time() -> None:
    one = Copy("ris", 60.0)
    assert one.due(None, NOON)
    assert not one.due(NOON, NOON + timedelta(seconds=59))
    assert one.due(NOON, NOON + timedelta(seconds=60))
    assert one.due(NOON + timedelta(days=1), NOON)  # the clock was set back
