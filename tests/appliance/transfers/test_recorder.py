"""Answers are written in groups, soon, and all of them."""

from __future__ import annotations

import trio

from appliance.database.door import Database
from appliance.transfers import leases, listing, steering
from appliance.transfers.classify import Class
from appliance.transfers.model import Leased, Order, Result, Settings, State
from appliance.transfers.recorder import Recorder
from tests.appliance.transfers.tables import NOW


async def _items(database: Database, count: int) -> list[Leased]:
    await database.run(leases.begin, "me", "here", NOW)
    await database.run(steering.send, Order("1.2", "pacs", tuple(map(str, range(count)))))
    return await database.run(leases.lease, "pacs", "me", count, NOW)


async def _sent(database: Database) -> tuple[int, State]:
    [transfer] = await database.read(listing.queue, {}, 10, NOW)
    return transfer.sent, transfer.state


async def test_nothing_noted_is_left_behind(small_database: Database) -> None:
    recorder = Recorder(small_database, Settings())
    for item in await _items(small_database, 5):
        recorder.note(Result(item, Class.SUCCESS, NOW, 0))
    await recorder.flush()
    assert await _sent(small_database) == (5, State.DONE)
    await recorder.flush()


async def test_a_full_group_is_written_at_once(small_database: Database) -> None:
    recorder = Recorder(small_database, Settings(record_seconds=1e6, record_items=3))
    items = await _items(small_database, 4)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recorder.run)
        for item in items[:3]:
            recorder.note(Result(item, Class.SUCCESS, NOW, 0))
        with trio.fail_after(30):
            while (await _sent(small_database))[0] < 3:
                await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()


async def test_a_lone_answer_is_written_soon(small_database: Database) -> None:
    recorder = Recorder(small_database, Settings(record_seconds=0.01))
    [item] = await _items(small_database, 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(recorder.run)
        recorder.note(Result(item, Class.SUCCESS, NOW, 0))
        with trio.fail_after(30):
            while (await _sent(small_database))[1] is not State.DONE:
                await trio.lowlevel.checkpoint()
        nursery.cancel_scope.cancel()
