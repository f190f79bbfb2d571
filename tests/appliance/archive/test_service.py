"""The archive follows its store by itself, in time and across restarts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trio

from appliance.archive.model import IndexedInstance, Settings, Study, StudyFilter
from appliance.archive.planning import Planning
from appliance.archive.service import Archive, reindex
from appliance.database.door import Database
from appliance.dicom.header import read_header
from appliance.journal.service import Journal
from appliance.meter import Meter
from storage.store import Receipt, Store
from storage.volume import Volume

Put = Callable[..., Receipt]
NOON = datetime(2024, 1, 15, 12, tzinfo=UTC)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/index.sqlite"


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


def _archive(database: Database, store: Store, **given: Any) -> Archive:
    return Archive(database, store, Journal(database), **given)


async def test_what_is_stored_is_indexed_at_once(
    database: Database, volume: Volume, put: Put
) -> None:
    meter = Meter()
    archive = _archive(database, volume, meter=meter)
    await archive.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(archive.follow)
        for number in (1, 2):
            entry = put(number).entry
            header = read_header([volume.open(entry.sha256).range(6, 4096)], "1.2.840.10008.1.2.1")
            archive.stored(entry, header)
            with trio.fail_after(10):
                await archive.until_indexed(entry.sequence)
        nursery.cancel_scope.cancel()
    [study] = await archive.studies()
    assert (study.instances, study.complete) == (2, False)
    assert await archive.count_studies(StudyFilter(modality="MR")) == 0
    assert await archive.totals() == (1, 2)
    detail = await archive.study("1.2.3")
    assert detail is not None
    assert detail.series[0].instances == 2
    found = await archive.instances("1.2.3")
    assert await archive.instances_by_digest([one.sha256 for one in found]) == found
    [first] = await archive.with_headers("1.2.3", 1)
    assert first.attributes["PatientID"] == "4711"
    assert b"arca_index_lag 0.0" in meter.exposition()


async def test_a_study_completes_after_its_quiet_time_also_after_a_restart(
    database: Database, volume: Volume, put: Put
) -> None:
    completed = trio.Event()

    def plan(study: Study, instances: Sequence[IndexedInstance]) -> Sequence[Any]:
        trio.from_thread.run_sync(completed.set)
        return ()

    hands = Hands()
    planning = Planning(study=plan)
    settings = Settings(quiet_seconds=30)
    first = _archive(database, volume, planning=planning, settings=settings, now=hands)
    await first.open()
    hands.now = put(1).entry.time
    async with trio.open_nursery() as nursery:
        nursery.start_soon(first.follow)
        await first.until_indexed(volume.last())
        nursery.cancel_scope.cancel()
    assert not completed.is_set()
    second = _archive(database, volume, planning=planning, settings=settings, now=hands)
    hands.now += timedelta(seconds=31)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(second.follow)
        with trio.fail_after(10):
            await completed.wait()
            while not (await second.studies())[0].complete:
                pass
        nursery.cancel_scope.cancel()


async def test_the_loop_waits_for_the_deadline_of_the_oldest_study(
    database: Database, volume: Volume, put: Put
) -> None:
    hands = Hands()
    archive = _archive(database, volume, settings=Settings(quiet_seconds=0.2), now=hands)
    await archive.open()
    hands.now = put(1).entry.time
    async with trio.open_nursery() as nursery:
        nursery.start_soon(archive.follow)
        await archive.until_indexed(volume.last())
        hands.now += timedelta(seconds=1)
        archive.news()
        with trio.fail_after(10):
            while not (await archive.studies())[0].complete:
                pass
        nursery.cancel_scope.cancel()


async def test_fresh_objects_go_before_studies_that_fell_quiet(
    database: Database, volume: Volume, put: Put
) -> None:
    hands, arrived = Hands(), trio.Event()

    def plan(study: Study, instances: Sequence[IndexedInstance]) -> Sequence[Any]:
        if not arrived.is_set():
            put(1000, StudyInstanceUID="1.2.9")
            trio.from_thread.run_sync(arrived.set)
            trio.from_thread.run_sync(archive.news)
        return ()

    planning, settings = Planning(study=plan), Settings(quiet_seconds=30)
    archive = _archive(database, volume, planning=planning, settings=settings, now=hands)
    await archive.open()
    for number in range(100):
        hands.now = put(number, StudyInstanceUID=f"1.2.4.{number}").entry.time
    async with trio.open_nursery() as nursery:
        nursery.start_soon(archive.follow)
        await archive.until_indexed(volume.last())
        hands.now += timedelta(seconds=31)
        archive.news()
        with trio.fail_after(30):
            await arrived.wait()
            await archive.until_indexed(volume.last())
        completed = await archive.count_studies(StudyFilter(complete=True))
        nursery.cancel_scope.cancel()
    assert 0 < completed < 100


async def test_reindexing_gives_the_same_index_and_no_orders(
    database: Database, volume: Volume, put: Put
) -> None:
    ordered: list[IndexedInstance] = []

    def plan(instances: Sequence[IndexedInstance]) -> Sequence[Any]:
        ordered.extend(instances)
        return ()

    planning = Planning(instances=plan)
    archive = _archive(database, volume, planning=planning)
    await archive.open()
    for number in range(1, 21):
        put(number, StudyInstanceUID=f"1.{number % 3}")
    volume.delete(volume.find("1.2.3.7")[0].sha256, "test", "retention over")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(archive.follow)
        await archive.until_indexed(volume.last())
        nursery.cancel_scope.cancel()
    before = await archive.studies()
    late = put(21, StudyInstanceUID="1.9").entry
    steps: list[tuple[int, int]] = []
    await reindex(database, volume, Journal(database), lambda *step: steps.append(step))
    assert steps[-1] == (late.sequence - 1, late.sequence - 1)
    assert await archive.studies() == before
    assert len(ordered) == 20
    after = _archive(database, volume, planning=planning)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(after.follow)
        await after.until_indexed(late.sequence)
        nursery.cancel_scope.cancel()
    assert [one.sha256 for one in ordered[20:]] == [late.sha256]
