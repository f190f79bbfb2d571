"""What is shown of the queue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.database.door import Database
from appliance.transfers import leases, listing
from appliance.transfers.model import Standing, State
from tests.appliance.transfers.tables import LATER, NOW, add, lease, order, queue, sent


@pytest.fixture
async def database(database: Database) -> Database:
    await database.run(leases.begin, "me", "here", NOW)
    return database


async def test_the_destination_shows_in_its_transfers(database: Database) -> None:
    await database.run(add, order(1))
    away = Standing("pacs", next_try=LATER, trouble="refused")
    [transfer] = await queue(database, away)
    assert (transfer.state, transfer.next_try, transfer.last_error) == (
        State.BACKING_OFF, LATER, "refused",
    )  # fmt: skip
    [transfer] = await queue(database, replace(away, paused=True))
    assert transfer.state is State.PAUSED


async def test_waiting_objects_are_counted(database: Database) -> None:
    await database.run(add, order(1, 2, 3), order(1, to="ws"))
    await database.run(leases.record, sent(await lease(database, 2)))
    assert await database.read(listing.waiting) == {"pacs": 1, "ws": 1}
    assert await database.read(listing.open_transfers, "pacs") == 1


async def test_only_the_last_settled_ones_are_listed(database: Database) -> None:
    await database.run(add, *(order(n, study=f"1.{n}") for n in range(5)))
    await database.run(leases.record, sent(await lease(database, 4)))
    found = await database.read(listing.queue, {}, 2, NOW)
    assert [one.study_uid for one in found] == ["1.4", "1.3", "1.2"]
    assert await database.read(listing.queue, {}, 2, NOW, "ws") == []
