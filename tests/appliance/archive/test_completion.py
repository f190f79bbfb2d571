"""The cursor begins where nothing is sent twice; completion and its orders are one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from appliance.archive import lookup
from appliance.archive.completion import complete, cursor
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described, Study
from appliance.database.door import Database

Line = Callable[..., Described]


async def _study(database: Database) -> Study:
    detail = await database.read(lookup.study, "1.2.3")
    assert detail is not None
    return detail.study


async def test_a_new_index_takes_what_is_stored_for_routed(database: Database) -> None:
    assert await database.run(cursor, "store", 17) == (0, 17)
    assert await database.run(cursor, "store", 99) == (0, 17)


async def test_completing_orders_what_the_rules_want(database: Database, line: Line) -> None:
    ordered: list[Any] = []

    async def add(orders: Sequence[Any]) -> None:
        ordered.extend(orders)

    await database.run(Indexing().add, Batch("store", 1, [line(1)]))
    study = await _study(database)
    assert await database.run(complete, study, 1, ["x"], add)
    assert (await _study(database)).complete
    assert not await database.run(complete, study, 1, ["x"], add)
    assert ordered == ["x"]


async def test_news_in_between_keep_it_open(database: Database, line: Line) -> None:
    await database.run(Indexing().add, Batch("store", 1, [line(1)]))
    study = await _study(database)
    assert study.last_at is not None
    stale = replace(study, last_at=study.last_at - timedelta(seconds=1))
    assert not await database.run(complete, stale, 1, (), None)
    assert not (await _study(database)).complete
