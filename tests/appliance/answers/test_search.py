"""What the index knows, as data sets."""

from __future__ import annotations

from appliance.answers.search import Search
from appliance.rooms import Rooms
from web.dicomweb.services import Level, Question


async def find(rooms: Rooms, level: Level, **conditions: str) -> list[str]:
    found = await Search(rooms.archive).find(Question(level, conditions, False, 10, 0))
    assert not found.more
    return [str(one.get("SOPInstanceUID", one.StudyInstanceUID)) for one in found.matches]


async def test_each_level(lived_in: Rooms) -> None:
    assert await find(lived_in, "study") == ["1.2.3", "1.2.4"]
    assert len(await find(lived_in, "series", PatientID="P1")) == 2
    assert await find(lived_in, "instance", Modality="SR") == ["1.2.3.3"]
    assert "Modality" in Search(lived_in.archive).searchable("series")


async def test_a_match_says_what_is_above(lived_in: Rooms) -> None:
    question = Question("instance", {"SOPInstanceUID": "1.2.4.1"}, False, 10, 0)
    [one] = (await Search(lived_in.archive).find(question)).matches
    assert (one.PatientID, one.StudyInstanceUID) == ("P2", "1.2.4")
    assert str(one.PatientName) == "山田^太郎"
    assert "NumberOfSeriesRelatedInstances" not in one
    assert one.NumberOfStudyRelatedInstances == 1
