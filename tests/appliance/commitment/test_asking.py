"""A node that does not commit itself, or does not answer: said in words, tried again, given up."""

from __future__ import annotations

from pathlib import Path

from appliance.commitment import inquiries
from appliance.dicom import statuses
from appliance.dicom.dimse import Operation
from appliance.network.services import Dialogue, Provider
from tests.appliance.commitment.house import House, house
from tests.appliance.network.reception import receiving
from tests.appliance.running import until


async def _send(arca: House) -> None:
    await arca.keep("1.2.1")
    await arca.rooms.transfers.send("1.2.3", "PACS", [arca.rooms.volume.find("1.2.1")[0].sha256])


async def test_a_node_that_refuses(tmp_path: Path, empty_database: Path) -> None:
    async def refuse(dialogue: Dialogue) -> None:
        await dialogue.answer(statuses.RESOURCE_LIMITATION, "not today")

    operations = frozenset({Operation.N_ACTION})
    provider = Provider("commitment", frozenset({"1.2.840.10008.1.20.1"}), operations, refuse)
    async with (
        receiving(providers=[provider]) as pacs,
        house(tmp_path / "a", empty_database) as arca,
    ):
        await arca.add("PACS", pacs.port, commitment=True)
        await _send(arca)

        async def refused() -> bool:
            return any("not today" in one.last_error for one in await arca.transactions())

        await until(refused)
        [known] = await arca.transactions()
        assert (known.state, known.next_try is not None) == ("to be asked", True)


async def test_a_node_without_the_service(tmp_path: Path, empty_database: Path) -> None:
    async with receiving() as pacs, house(tmp_path / "a", empty_database) as arca:
        await arca.add("PACS", pacs.port, commitment=True)
        await _send(arca)

        async def failed() -> bool:
            return any(one.last_error for one in await arca.transactions())

        await until(failed)
        database = arca.rooms.transfers._database
        [known] = await arca.transactions()
        assert known.next_try is not None
        asking = arca.rooms.commitment._asking
        asking._now = lambda: known.began + asking._settings.patience * 2
        await asking._close_old()
        assert (await database.read(inquiries.recent, 5))[0].state == "not confirmed"
        assert "commitment.unconfirmed" in await arca.kinds()
