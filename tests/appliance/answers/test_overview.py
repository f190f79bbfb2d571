"""The numbers of the status, and the health of what runs."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance import clock
from appliance.alarm import StoreWatch
from appliance.config import Config
from appliance.rooms import Rooms, furnished
from appliance.supervisor import Health
from storage.errors import Full, Stopped
from storage.system import System
from tests.appliance.answers.conftest import answers, rooms_on
from tests.appliance.running import configured, picture, spoil, until
from tests.storage.faults import Faulty
from web.app import build_portal
from web.forms import NodeForm, RuleForm
from web.services.bundle import Services
from web.services.overview import Part


async def test_the_numbers(services: Services, lived_in: Rooms, tmp_path: Path) -> None:
    await services.nodes.add(NodeForm("PACS", "PACS", "127.0.0.1", 11))
    await services.queue.pause("PACS")
    await services.rules.add(RuleForm("all", "true", "PACS"))
    await services.studies.send("1.2.3", "PACS", None)
    before = await services.overview.status()
    assert (before.studies, before.instances) == (2, 4)
    assert (before.waiting, before.set_aside, before.index_lag) == (3, 0, 0)
    assert (before.nodes, before.rules, before.open_associations) == (1, 1, 0)
    assert (before.name, before.version, before.address) == ("Arca", "1.0", "127.0.0.1")
    assert (before.port, before.availability) == (11112, None)
    taken = await lived_in.intake.import_file(picture("1.2.6", "1.2.6").save(tmp_path / "6.dcm"))
    with trio.fail_after(20):
        await lived_in.archive.until_indexed(lived_in.volume.last())
    after = await services.overview.status()
    assert (after.studies, after.instances, after.waiting) == (3, 5, 4)
    assert taken.size > 0
    assert after.uptime_seconds > before.uptime_seconds
    assert b'arca_objects_total{outcome="stored"} 5.0' in await services.overview.exposition()


async def test_what_is_not_indexed_yet(config: Config) -> None:
    async with furnished(config) as rooms, trio.open_nursery() as nursery:
        rooms.volume.receive(b"").commit("1", "1.2.3", {})
        assert (await answers(rooms).overview.status()).index_lag == 2
        nursery.start_soon(rooms.archive.follow)
        with trio.fail_after(20):
            await rooms.archive.until_indexed(2)
        assert (await answers(rooms).overview.status()).index_lag == 0
        nursery.cancel_scope.cancel()


async def test_how_much_of_the_month_it_was_up(rooms: Rooms) -> None:
    overview = answers(rooms).overview
    assert (await overview.status()).availability is None

    async def is_measured() -> bool:
        """After another start; each counts the time since the last one as down."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(rooms.journal.beat)
            share = (await overview.status()).availability
            nursery.cancel_scope.cancel()
        return share == 0.0

    await until(is_measured)


# Health.


async def test_a_part_that_failed_is_told(rooms: Rooms) -> None:
    health = Health()
    services = answers(rooms, health)
    assert await services.overview.healthy() == (
        Part("index", well=True),
        Part("queue", well=True),
        Part("store", well=True),
    )
    health.failed("queue", ValueError("no idea"))
    _, queue, _ = await services.overview.healthy()
    assert queue == Part("queue", well=False, failure="ValueError: no idea", restarts=1)
    assert not (await services.overview.status()).well


async def test_a_store_that_stopped_is_told(config: Config, tmp_path: Path) -> None:
    disk = Faulty(["sync", "sync_data"])
    image = picture("1.2.3").save(tmp_path / "a.dcm")
    async with rooms_on(config, disk) as rooms:
        services = answers(rooms)
        client = build_portal(services).test_client()
        assert (await client.get("/healthz")).status_code == 200
        disk.arm(1, count=1000)
        with pytest.raises(Stopped):
            await rooms.intake.import_file(image)
        answer = await client.get("/healthz")
        assert (answer.status_code, await answer.get_json()) == (
            503,
            {"status": "failing", "failing": ["store"]},
        )
        status = await services.overview.status()
        assert (status.well, status.store) == (False, "stopped")
        assert "Input/output error" in status.parts[-1].failure
        assert b"arca_store_open 0.0" in await services.overview.exposition()
        page = await (await client.get("/")).get_data(as_text=True)
        assert "the store has stopped" in page
        assert "Not working: store" in page


