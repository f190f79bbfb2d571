"""From the ledger to rows and orders, step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.archive import lookup
from appliance.archive.follower import Follower
from appliance.archive.model import IndexedInstance, Study
from appliance.archive.planning import Planning
from appliance.database.door import Database
from appliance.database.schema import writer
from appliance.journal.service import Journal
from storage.store import Receipt
from storage.volume import Volume

Put = Callable[..., Receipt]
LATE = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/index.sqlite"


class Orders:
    """Rules that order every object, and every study with its new objects."""

    def __init__(self) -> None:
        self.objects: list[str] = []
        self.studies: list[tuple[str, int]] = []
        self.told = 0
        self.planning = Planning(
            instances=self.plan,
            study=self.plan_study,
            add_orders=self.add,
            ordered=self.ordered,
        )

    def plan(self, instances: Sequence[IndexedInstance]) -> Sequence[Any]:
        return [one.attributes["SOPInstanceUID"] for one in instances if one.readable]

    def plan_study(self, study: Study, instances: Sequence[IndexedInstance]) -> Sequence[Any]:
        assert {one.attributes["StudyDescription"] for one in instances} == {"Head"}
        return [(study.study_uid, len(instances))]

    async def add(self, orders: Sequence[Any]) -> None:
        for one in orders:
            (self.objects if isinstance(one, str) else self.studies).append(one)

    def ordered(self) -> None:
        self.told += 1


@pytest.fixture
def orders() -> Orders:
    return Orders()


@pytest.fixture
async def follower(database: Database, volume: Volume, orders: Orders) -> Follower:
    follower = Follower(database, volume, Journal(database), orders.planning)
    await follower.open()
    await follower.step()  # the ledger's first line opens it
    return follower


async def test_a_step_indexes_and_orders(
    database: Database, follower: Follower, put: Put, orders: Orders
) -> None:
    last = [put(number) for number in range(1, 41)][-1].entry.sequence
    assert len(await follower.step()) == 40
    assert follower.cursor == follower.last == last
    assert orders.objects == [f"1.2.3.{number}" for number in range(1, 41)]
    assert orders.told == 1
    assert await database.read(lookup.totals) == (1, 40)
    assert await follower.step() == []


async def test_a_restart_goes_on_where_it_was(
    database: Database, volume: Volume, follower: Follower, put: Put, orders: Orders
) -> None:
    put(1)
    await follower.step()
    put(2)
    again = Follower(database, volume, Journal(database), orders.planning)
    await again.open()
    await again.step()
    assert orders.objects == ["1.2.3.1", "1.2.3.2"]


async def test_what_a_lost_index_had_routed_is_not_routed_again(
    database: Database, volume: Volume, put: Put, orders: Orders
) -> None:
    put(1)
    follower = Follower(database, volume, Journal(database), orders.planning)
    await follower.open()
    put(2)
    while await follower.step():
        pass
    assert orders.objects == ["1.2.3.2"]
    assert await database.read(lookup.totals) == (1, 2)


async def test_an_unreadable_object_stops_nothing(
    database: Database, follower: Follower, put: Put, orders: Orders
) -> None:
    put(1)
    rubbish = put(2, content=bytes(300))
    put(3)
    await follower.step()
    assert orders.objects == ["1.2.3.1", "1.2.3.3"]
    found = await database.read(lookup.instances_by_digest, [rubbish.entry.sha256])
    assert [one.readable for one in found] == [False]
    [event] = await Journal(database).latest() or await follower._journal.latest()
    assert (event.kind, event.subject) == ("object.unreadable", rubbish.entry.sha256)


async def test_a_line_the_database_will_not_take_stops_nothing(
    database: Database, follower: Follower, put: Put
) -> None:
    await database.run(_refuse_instance_13)
    put(1)
    put(13, InstanceNumber=13)
    put(14)
    await follower.step()
    numbers = [one.number for one in await database.read(lookup.instances, "1.2.3")]
    assert numbers == [1, None, 14]  # listed without details
    assert (await database.read(lookup.totals))[1] == 3


async def _refuse_instance_13() -> None:
    await writer().execute_script(
        "CREATE TRIGGER unlucky BEFORE INSERT ON archive_instance WHEN NEW.number = 13 "
        "BEGIN SELECT RAISE(ABORT, 'unlucky'); END"
    )


async def test_a_deleted_object_leaves_the_index(
    database: Database, volume: Volume, follower: Follower, put: Put
) -> None:
    entry = put(1).entry
    await follower.step()
    volume.delete(entry.sha256, "test", "retention over")
    await follower.step()
    assert await database.read(lookup.totals) == (0, 0)
    assert follower.cursor == volume.last()


async def test_a_quiet_study_is_completed_and_planned(
    database: Database, follower: Follower, put: Put, orders: Orders
) -> None:
    receipts = [put(number) for number in range(1, 31)]
    await follower.step()
    newest = receipts[-1].entry.time
    assert await follower.complete(newest - timedelta(seconds=1)) == 0
    assert await follower.complete(newest) == 1
    assert orders.studies == [("1.2.3", 30)]
    assert await follower.complete(LATE) == 0


async def test_a_late_instance_is_planned_alone(
    follower: Follower, put: Put, orders: Orders
) -> None:
    put(1)
    put(2)
    await follower.step()
    await follower.complete(LATE)
    put(3)
    await follower.step()
    assert await follower.complete(LATE) == 1
    assert orders.studies == [("1.2.3", 2), ("1.2.3", 1)]


async def test_without_study_rules_no_header_is_read_again(
    database: Database, volume: Volume, put: Put
) -> None:
    def never(*_: object) -> Sequence[Any]:
        raise AssertionError

    planning = Planning(study=never, wants_studies=lambda: False)
    follower = Follower(database, volume, Journal(database), planning)
    await follower.open()
    put(1)
    while await follower.step():
        pass
    assert await follower.complete(LATE) == 1
