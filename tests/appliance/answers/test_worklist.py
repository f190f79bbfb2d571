"""The worklist, asked through the web's questions."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.errors import BadRequest, PeerError, UnknownName
from appliance.rooms import Rooms
from tests.appliance.answers.conftest import answers
from web.forms import CopyForm, NodeForm, ScheduleForm
from web.services.worklist import Copy, Worklist

FIELDS = {"patient_name": "山田^太郎", "modality": "CT", "accession_number": "A1"}
FORM = ScheduleForm("2026-11-30 09:30", FIELDS, ("CT1",), ("CTHEAD:99LOCAL:CT: head",))


@pytest.fixture
def worklist(rooms: Rooms) -> Worklist:
    return answers(rooms).worklist


async def test_an_item_from_its_making_to_its_end(worklist: Worklist) -> None:
    made = await worklist.add(FORM)
    assert (made.start, made.patient_name, made.state) == (
        "2026-11-30 09:30",
        "山田^太郎",
        "SCHEDULED",
    )
    assert [one.id for one in await worklist.listed("太郎", False, None)] == [made.id]
    shown = await worklist.show(made.id)
    step = shown["00400100"]["Value"][0]
    assert step["00400008"]["Value"][0]["00080104"]["Value"] == ["CT: head"]
    await worklist.remove(made.id)
    with pytest.raises(UnknownName):
        await worklist.show(made.id)


@pytest.mark.parametrize(
    "form",
    [
        ScheduleForm("soon", FIELDS, ("CT1",)),
        ScheduleForm("2026-11-30", {"colour": "red"}, ("CT1",)),
        ScheduleForm("2026-11-30", FIELDS, ("CT1",), ("CTHEAD",)),
        ScheduleForm("2026-11-30", FIELDS),
    ],
)
async def test_nonsense_is_refused(worklist: Worklist, form: ScheduleForm) -> None:
    with pytest.raises(BadRequest):
        await worklist.add(form)


async def test_copies(rooms: Rooms, worklist: Worklist) -> None:
    with pytest.raises(UnknownName):
        await worklist.copy(CopyForm("ris"))
    nodes = answers(rooms).nodes
    await nodes.add(NodeForm("ris", "RIS", "127.0.0.1", 1))
    with pytest.raises(PeerError):
        await worklist.copy(CopyForm("ris"))
    made = await worklist.copy(CopyForm("ris", 2, 60))
    assert isinstance(made, Copy)
    assert await worklist.copies() == [made]
    with pytest.raises(BadRequest, match="its worklist is copied"):
        await nodes.remove("ris")
    await worklist.stop_copying("ris")
    await nodes.remove("ris")


async def test_files_and_what_was_performed(worklist: Worklist, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.jsonl").write_text('{"patient_id": "P1", "start_date": "20261130"}')
    taken = await worklist.import_path(folder)
    assert (taken.added, taken.problems) == (1, ())
    assert await worklist.performed(None) == []
