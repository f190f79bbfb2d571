"""Leases on real databases: nothing twice, nothing lost, nobody in the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
import trio

from appliance.database.door import Database
from appliance.transfers import leases, listing
from appliance.transfers.classify import Class
from appliance.transfers.model import Result, State
from tests.appliance.transfers.tables import LATER, NOW, add, lease, numbers, order, queue, sent


@pytest.fixture
async def database(database: Database) -> Database:
    await database.run(leases.begin, "me", "here", NOW)
    return database


async def test_urgent_ones_first_then_in_order(database: Database) -> None:
    await database.run(add, order(1, 2), order(3, study="1.3", priority=10))
    await database.run(add, order(4, study="1.4", priority=-5), order(5, study="1.5"))
    assert numbers(await lease(database)) == [3, 1, 2, 5, 4]


async def test_nobody_gets_what_another_holds(database: Database) -> None:
    await database.run(leases.begin, "other", "there", NOW)
    await database.run(add, order(*range(50)))
    found: list[int] = []

    async def take(holder: str) -> None:
        while items := await lease(database, 7, holder):
            found.extend(numbers(items))

    async with trio.open_nursery() as nursery:
        for holder in ("me", "other", "me", "other"):
            nursery.start_soon(take, holder)
    assert sorted(found) == list(range(50))


async def test_what_a_dead_process_held_is_free(database: Database) -> None:
    await database.run(add, order(1, 2))
    await lease(database, 1, "me")
    assert numbers(await lease(database, 9, "you")) == [2]
    dead = NOW + leases.HOLDER_LIVES + timedelta(seconds=1)
    await database.run(leases.begin, "other", "there", dead)
    assert numbers(await lease(database, 9, "other", dead)) == [1, 2]


async def test_a_restarted_node_has_its_items_back_at_once(database: Database) -> None:
    await database.run(add, order(1, 2))
    await lease(database)
    await database.run(leases.begin, "me again", "here", NOW)
    assert numbers(await lease(database, holder="me again")) == [1, 2]


async def test_a_beating_process_keeps_its_items(database: Database) -> None:
    await database.run(add, order(1))
    await lease(database)
    later = NOW + leases.HOLDER_LIVES * 3
    await database.run(leases.beat, "me", "here", later)
    await database.run(leases.begin, "other", "there", later)
    assert await lease(database, holder="other", now=later) == []
    await database.run(leases.end, "me")
    assert numbers(await lease(database, holder="other", now=later)) == [1]


async def test_released_items_are_free(database: Database) -> None:
    await database.run(add, order(1, 2))
    await database.run(leases.release, await lease(database))
    assert numbers(await lease(database)) == [1, 2]


async def test_put_off_items_wait(database: Database) -> None:
    await database.run(add, order(1))
    await database.run(leases.put_off, await lease(database), LATER)
    assert await lease(database) == []
    [transfer] = await queue(database)
    assert (transfer.state, transfer.next_try) == (State.BACKING_OFF, LATER)
    assert numbers(await lease(database, now=LATER)) == [1]


async def test_a_transfer_closes_when_every_item_was_answered(database: Database) -> None:
    await database.run(add, order(1, 2, 3))
    one, two, three = await lease(database)
    await database.run(leases.record, sent([one]))
    bad = Result(two, Class.DATA, NOW, 0xA900, "does not match")
    later = Result(three, Class.TRANSIENT, NOW, 0xA700, "full", next_try=LATER)
    await database.run(leases.record, [bad, later])
    [transfer] = await queue(database)
    assert (transfer.sent, transfer.set_aside, transfer.state) == (1, 1, State.BACKING_OFF)
    [again] = await lease(database, now=LATER)
    assert again.tries == 1
    await database.run(leases.record, sent([again]))
    [closed] = await queue(database)
    assert (closed.sent, closed.state) == (2, State.PARTLY)
    assert closed.last_error in {"does not match", "full"}


async def test_an_answer_counts_once(database: Database) -> None:
    await database.run(add, order(1, 2))
    items = await lease(database)
    await database.run(leases.record, sent(items[:1]) * 2)
    await database.run(leases.record, sent(items[:1]))
    [transfer] = await queue(database)
    assert (transfer.sent, transfer.state) == (1, State.RUNNING)


async def test_nothing_but_refusals_is_a_failure(database: Database) -> None:
    await database.run(add, order(1))
    [item] = await lease(database)
    await database.run(leases.record, [Result(item, Class.DATA, NOW, 0xC000, "bad")])
    [transfer] = await queue(database)
    assert (transfer.state, transfer.attempts, transfer.last_error) == (State.FAILED, 1, "bad")
    [kept] = await database.read(listing.items, transfer.id, 10)
    assert (kept.status, kept.error, kept.tries) == (0xC000, "bad", 1)
    assert await database.read(listing.set_aside) == 1


async def test_failed_associations_are_counted(database: Database) -> None:
    await database.run(add, order(1))
    [item] = await lease(database)
    await database.run(leases.note_failure, [item.transfer], "refused")
    await database.run(leases.release, [item])
    [transfer] = await queue(database)
    assert (transfer.attempts, transfer.last_error) == (1, "refused")
    await database.run(leases.record, sent([item]))
    [transfer] = await queue(database)
    assert transfer.attempts == 2
