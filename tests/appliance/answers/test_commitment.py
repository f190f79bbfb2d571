"""Transactions as the web asks for them."""

from __future__ import annotations

from appliance.answers.commitment import Commitments
from appliance.commitment import inquiries
from appliance.database.schema import transaction
from appliance.rooms import Rooms
from appliance.transfers.model import Finished
from tests.appliance.transfers.tables import NOW


async def test_what_is_to_be_asked_is_shown(rooms: Rooms) -> None:
    async def finish() -> None:
        async with transaction():
            await inquiries.open_for([Finished(1, "1.2.3", "PACS")], NOW)

    await rooms.transfers._database.run(finish)
    [one] = await Commitments(rooms.commitment).listed()
    assert (one.direction, one.peer, one.state, one.began) == ("out", "PACS", "to be asked", NOW)
