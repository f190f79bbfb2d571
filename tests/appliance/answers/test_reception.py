"""Objects of DICOMweb take the way of C-STORE."""

from __future__ import annotations

from appliance.answers.reception import Reception
from appliance.rooms import Rooms
from tests.appliance.running import EXPLICIT, Picture, picture
from web.dicomweb.services import Announced, Kept


async def hand_in(rooms: Rooms, one: Picture, study: str = "") -> Kept:
    announced = Announced(one.sop_class, one.instance, EXPLICIT, study)
    receiving = Reception(rooms.intake, "ARCA").begin(announced, "a very long token name", "h")
    await receiving.write(one.content)
    kept = await receiving.finish()
    await receiving.discard()  # does nothing any more
    return kept


async def test_outcomes(rooms: Rooms) -> None:
    one = picture("1.2.3.1")
    assert await hand_in(rooms, one) == Kept("stored")
    assert await hand_in(rooms, one) == Kept("stored")
    assert await hand_in(rooms, picture("1.2.3.1", PatientID="X")) == Kept("conflict")
    kept = await hand_in(rooms, picture("1.2.3.2"), "1.9")
    assert (kept.outcome, kept.status) == ("failed", 0xA901)
    assert [entry.notes["via"] for entry in rooms.volume.find("1.2.3.1")] == ["dicomweb"] * 2


async def test_what_breaks_off_leaves_nothing(rooms: Rooms) -> None:
    one = picture("1.2.3.1")
    announced = Announced(one.sop_class, one.instance, EXPLICIT)
    receiving = Reception(rooms.intake, "ARCA").begin(announced, "t", "h")
    await receiving.write(one.content[:9000])
    await receiving.discard()
    assert rooms.volume.find("1.2.3.1") == ()
