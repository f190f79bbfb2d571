"""What is stored, for DICOMweb; the rest is in tests/web/dicomweb."""

from __future__ import annotations

import pytest

from appliance.answers.fetching import Fetching, rendering_of
from appliance.errors import UnknownName
from appliance.rooms import Rooms
from storage.errors import StoreError
from web.dicomweb.services import View


def retrieval(rooms: Rooms) -> Fetching:
    return Fetching(rooms.archive, rooms.volume, rooms.pixels)


async def test_what_an_address_means(lived_in: Rooms) -> None:
    all_of_it = await retrieval(lived_in).instances("1.2.3")
    assert sorted(one.sop_instance_uid for one in all_of_it) == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    [one] = await retrieval(lived_in).instances("1.2.3", "1.2.3.9")
    assert (one.sop_instance_uid, one.study_uid, one.frames) == ("1.2.3.3", "1.2.3", 1)
    for wrong in (("9",), ("1.2.4", "1.2.3.9"), ("1.2.3", "1.2.3.9", "1.2.3.1")):
        with pytest.raises(UnknownName):
            await retrieval(lived_in).instances(*wrong)


async def test_a_file_and_a_part_of_it(lived_in: Rooms) -> None:
    [one] = await retrieval(lived_in).instances("1.2.3", "", "1.2.3.1")
    async with retrieval(lived_in).file(one.sha256) as pieces:
        whole = b"".join([piece async for piece in pieces])
    assert len(whole) == one.size
    async with retrieval(lived_in).part(one.sha256, 100, 50) as pieces:
        assert b"".join([piece async for piece in pieces]) == whole[100:150]
    with pytest.raises(StoreError):
        async with retrieval(lived_in).file("0" * 64):
            pass


def test_a_view_as_pixels_understand_it() -> None:
    made = rendering_of(View("image/png", 70, 64, None, 40, 400))
    assert (made.format, made.quality, made.width, made.height) == ("png", 70, 64, 0)
    assert made.window is not None
    assert (made.window.center, made.window.width) == (40, 400)
    assert rendering_of(View()).window is None
