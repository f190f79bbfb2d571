"""Modalities ask over real associations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio
from pydicom.dataset import Dataset

from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.dicom.dimse import Operation
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.worklist import items
from appliance.worklist.attributes import STEPS
from appliance.worklist.finding import MODALITY_WORKLIST
from appliance.worklist.model import Settings
from tests.appliance.worklist.schedule import (
    JANE,
    NOON,
    YAMADA,
    Surroundings,
    find,
    keys,
    surroundings,
    talking,
    told,
)


@pytest.fixture
async def around(around: Surroundings, database: Database) -> Surroundings:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "by hand", NOON)
    return around


@pytest.mark.parametrize(
    ("step", "root", "found"),
    [
        ({}, {}, ["P1", "P2"]),
        ({"ScheduledStationAETitle": "CT2"}, {}, ["P1"]),
        ({"Modality": "MR"}, {}, ["P2"]),
        ({"ScheduledProcedureStepStartDate": "20261130"}, {}, ["P1"]),
        ({"ScheduledProcedureStepStartDate": "20261130-20261201"}, {}, ["P1", "P2"]),
        ({"ScheduledProcedureStepStartDate": "20261202-"}, {}, []),
        ({"ScheduledProcedureStepStartDate": "00010101-99991231"}, {}, ["P1", "P2"]),
        (
            {
                "ScheduledProcedureStepStartDate": "20261130-20261201",
                "ScheduledProcedureStepStartTime": "1000-1500",
            },
            {},
            ["P2"],
        ),
        ({}, {"PatientName": "doe*"}, ["P1"]),
        ({}, {"PatientName": "*太郎*", "SpecificCharacterSet": "ISO_IR 192"}, ["P2"]),
        ({}, {"PatientID": "P?"}, ["P1", "P2"]),
        ({}, {"AccessionNumber": "A2"}, ["P2"]),
        ({}, {"StudyInstanceUID": ["1.2.3", "1.2.9"]}, ["P1"]),
        ({"ScheduledProcedureStepStatus": "COMPLETED"}, {}, []),
        ({"ScheduledProcedureStepStatus": "SCHEDULED"}, {}, ["P1", "P2"]),
    ],
)
async def test_what_is_asked_for_is_found(
    around: Surroundings, step: dict[str, str], root: dict[str, Any], found: list[str]
) -> None:
    async with talking(around) as association:
        answers, last = await find(association, keys(step, **root))
    assert ([one.PatientID for one in answers], last.answer.comment) == (found, "")
    assert last.answer.status == statuses.SUCCESS


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN])
async def test_return_keys_come_as_they_were_asked(around: Surroundings, syntax: str) -> None:
    asked = keys({"Modality": "CT", "PreMedication": None}, PatientSex=None)
    asked.InstitutionName = None
    async with talking(around, syntax) as association:
        [answer], _ = await find(association, asked)
    assert {one.keyword for one in answer} == {one.keyword for one in asked}
    assert (answer.PatientName, answer.PatientSex, answer.InstitutionName) == ("Doe^Jane", "", "")
    step = answer[STEPS].value[0]
    assert {one.keyword for one in step} == {one.keyword for one in asked[STEPS].value[0]}
    assert list(step.ScheduledStationAETitle) == ["CT1", "CT2"]


async def test_keys_that_are_not_matched_are_admitted(around: Surroundings) -> None:
    asked = keys({"Modality": "CT"}, InstitutionName="Elsewhere")
    async with talking(around) as association:
        inquiry = await association.ask(MODALITY_WORKLIST, Operation.C_FIND, {}, asked)
        response = await inquiry.next()
        assert response.answer.status == statuses.PENDING_KEYS_NOT_MATCHED
        assert not (await inquiry.next()).pending


async def test_what_makes_no_sense_is_answered_and_the_association_goes_on(
    around: Surroundings,
) -> None:
    async with talking(around) as association:
        with pytest.warns(UserWarning, match="Invalid value"):
            asked = keys({"ScheduledProcedureStepStartDate": "soon"})
        _, last = await find(association, asked)
        assert last.answer.status == statuses.CLASS_MISMATCH
        assert last.answer.offending_element == (0x00400002,)
        assert len((await find(association, keys()))[0]) == 2


async def test_deep_nesting_is_answered(around: Surroundings) -> None:
    asked = Dataset()
    for _ in range(60):
        outer = Dataset()
        outer.ReferencedStudySequence = [asked]
        asked = outer
    outer = keys()
    outer.RequestedProcedureCodeSequence = [asked]
    async with talking(around) as association:
        _, last = await find(association, outer)
        assert last.answer.status in (statuses.SUCCESS, statuses.CLASS_MISMATCH)


async def test_a_cancel_ends_it(around: Surroundings, database: Database) -> None:
    many = [told(replace(JANE, accession_number=f"B{n}")) for n in range(300)]
    await database.run(items.keep, many, "file", NOON)
    async with talking(around) as association:
        inquiry = await association.ask(MODALITY_WORKLIST, Operation.C_FIND, {}, keys())
        await inquiry.next()
        await inquiry.cancel()
        with trio.fail_after(30):
            while (response := await inquiry.next()).pending:
                pass
        assert response.answer.status in (statuses.CANCEL, statuses.SUCCESS)


async def test_answers_have_a_limit_and_it_is_told(database: Database) -> None:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "by hand", NOON)
    around = surroundings(database, Settings(most_answers=1))
    async with talking(around) as association:
        answers, last = await find(association, keys())
    assert (len(answers), last.answer.status) == (1, 0)
    assert "first 1" in last.answer.comment
    [event] = await around.events()
    assert event.kind == "worklist.limit"
