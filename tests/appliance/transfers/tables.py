"""Short ways to put orders in and to take items out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from appliance.database.door import Database
from appliance.database.schema import transaction
from appliance.transfers import leases, listing, records
from appliance.transfers.classify import Class
from appliance.transfers.model import Leased, Order, Result, Standing, Transfer

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


async def add(*orders: Order) -> int:
    async with transaction():
        return await records.add_orders(orders)


def order(
    *instances: int, study: str = "1.2", to: str = "pacs", rule: str = "all", priority: int = 0
) -> Order:
    return Order(study, to, tuple(f"{n:064d}" for n in instances), rule, priority)


async def lease(
    database: Database, limit: int = 100, holder: str = "me", now: datetime = NOW
) -> list[Leased]:
    return await database.run(leases.lease, "pacs", holder, limit, now)


async def queue(database: Database, *standings: Standing) -> list[Transfer]:
    by_name = {one.destination: one for one in standings}
    return await database.read(listing.queue, by_name, 100, NOW)


def sent(items: Sequence[Leased]) -> list[Result]:
    return [Result(item, Class.SUCCESS, NOW, 0) for item in items]


def numbers(items: Sequence[Leased]) -> list[int]:
    return [int(item.sha256) for item in items]
