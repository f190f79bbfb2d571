"""C-GET: objects over the association that asks for them."""

from __future__ import annotations

from appliance.dicom.dimse import Element
from appliance.query.model import PATIENT_ROOT
from tests.appliance.query.conftest import PICTURES, Asker, question
from tests.appliance.running import picture, send, until

_SR = "1.2.840.10008.5.1.4.1.1.88.11"


async def test_a_study_comes_as_it_was_stored(asker: Asker) -> None:
    found = await asker.get(question("STUDY", StudyInstanceUID="1.2.3"))
    assert found[-1].answer.status == 0
    assert found[-1].command.number(Element.COMPLETED_SUB_OPERATIONS) == 3
    assert asker.kept.stored == [one.content for one in PICTURES[:3]]


async def test_a_patient(asker: Asker) -> None:
    found = await asker.get(question("PATIENT", PatientID="P2"), PATIENT_ROOT)
    assert found[-1].answer.status == 0
    assert asker.kept.stored == [PICTURES[3].content]


async def test_what_the_caller_does_not_take_is_counted_and_named(asker: Asker) -> None:
    report = picture("1.2.3.9.1", SOPClassUID=_SR, SeriesInstanceUID="1.2.3.9", PatientID="P1")
    assert await send(asker.port, [report]) == [0]

    async def indexed() -> bool:
        return await asker.instances() == 5

    await until(indexed)
    (final,) = await asker.get(question("STUDY", StudyInstanceUID="1.2.3"))
    assert final.answer.status == 0xB000
    assert final.dataset.FailedSOPInstanceUIDList == "1.2.3.9.1"
    assert _SR in final.answer.comment
    (final,) = await asker.get(
        question("SERIES", StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.3.9")
    )
    assert final.answer.status == 0xA702


async def test_what_is_wanted_must_be_said(asker: Asker) -> None:
    (only,) = await asker.get(question("IMAGE", StudyInstanceUID="1.2.3", SOPInstanceUID="1"))
    assert only.answer.status == 0xA900
