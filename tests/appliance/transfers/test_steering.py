"""Retry, send again, give up, pause, park."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.database.door import Database
from appliance.transfers import leases, listing, steering
from appliance.transfers.classify import Class
from appliance.transfers.model import Leased, Order, Result, Standing, State, Transfer

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)


async def _lease(database: Database, now: datetime = NOW) -> list[Leased]:
    return await database.run(leases.lease, "pacs", "me", 100, now)


async def _transfer(database: Database) -> Transfer:
    [found] = await database.read(listing.queue, {}, 100, NOW)
    return found


@pytest.fixture
async def number(database: Database) -> int:
    """A transfer of two objects: one was sent, the other set aside."""
    await database.run(leases.begin, "me", "here", NOW)
    number = await database.run(steering.send, Order("1.2", "pacs", ("a" * 64, "b" * 64)))
    one, two = await _lease(database)
    bad = Result(two, Class.DATA, NOW, 0xA900, "does not match")
    await database.run(leases.record, [Result(one, Class.SUCCESS, NOW, 0), bad])
    assert number is not None
    return number


async def test_retry_takes_up_what_was_set_aside(database: Database, number: int) -> None:
    assert (await _transfer(database)).state is State.PARTLY
    assert await database.run(steering.retry, None) == (1, {"pacs"})
    transfer = await _transfer(database)
    assert (transfer.state, transfer.sent, transfer.set_aside) == (State.WAITING, 1, 0)
    [item] = await _lease(database)
    assert (item.sha256, item.tries) == ("b" * 64, 0)
    await database.run(leases.record, [Result(item, Class.SUCCESS, NOW, 0)])
    assert (await _transfer(database)).state is State.DONE
    assert await database.run(steering.retry, [number]) == (0, set())


async def test_retry_forgets_the_waiting_time(database: Database, number: int) -> None:
    await database.run(steering.retry, [number])
    later = NOW + timedelta(hours=1)
    await database.run(leases.put_off, await _lease(database), later)
    assert await _lease(database) == []
    await database.run(steering.retry, [number])
    assert len(await _lease(database)) == 1


async def test_everything_can_be_sent_again(database: Database, number: int) -> None:
    assert await database.run(steering.resend, number) == {"pacs"}
    assert len(await _lease(database)) == 2
    assert (await _transfer(database)).sent == 0
    assert await database.run(steering.resend, 999) == set()


async def test_what_is_given_up_is_not_sent(database: Database, number: int) -> None:
    await database.run(steering.resend, number)
    assert await database.run(steering.cancel, number, NOW) == 2
    assert await _lease(database) == []
    assert (await _transfer(database)).state is State.CANCELLED
    assert await database.run(steering.cancel, 999, NOW) == 0


async def test_a_cancelled_one_comes_back_only_by_number(database: Database, number: int) -> None:
    await database.run(steering.resend, number)
    await database.run(steering.cancel, number, NOW)
    assert await database.run(steering.retry, None) == (0, set())
    assert await database.run(steering.retry, [number]) == (1, {"pacs"})
    assert len(await _lease(database)) == 2


async def test_an_answer_after_giving_up_changes_nothing(database: Database, number: int) -> None:
    await database.run(steering.resend, number)
    items = await _lease(database)
    await database.run(steering.cancel, number, NOW)
    await database.run(leases.record, [Result(items[0], Class.SUCCESS, NOW, 0)])
    assert (await _transfer(database)).state is State.CANCELLED


async def test_pause_and_park_are_kept(database: Database) -> None:
    await database.run(steering.set_paused, "pacs", True)
    await database.run(steering.set_parked, "pacs", "rejected", NOW)
    assert await database.read(listing.destinations) == [Standing("pacs", True, "rejected")]
    await database.run(steering.set_paused, "pacs", False)
    await database.run(steering.set_parked, "pacs", "", None)
    assert await database.read(listing.destinations) == [Standing("pacs")]
