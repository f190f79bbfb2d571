"""C-MOVE: who may be sent to, what is sent, and what is told about it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from appliance.dicom.dimse import Element
from appliance.query.model import PATIENT_ROOT
from tests.appliance.network.reception import Reception, receiving
from tests.appliance.query.conftest import PICTURES, Asker, question, statuses_of
from tests.system.appliance import free_port

_LEVELS = [
    (question("PATIENT", PatientID="P1"), 3),
    (question("STUDY", PatientID="P1", StudyInstanceUID="1.2.3"), 3),
    (question("SERIES", PatientID="P1", StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.3.1"), 2),
    (
        question(
            "IMAGE",
            PatientID="P1",
            StudyInstanceUID="1.2.3",
            SeriesInstanceUID="1.2.3.1",
            SOPInstanceUID=["1.2.3.1.2", "1.2.3.1.1", "1.2.9"],
        ),
        2,
    ),
]


@asynccontextmanager
async def _destination(asker: Asker) -> AsyncIterator[Reception]:
    async with receiving() as reception:
        await asker.operator.node("PACS", reception.port)
        yield reception


@pytest.mark.parametrize(("asked", "count"), _LEVELS, ids=lambda one: str(one)[:12])
async def test_every_level(asker: Asker, asked: object, count: int) -> None:
    async with _destination(asker) as reception:
        *pending, final = await asker.move(asked, "PACS", PATIENT_ROOT)
        assert final.answer.status == 0
        assert final.command.number(Element.COMPLETED_SUB_OPERATIONS) == count
        assert final.command.number(Element.REMAINING_SUB_OPERATIONS) is None
        assert pending[0].command.number(Element.REMAINING_SUB_OPERATIONS) == count
        stored = [request.affected_sop_instance_uid for request in reception.rooms.requests]
        assert stored == [f"1.2.3.{n}" for n in ("1.1", "1.2", "2.1")][:count]
        assert reception.rooms.stored == [one.content for one in PICTURES[:count]]
        assert {request.move_originator for request in reception.rooms.requests} == {"ASKER"}


async def test_a_list_of_studies(asker: Asker) -> None:
    async with _destination(asker) as reception:
        asked = question("STUDY", StudyInstanceUID=["1.2.3", "1.2.4"])
        assert statuses_of(await asker.move(asked, "PACS"))[-1] == 0
        assert len(reception.rooms.stored) == 4


async def test_nothing_of_that_name_is_a_success_of_nothing(asker: Asker) -> None:
    async with _destination(asker) as reception:
        found = await asker.move(question("STUDY", StudyInstanceUID="9.9"), "PACS")
        assert found[-1].answer.status == 0
        assert found[-1].command.number(Element.COMPLETED_SUB_OPERATIONS) == 0
        assert not reception.rooms.stored


async def test_an_unknown_destination_is_named(asker: Asker) -> None:
    (only,) = await asker.move(question("STUDY", StudyInstanceUID="1.2.3"), "NOBODY")
    assert only.answer.status == 0xA801
    assert "NOBODY" in only.answer.comment


async def test_what_is_to_be_moved_must_be_said(asker: Asker) -> None:
    async with _destination(asker):
        (only,) = await asker.move(question("STUDY", PatientName="Doe*"), "PACS")
        assert only.answer.status == 0xA900
        (only,) = await asker.move(question("SERIES", SeriesInstanceUID="1.2.3.1"), "PACS")
        assert only.answer.status == 0xA900


async def test_a_dead_destination(asker: Asker) -> None:
    await asker.operator.node("PACS", free_port())
    found = await asker.move(question("STUDY", StudyInstanceUID="1.2.3"), "PACS")
    final = found[-1]
    assert final.answer.status == 0xA702
    assert final.answer.comment
    assert final.command.number(Element.FAILED_SUB_OPERATIONS) == 3
    assert list(final.dataset.FailedSOPInstanceUIDList) == [one.instance for one in PICTURES[:3]]
