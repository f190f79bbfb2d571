"""The room as the listener sees it."""

from __future__ import annotations

from appliance.config import Config
from appliance.dicom.dimse import Operation
from appliance.rooms import furnished


async def test_three_services_with_three_classes_each(config: Config) -> None:
    async with furnished(config) as rooms:
        offered = {one.name: one for one in rooms.query.providers}
    assert list(offered) == ["find", "move", "get"]
    assert [len(one.sop_classes) for one in offered.values()] == [3, 3, 3]
    assert offered["move"].operations == {Operation.C_MOVE}