async def test_a_full_store_is_told_until_there_is_room(
    tmp_path: Path, empty_database: Path, autojump_clock: MockClock
) -> None:
    config = configured(tmp_path, empty_database, storage={"low_watermark": 1000 << 20})
    disk = Measured(2000 << 20)
    async with rooms_on(config, disk) as rooms, trio.open_nursery() as nursery:
        watch = StoreWatch(rooms.volume, rooms.journal)
        nursery.start_soon(watch.run)
        services = answers(rooms, watch=watch)
        client = build_portal(services).test_client()
        assert (await client.get("/healthz")).status_code == 200
        assert b"arca_store_open 1.0" in await services.overview.exposition()
        disk.left = 999 << 20
        await _until_state(watch, "full")
        health = await client.get("/healthz")
        assert (health.status_code, (await health.get_json())["failing"]) == (503, ["store"])
        status = await services.overview.status()
        assert (status.well, status.store) == (False, "full")
        told = status.parts[-1].failure
        assert told.startswith("999 MiB are free, less than the 1000 MiB kept free")
        assert b"arca_store_open 0.0" in await services.overview.exposition()
        with pytest.raises(Full):
            await trio.to_thread.run_sync(rooms.volume.receive, b"")
        disk.left = 3000 << 20
        await _until_state(watch, "open")
        assert (await client.get("/healthz")).status_code == 200
        assert (await services.overview.status()).well
        nursery.cancel_scope.cancel()


async def _until_state(watch: StoreWatch, state: str) -> None:
    ends = clock.monotonic() + 20  # the clock of the loop runs ahead here
    while watch.state != state:
        assert clock.monotonic() < ends
        await trio.sleep(1)


class Measured(System):
    """A disk that has as much room as it is told."""

    def __init__(self, left: int) -> None:
        super().__init__(sync=False)
        self.left = left

    def free(self, path: str) -> tuple[int, int]:
        return 4000 << 20, self.left


async def test_a_disk_that_does_not_answer_does_not_hide_the_rest(config: Config) -> None:
    disk = Faulty(["free"])
    async with rooms_on(config, disk) as rooms:
        disk.arm(1, count=2)
        assert (await answers(rooms).overview.status()).free_bytes == 0
        assert b"arca_free_bytes 0.0" in await answers(rooms).overview.exposition()


async def test_a_broken_database_does_not_hide_the_rest(config: Config) -> None:
    async with furnished(config) as rooms:
        overview = answers(rooms).overview
        assert (await overview.status()).counted
        await trio.to_thread.run_sync(spoil, config.appliance.home / "index.sqlite")
        status = await overview.status()
        page = await build_portal(answers(rooms)).test_client().get("/")
        text = await page.get_data(as_text=True)
    assert (status.well, status.counted) == (False, False)
    assert (status.studies, status.instances) == (None, None)
    assert (status.waiting, status.set_aside, status.availability) == (None, None, None)
    assert (status.ae_title, status.rules) == ("ARCA", 0)
    assert status.free_bytes > 0
    assert status.parts[-1].name == "database"
    assert status.parts[-1].failure.startswith("the numbers of the index and the queue are unav")
    assert "not a database" in status.parts[-1].failure
    assert page.status_code == 200
    assert "The database does not answer" in text
    assert "not a database" not in text


async def test_events(rooms: Rooms) -> None:
    rooms.journal.note("journal.test", "something", subject="Doe^Jane")
    [event] = await answers(rooms).overview.events(10)
    assert (event.kind, event.severity, event.text) == ("journal.test", "info", "something")
