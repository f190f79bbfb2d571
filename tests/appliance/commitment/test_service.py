"""Both directions, between real rooms over real associations."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.commitment.model import Reference
from appliance.dicom import statuses
from tests.appliance.commitment.house import CT, asked, house, request


async def test_what_is_kept_is_reported_over_the_same_association(
    tmp_path: Path, empty_database: Path
) -> None:
    async with house(tmp_path / "a", empty_database) as arca:
        await arca.keep("1.2.1", "1.2.2")
        [report] = await asked(arca.port, request("2.25.1", "1.2.1", "1.2.2"))
        assert report.stored == (Reference(CT, "1.2.1"), Reference(CT, "1.2.2"))
        assert (report.failed, report.transaction_uid) == ((), "2.25.1")
        [known] = await arca.until("reported")
        assert (known.direction, known.peer, known.instances, known.failed) == ("in", "CT1", 2, 0)


async def test_what_is_not_kept_has_its_reason(tmp_path: Path, empty_database: Path) -> None:
    async with house(tmp_path / "a", empty_database) as arca:
        await arca.keep("1.2.1", "1.2.2")
        [entry] = arca.rooms.volume.find("1.2.2")
        path = arca.rooms.config.storage.path / entry.path
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1] + b"\1")
        [report] = await asked(arca.port, request("2.25.1", "1.2.1", "1.2.2", "1.2.3"))
        assert report.stored == (Reference(CT, "1.2.1"),)
        assert report.failed == (
            (Reference(CT, "1.2.2"), statuses.PROCESSING_FAILURE),
            (Reference(CT, "1.2.3"), statuses.NO_SUCH_INSTANCE),
        )
        other = request("2.25.2", "1.2.1", sop_class="1.2.840.10008.5.1.4.1.1.4")
        [report] = await asked(arca.port, other)
        assert report.failed[0][1] == statuses.CLASS_INSTANCE_CONFLICT
        assert "object.damaged" in await arca.kinds()
        assert arca.rooms.volume.is_damaged(entry.sha256)


async def test_the_same_again_and_another_under_its_name(
    tmp_path: Path, empty_database: Path
) -> None:
    async with house(tmp_path / "a", empty_database) as arca:
        await arca.keep("1.2.1", "1.2.2")
        first = request("2.25.1", "1.2.1", "1.2.9")
        [report] = await asked(arca.port, first)
        assert await asked(arca.port, first) == [report]
        [clash] = await asked(arca.port, request("2.25.1", "1.2.2"))
        assert clash.failed == ((Reference(CT, "1.2.2"), statuses.DUPLICATE_TRANSACTION),)


async def test_a_transfer_is_verified_by_its_destination(
    tmp_path: Path, empty_database: Path
) -> None:
    async with (
        house(tmp_path / "a", empty_database) as arca,
        house(tmp_path / "b", empty_database, "PACS") as pacs,
    ):
        await arca.add("PACS", pacs.port, commitment=True)
        await arca.keep("1.2.1", "1.2.2")
        digests = [arca.rooms.volume.find(one)[0].sha256 for one in ("1.2.1", "1.2.2")]
        transfer = await arca.rooms.transfers.send("1.2.3", "PACS", digests)
        [known] = await arca.until("answered")
        assert (known.direction, known.peer, known.instances, known.failed) == ("out", "PACS", 2, 0)
        done = await arca.rooms.transfers.transfer(transfer.id)
        assert (done.sent, done.verified) == (2, 2)
        await pacs.until("reported")


