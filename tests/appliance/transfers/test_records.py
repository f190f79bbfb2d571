"""Orders in: once, in their transfer, however often they come."""

from __future__ import annotations

import pytest

from appliance.database.door import Database
from appliance.transfers import leases, records, steering
from appliance.transfers.model import State
from tests.appliance.transfers.tables import NOW, add, lease, numbers, order, queue, sent


@pytest.fixture
async def database(database: Database) -> Database:
    await database.run(leases.begin, "me", "here", NOW)
    return database


async def test_orders_become_items(database: Database) -> None:
    assert await database.run(add, order(1, 2, 3)) == 3
    assert numbers(await lease(database)) == [1, 2, 3]
    [transfer] = await queue(database)
    assert (transfer.instances, transfer.sent, transfer.state) == (3, 0, State.RUNNING)


async def test_a_replay_adds_nothing(database: Database) -> None:
    orders = [order(1, 2), order(2, 3), order(1, study="1.3", to="ws")]
    assert await database.run(add, *orders) == 4
    await database.run(leases.record, sent(await lease(database)))
    assert await database.run(add, *orders) == 0
    assert await lease(database) == []


async def test_late_images_join_the_same_transfer(database: Database) -> None:
    await database.run(add, order(1))
    await database.run(leases.record, sent(await lease(database)))
    [done] = await queue(database)
    assert (done.state, done.closed) == (State.DONE, NOW)
    await database.run(add, order(1, 2))
    [again] = await queue(database)
    assert (again.id, again.instances, again.sent) == (done.id, 2, 1)
    assert (again.state, again.closed) == (State.WAITING, None)


async def test_rules_and_destinations_have_their_own_transfers(database: Database) -> None:
    orders = [order(1), order(1, rule="other"), order(1, to="ws"), order(1, study="1.3")]
    assert await database.run(add, *orders) == 4
    assert len(await queue(database)) == 4


async def test_a_list_of_orders_longer_than_a_statement(database: Database) -> None:
    count = 2 * records.CHUNK + 1
    assert await database.run(add, order(*range(count))) == count
    assert await database.run(add, order(*range(count + 1))) == 1
    items = await lease(database, count + 1)
    await database.run(leases.record, sent(items))
    [transfer] = await queue(database)
    assert (transfer.sent, transfer.state) == (count + 1, State.DONE)


async def test_many_studies_in_one_go(database: Database) -> None:
    orders = [order(n, study=f"1.{n}") for n in range(600)]
    assert await database.run(add, *orders) == 600
    await database.run(leases.record, sent(await lease(database, 600)))
    assert {one.state for one in await queue(database)} == {State.DONE}


async def test_by_hand_goes_again_but_not_twice_at_once(database: Database) -> None:
    wish = order(1, 2, rule="")
    first = await database.run(steering.send, wish)
    assert await database.run(steering.send, wish) == first
    await database.run(leases.record, sent(await lease(database)))
    second = await database.run(steering.send, wish)
    assert second != first
    assert numbers(await lease(database)) == [1, 2]
