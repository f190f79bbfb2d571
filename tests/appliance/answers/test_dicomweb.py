"""DICOMweb is there when it is wanted."""

from __future__ import annotations

from dataclasses import replace

from appliance.answers.dicomweb import dicomweb_of
from appliance.rooms import Rooms


async def test_the_configuration_decides(rooms: Rooms) -> None:
    web = dicomweb_of(rooms)
    assert web is not None
    assert web.origins == frozenset()
    assert web.limits.largest_object == rooms.config.dicom.max_object
    off = replace(rooms.config, dicomweb=replace(rooms.config.dicomweb, listen=False))
    assert dicomweb_of(replace(rooms, config=off)) is None
