"""The rooms know of each other what they must, and let go of everything at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import trio

from appliance import clock
from appliance.config import Config, DatabaseSection, JournalSection, TransfersSection
from appliance.errors import BadRequest, ConfigError
from appliance.nodes.model import Node
from appliance.premises import open_store
from appliance.rooms import Rooms, furnished
from appliance.routing.model import Rule
from appliance.tables import Size
from tests.appliance.network.reception import receiving
from tests.appliance.running import configured, picture, until


@pytest.fixture
async def rooms(config: Config) -> AsyncIterator[Rooms]:
    async with furnished(config) as made:
        yield made


def _node(port: int) -> Node:
    return Node("PACS", "PACS", "127.0.0.1", port)


async def _take_in(rooms: Rooms, folder: Path, instance: str) -> None:
    await rooms.intake.import_file(picture(instance).save(folder / f"{instance}.dcm"))


async def _index(rooms: Rooms) -> None:
    """Let the index follow the ledger to its end, and no further."""
    async with trio.open_nursery() as nursery:
        nursery.start_soon(rooms.archive.follow)
        with trio.fail_after(20):
            await rooms.archive.until_indexed(rooms.volume.last())
        nursery.cancel_scope.cancel()


async def test_a_node_that_a_rule_needs_stays(rooms: Rooms) -> None:
    await rooms.nodes.add(_node(104))
    await rooms.routing.add(Rule("all", "true", "PACS"))
    await rooms.routing.add(Rule("ct", "Modality == 'CT'", "PACS"))
    with pytest.raises(BadRequest, match=r"rules send to it \(all, ct\)"):
        await rooms.nodes.remove("PACS")
    await rooms.routing.remove("all")
    await rooms.routing.remove("ct")
    await rooms.nodes.remove("PACS")
    assert rooms.nodes.list() == []


async def test_a_node_that_a_transfer_needs_stays(rooms: Rooms, tmp_path: Path) -> None:
    await rooms.nodes.add(_node(104))
    await _take_in(rooms, tmp_path, "1.2.3.1")
    await _index(rooms)
    [instance] = await rooms.archive.instances("1.2.3")
    job = await rooms.transfers.send("1.2.3", "PACS", [instance.sha256])
    with pytest.raises(BadRequest, match="1 transfers to it are not finished"):
        await rooms.nodes.remove("PACS")
    await rooms.transfers.cancel(job.id)
    await rooms.nodes.remove("PACS")


async def test_a_rule_orders_with_the_index_and_a_changed_node_is_tried_at_once(
    rooms: Rooms, tmp_path: Path
) -> None:
    async with receiving() as pacs, trio.open_nursery() as nursery:
        await rooms.nodes.add(_node(1))  # nobody listens there
        await rooms.routing.add(Rule("all", "true", "PACS"))
        await _take_in(rooms, tmp_path, "1.2.3.1")
        await _index(rooms)
        assert await rooms.transfers.waiting() == {"PACS": 1}
        nursery.start_soon(rooms.transfers.run)
        await rooms.nodes.change(_node(pacs.port))
        with trio.fail_after(20):
            await pacs.rooms.until(lambda: bool(pacs.rooms.stored))
        nursery.cancel_scope.cancel()


async def test_an_echo_is_reported_like_any_association(rooms: Rooms) -> None:
    async with receiving() as pacs:
        await rooms.nodes.add(_node(pacs.port))
        assert (await rooms.nodes.echo("PACS")).ok
        [report] = await rooms.nodes.reports("PACS")
    assert (report.direction, report.calling_ae_title, report.outcome) == (
        "out",
        "ARCA",
        "released",
    )


async def test_a_lost_database_is_filled_again_and_sends_nothing(
    config: Config, tmp_path: Path
) -> None:
    async with furnished(config) as rooms:
        await rooms.nodes.add(_node(104))
        await rooms.routing.add(Rule("all", "true", "PACS"))
        await _take_in(rooms, tmp_path, "1.2.3.1")
        await _index(rooms)
        assert await rooms.transfers.waiting() == {"PACS": 1}
    fresh = DatabaseSection(f"sqlite:///{tmp_path}/other.sqlite")
    async with furnished(replace(config, database=fresh)) as rooms:
        await rooms.nodes.add(_node(104))
        await rooms.routing.add(Rule("all", "true", "PACS"))
        await _index(rooms)
        assert await rooms.archive.totals() == (1, 1)
        assert await rooms.transfers.waiting() == {}
        await _take_in(rooms, tmp_path, "1.2.3.2")
        await _index(rooms)
        assert await rooms.transfers.waiting() == {"PACS": 1}


async def test_what_was_forgotten_is_not_sent_again_but_a_late_image_is(
    tmp_path: Path, empty_database: Path
) -> None:
    config = configured(tmp_path, empty_database, dicom={"quiet_seconds": 0.1})
    async with furnished(config) as rooms:
        await rooms.nodes.add(_node(104))
        await rooms.routing.add(Rule("each", "true", "PACS"))
        await rooms.routing.add(Rule("whole", "true", "PACS", per="study"))
        await _take_in(rooms, tmp_path, "1.2.3.1")
        await _take_in(rooms, tmp_path, "1.2.3.2")
        await _index_until_waiting(rooms, 4)
        for one in await rooms.transfers.queue():
            await rooms.transfers.cancel(one.id)
        rooms.transfers._now = lambda: clock.now() + timedelta(days=91)
        assert await rooms.transfers.trim() == 2 + 4
        assert await rooms.transfers.queue() == []
    async with furnished(config) as rooms:  # as after a crash
        await _index(rooms)
        assert await rooms.transfers.waiting() == {}
        await _take_in(rooms, tmp_path, "1.2.3.3")
        await _index_until_waiting(rooms, 2)
        assert [one.instances for one in await rooms.transfers.queue()] == [1, 1]


async def _index_until_waiting(rooms: Rooms, count: int) -> None:
    async def is_so() -> bool:
        return await rooms.transfers.waiting() == {"PACS": count}

    async with trio.open_nursery() as nursery:
        nursery.start_soon(rooms.archive.follow)
        await until(is_so)
        nursery.cancel_scope.cancel()


async def test_the_store_is_let_go_when_the_database_does_not_open(config: Config) -> None:
    nowhere = DatabaseSection(f"sqlite:///{config.appliance.home}/nowhere/index.sqlite")
    with pytest.raises(ConfigError, match="unable to open"):
        async with furnished(replace(config, database=nowhere)):
            pytest.fail("it must not come about")
    open_store(config).close()


async def test_settings_reach_their_rooms(config: Config, tmp_path: Path) -> None:
    small = replace(
        config,
        dicom=replace(config.dicom, max_object=Size(4096)),
        transfers=TransfersSection(keep_days=5),
        journal=JournalSection(keep_days=6, keep_trouble_days=7),
    )
    async with furnished(small) as rooms:
        taken = await rooms.intake.import_file(picture("1.2.3.1").save(tmp_path / "a.dcm"))
        assert taken.reason == "it is larger than allowed"
        assert rooms.volume.unit.name == "Arca"
        assert rooms.transfers._settings.keep_days == 5
        kept = rooms.journal._settings
        assert (kept.keep_days, kept.keep_trouble_days) == (6, 7)
