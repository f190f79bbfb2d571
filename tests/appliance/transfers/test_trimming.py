"""What was finished long ago is forgotten, in parts; nothing of it is sent again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from appliance.database.door import Database
from appliance.transfers import leases, records, steering, trimming
from appliance.transfers.classify import Class
from appliance.transfers.model import Result, State
from tests.appliance.transfers.tables import LATER, NOW, add, lease, numbers, order, queue, sent


@pytest.fixture
async def database(database: Database) -> Database:
    await database.run(leases.begin, "me", "here", NOW)
    return database


async def _send(database: Database, count: int = 1000) -> None:
    await database.run(leases.record, sent(await lease(database, count)))


async def _items() -> int:
    return await records.ItemRow.all().count()


async def test_a_transfer_goes_with_its_items_when_it_is_old(database: Database) -> None:
    await database.run(add, order(1, 2, 3))
    await _send(database)
    assert await database.run(trimming.trim, NOW) == 0
    assert await database.run(trimming.trim, LATER) == 4
    assert await database.run(trimming.trim, LATER) == 0
    assert await queue(database) == []
    assert await database.read(_items) == 0


async def test_what_was_cancelled_goes_too(database: Database) -> None:
    await database.run(add, order(1, 2))
    [transfer] = await queue(database)
    await database.run(steering.cancel, transfer.id, NOW)
    assert await database.run(trimming.trim, LATER) == 3


async def test_what_waits_or_needs_a_person_stays(database: Database) -> None:
    await database.run(add, order(1, 2), order(3, study="1.3"), order(4, study="1.4"))
    first, second, third, _ = await lease(database)
    await database.run(leases.record, sent([first]))
    refused = [Result(item, Class.DATA, NOW, 0xC000, "refused") for item in (second, third)]
    await database.run(leases.record, refused)
    assert await database.run(trimming.trim, LATER) == 0
    states = [one.state for one in await queue(database)]
    assert states == [State.RUNNING, State.FAILED, State.PARTLY]


async def test_a_part_at_a_time_and_consistent_between_them(database: Database) -> None:
    await database.run(add, order(*range(5)), order(7, 8, study="1.3"))
    await _send(database)
    assert await database.run(trimming.trim, LATER, 3) == 3
    _, partly = await queue(database)
    assert (partly.instances, partly.sent, partly.state) == (2, 2, State.DONE)
    assert await database.run(trimming.trim, LATER, 3) == 3 + 1
    assert await database.run(trimming.trim, LATER, 3) == 1 + 1
    assert await database.run(trimming.trim, LATER, 3) == 0


async def test_what_is_half_forgotten_opens_again_and_closes(database: Database) -> None:
    await database.run(add, order(*range(5)))
    await _send(database)
    await database.run(trimming.trim, LATER, 3)
    await database.run(add, order(9))
    assert await database.run(trimming.trim, LATER) == 0
    assert numbers(await lease(database)) == [9]
    await database.run(leases.release, [])
    [opened] = await queue(database)
    assert (opened.instances, opened.sent, opened.state) == (3, 2, State.RUNNING)
    await database.run(steering.resend, opened.id)
    await database.run(leases.end, "me")
    await _send_as(database, "other")
    [closed] = await queue(database)
    assert (closed.instances, closed.sent, closed.state) == (3, 3, State.DONE)


async def _send_as(database: Database, holder: str) -> None:
    await database.run(leases.begin, holder, "there", NOW)
    await database.run(leases.record, sent(await lease(database, holder=holder)))


async def test_a_late_image_of_a_forgotten_study_goes_alone(database: Database) -> None:
    await database.run(add, order(1, 2))
    await _send(database)
    await database.run(trimming.trim, LATER)
    assert await database.run(add, order(3)) == 1
    assert numbers(await lease(database)) == [3]
    [transfer] = await queue(database)
    assert (transfer.instances, transfer.sent) == (1, 0)


async def test_many_transfers_need_several_turns(database: Database) -> None:
    orders = [order(n, study=f"1.{n}") for n in range(250)]
    await database.run(add, *orders)
    await _send(database)
    turns = [await database.run(trimming.trim, LATER) for _ in range(4)]
    assert turns == [200, 200, 100, 0]


async def test_the_cost_does_not_grow_with_what_is_kept(small_database: Database) -> None:
    async def plans() -> list[str]:
        queries = (trimming._finished(NOW - timedelta(days=90)), trimming._items([1, 2, 3]))
        return [str([tuple(row) for row in await query.explain()]) for query in queries]

    finished, items = await small_database.read(plans)
    assert "SEARCH transfers_transfer USING COVERING INDEX" in finished
    assert "(stage=? AND closed<?)" in finished
    assert "SEARCH transfers_item USING COVERING INDEX" in items
    assert "(transfer_id=?)" in items
    assert "TEMP B-TREE" not in finished + items
