"""The queue's units of work on real databases: nothing twice, nothing lost, nobody in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trio

from appliance.database.door import Database
from appliance.database.schema import transaction
from appliance.transfers import leases, listing, records, steering
from appliance.transfers.classify import Class
from appliance.transfers.model import Leased, Order, Result, Standing, State, Transfer

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


async def _add(*orders: Order) -> int:
    async with transaction():
        return await records.add_orders(orders)


def _order(
    *instances: int, study: str = "1.2", to: str = "pacs", rule: str = "all", priority: int = 0
) -> Order:
    return Order(study, to, tuple(f"{n:064d}" for n in instances), rule, priority)


async def _lease(
    database: Database, limit: int = 100, holder: str = "me", now: datetime = NOW
) -> list[Leased]:
    return await database.run(leases.lease, "pacs", holder, limit, now)


async def _queue(database: Database, *standings: Standing) -> list[Transfer]:
    by_name = {one.destination: one for one in standings}
    return await database.read(listing.queue, by_name, 100, NOW)


def _sent(items: Sequence[Leased]) -> list[Result]:
    return [Result(item, Class.SUCCESS, NOW, 0) for item in items]


def _numbers(items: Sequence[Leased]) -> list[int]:
    return [int(item.sha256) for item in items]


@pytest.fixture
async def database(database: Database) -> Database:
    await database.run(leases.begin, "me", "here", NOW)
    return database


async def test_orders_become_items(database: Database) -> None:
    assert await database.run(_add, _order(1, 2, 3)) == 3
    assert _numbers(await _lease(database)) == [1, 2, 3]
    [transfer] = await _queue(database)
    assert (transfer.instances, transfer.sent, transfer.state) == (3, 0, State.RUNNING)


async def test_a_replay_adds_nothing(database: Database) -> None:
    orders = [_order(1, 2), _order(2, 3), _order(1, study="1.3", to="ws")]
    assert await database.run(_add, *orders) == 4
    await database.run(leases.record, _sent(await _lease(database)))
    assert await database.run(_add, *orders) == 0
    assert await _lease(database) == []


async def test_late_images_join_the_same_transfer(database: Database) -> None:
    await database.run(_add, _order(1))
    await database.run(leases.record, _sent(await _lease(database)))
    [done] = await _queue(database)
    assert (done.state, done.closed) == (State.DONE, NOW)
    await database.run(_add, _order(1, 2))
    [again] = await _queue(database)
    assert (again.id, again.instances, again.sent) == (done.id, 2, 1)
    assert (again.state, again.closed) == (State.WAITING, None)


async def test_rules_and_destinations_have_their_own_transfers(database: Database) -> None:
    orders = [_order(1), _order(1, rule="other"), _order(1, to="ws"), _order(1, study="1.3")]
    assert await database.run(_add, *orders) == 4
    assert len(await _queue(database)) == 4


async def test_urgent_ones_first_then_in_order(database: Database) -> None:
    await database.run(_add, _order(1, 2), _order(3, study="1.3", priority=10))
    await database.run(_add, _order(4, study="1.4", priority=-5), _order(5, study="1.5"))
    assert _numbers(await _lease(database)) == [3, 1, 2, 5, 4]


async def test_nobody_gets_what_another_holds(database: Database) -> None:
    await database.run(leases.begin, "other", "there", NOW)
    await database.run(_add, _order(*range(50)))
    found: list[int] = []

    async def take(holder: str) -> None:
        while items := await _lease(database, 7, holder):
            found.extend(_numbers(items))

    async with trio.open_nursery() as nursery:
        for holder in ("me", "other", "me", "other"):
            nursery.start_soon(take, holder)
    assert sorted(found) == list(range(50))


async def test_what_a_dead_process_held_is_free(database: Database) -> None:
    await database.run(_add, _order(1, 2))
    await _lease(database, 1, "me")
    assert _numbers(await _lease(database, 9, "you")) == [2]
    dead = NOW + leases.HOLDER_LIVES + timedelta(seconds=1)
    await database.run(leases.begin, "other", "there", dead)
    assert _numbers(await _lease(database, 9, "other", dead)) == [1, 2]


async def test_a_restarted_node_has_its_items_back_at_once(database: Database) -> None:
    await database.run(_add, _order(1, 2))
    await _lease(database)
    await database.run(leases.begin, "me again", "here", NOW)
    assert _numbers(await _lease(database, holder="me again")) == [1, 2]


async def test_a_beating_process_keeps_its_items(database: Database) -> None:
    await database.run(_add, _order(1))
    await _lease(database)
    later = NOW + leases.HOLDER_LIVES * 3
    await database.run(leases.beat, "me", "here", later)
    await database.run(leases.begin, "other", "there", later)
    assert await _lease(database, holder="other", now=later) == []
    await database.run(leases.end, "me")
    assert _numbers(await _lease(database, holder="other", now=later)) == [1]


async def test_released_items_are_free(database: Database) -> None:
    await database.run(_add, _order(1, 2))
    await database.run(leases.release, await _lease(database))
    assert _numbers(await _lease(database)) == [1, 2]


async def test_put_off_items_wait(database: Database) -> None:
    await database.run(_add, _order(1))
    await database.run(leases.put_off, await _lease(database), LATER)
    assert await _lease(database) == []
    [transfer] = await _queue(database)
    assert (transfer.state, transfer.next_try) == (State.BACKING_OFF, LATER)
    assert _numbers(await _lease(database, now=LATER)) == [1]


async def test_a_transfer_closes_when_every_item_was_answered(database: Database) -> None:
    await database.run(_add, _order(1, 2, 3))
    one, two, three = await _lease(database)
    await database.run(leases.record, _sent([one]))
    bad = Result(two, Class.DATA, NOW, 0xA900, "does not match")
    later = Result(three, Class.TRANSIENT, NOW, 0xA700, "full", next_try=LATER)
    await database.run(leases.record, [bad, later])
    [transfer] = await _queue(database)
    assert (transfer.sent, transfer.set_aside, transfer.state) == (1, 1, State.BACKING_OFF)
    [again] = await _lease(database, now=LATER)
    assert again.tries == 1
    await database.run(leases.record, _sent([again]))
    [closed] = await _queue(database)
    assert (closed.sent, closed.state) == (2, State.PARTLY)
    assert closed.last_error in {"does not match", "full"}


async def test_an_answer_counts_once(database: Database) -> None:
    await database.run(_add, _order(1, 2))
    items = await _lease(database)
    await database.run(leases.record, _sent(items[:1]) * 2)
    await database.run(leases.record, _sent(items[:1]))
    [transfer] = await _queue(database)
    assert (transfer.sent, transfer.state) == (1, State.RUNNING)


async def test_nothing_but_refusals_is_a_failure(database: Database) -> None:
    await database.run(_add, _order(1))
    [item] = await _lease(database)
    await database.run(leases.record, [Result(item, Class.DATA, NOW, 0xC000, "bad")])
    [transfer] = await _queue(database)
    assert (transfer.state, transfer.attempts, transfer.last_error) == (State.FAILED, 1, "bad")
    [kept] = await database.read(listing.items, transfer.id, 10)
    assert (kept.status, kept.error, kept.tries) == (0xC000, "bad", 1)
    assert await database.read(listing.set_aside) == 1


async def test_failed_associations_are_counted(database: Database) -> None:
    await database.run(_add, _order(1))
    [item] = await _lease(database)
    await database.run(leases.note_failure, [item.transfer], "refused")
    await database.run(leases.release, [item])
    [transfer] = await _queue(database)
    assert (transfer.attempts, transfer.last_error) == (1, "refused")
    await database.run(leases.record, _sent([item]))
    [transfer] = await _queue(database)
    assert transfer.attempts == 2


async def test_the_destination_shows_in_its_transfers(database: Database) -> None:
    await database.run(_add, _order(1))
    away = Standing("pacs", next_try=LATER, trouble="refused")
    [transfer] = await _queue(database, away)
    assert (transfer.state, transfer.next_try, transfer.last_error) == (
        State.BACKING_OFF, LATER, "refused",
    )  # fmt: skip
    [transfer] = await _queue(database, replace(away, paused=True))
    assert transfer.state is State.PAUSED


async def test_waiting_objects_are_counted(database: Database) -> None:
    await database.run(_add, _order(1, 2, 3), _order(1, to="ws"))
    await database.run(leases.record, _sent(await _lease(database, 2)))
    assert await database.read(listing.waiting) == {"pacs": 1, "ws": 1}
    assert await database.read(listing.open_transfers, "pacs") == 1


async def test_a_list_of_orders_longer_than_a_statement(database: Database) -> None:
    count = 2 * records.CHUNK + 1
    assert await database.run(_add, _order(*range(count))) == count
    assert await database.run(_add, _order(*range(count + 1))) == 1
    items = await _lease(database, count + 1)
    await database.run(leases.record, _sent(items))
    [transfer] = await _queue(database)
    assert (transfer.sent, transfer.state) == (count + 1, State.DONE)


async def test_many_studies_in_one_go(database: Database) -> None:
    orders = [_order(n, study=f"1.{n}") for n in range(600)]
    assert await database.run(_add, *orders) == 600
    await database.run(leases.record, _sent(await _lease(database, 600)))
    assert {one.state for one in await _queue(database)} == {State.DONE}


async def test_only_the_last_settled_ones_are_listed(database: Database) -> None:
    await database.run(_add, *(_order(n, study=f"1.{n}") for n in range(5)))
    await database.run(leases.record, _sent(await _lease(database, 4)))
    found = await database.read(listing.queue, {}, 2, NOW)
    assert [one.study_uid for one in found] == ["1.4", "1.3", "1.2"]
    assert await database.read(listing.queue, {}, 2, NOW, "ws") == []


async def test_by_hand_goes_again_but_not_twice_at_once(database: Database) -> None:
    order = _order(1, 2, rule="")
    first = await database.run(steering.send, order)
    assert await database.run(steering.send, order) == first
    await database.run(leases.record, _sent(await _lease(database)))
    second = await database.run(steering.send, order)
    assert second != first
    assert _numbers(await _lease(database)) == [1, 2]
