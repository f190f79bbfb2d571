"""Modalities tell what they do, over real associations."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from pydicom.dataset import Dataset

from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.dicom.dimse import Element, Operation
from appliance.worklist import items, steps
from appliance.worklist.performed import MPPS_RETRIEVE
from tests.appliance.worklist.schedule import (
    JANE,
    NOON,
    YAMADA,
    Surroundings,
    begun,
    ended,
    find,
    keys,
    n_create,
    n_set,
    talking,
    told,
)


@pytest.fixture
async def around(around: Surroundings, database: Database) -> Surroundings:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "by hand", NOON)
    return around


async def _states(around: Surroundings) -> dict[str, str]:
    found = await around.worklist.find(all_=True)
    return {one.item.patient_id: one.item.state for one in found}


@pytest.mark.parametrize("state", ["COMPLETED", "DISCONTINUED"])
async def test_an_item_follows_what_the_modality_tells(around: Surroundings, state: str) -> None:
    async with talking(around) as association:
        assert (await n_create(association, begun())).answer.status == 0
        assert await _states(around) == {"P1": "STARTED", "P2": "SCHEDULED"}
        assert len((await find(association, keys()))[0]) == 2
        assert (await n_set(association, ended(state))).answer.status == 0
        assert await _states(around) == {"P1": state, "P2": "SCHEDULED"}
        assert [one.PatientID for one in (await find(association, keys()))[0]] == ["P2"]
        done = keys({"ScheduledProcedureStepStatus": state})
        assert [one.PatientID for one in (await find(association, done))[0]] == ["P1"]
    [series] = await around.worklist.expected("1.2.3")
    assert (series.series_uid, series.instance_uids) == ("1.2.3.9", ("1.2.3.1",))
    [one] = await around.worklist.performed()
    assert (one.state, one.scheduled, one.ae_title) == (state, True, "CT1")


async def test_a_final_state_is_final(around: Surroundings) -> None:
    async with talking(around) as association:
        await n_create(association, begun())
        await n_set(association, ended())
        again = await n_set(association, ended("DISCONTINUED"))
        assert again.answer.status == statuses.PROCESSING_FAILURE
        assert again.command.number(Element.ERROR_ID) == 0xA710
        assert "may not change" in again.answer.comment


async def test_what_may_not_be(around: Surroundings) -> None:
    async with talking(around) as association:
        await n_create(association, begun())
        for response, status in [
            (await n_create(association, begun()), statuses.DUPLICATE_INSTANCE),
            (await n_set(association, ended(), "1.2.8"), statuses.NO_SUCH_INSTANCE),
            (await n_create(association, begun(Modality=None), "1.5"), statuses.MISSING_ATTRIBUTE),
            (await n_create(association, begun(), "x.y"), statuses.INVALID_INSTANCE),
            (
                await n_create(association, begun(PerformedProcedureStepStatus="COMPLETED"), "1.6"),
                statuses.INVALID_ATTRIBUTE_VALUE,
            ),
            (await n_set(association, begun(Modality="MR")), statuses.INVALID_ATTRIBUTE_VALUE),
            (await n_create(association, Dataset(), "1.7"), statuses.MISSING_ATTRIBUTE),
        ]:
            assert response.answer.status == status
        assert (await n_set(association, begun())).answer.status == 0
    assert len(await around.worklist.performed()) == 1


async def test_without_a_uid_one_is_made_and_told(around: Surroundings) -> None:
    async with talking(around) as association:
        response = await n_create(association, begun(), "")
        uid = response.command.name(Element.AFFECTED_SOP_INSTANCE_UID)
        assert uid.startswith("2.25.")
        assert (await n_set(association, ended(), uid)).answer.status == 0


async def test_what_nobody_scheduled_is_kept_as_such(around: Surroundings) -> None:
    alone = replace(JANE, study_instance_uid="1.9", accession_number="", step_id="")
    async with talking(around) as association:
        assert (await n_create(association, begun(alone))).answer.status == 0
    [one] = await around.worklist.performed()
    assert not one.scheduled
    assert await _states(around) == {"P1": "SCHEDULED", "P2": "SCHEDULED"}
    assert [event.kind for event in await around.events()] == ["worklist.unscheduled"]


async def test_a_step_is_read_back(around: Surroundings) -> None:
    values = {
        Element.REQUESTED_SOP_CLASS_UID: MPPS_RETRIEVE,
        Element.REQUESTED_SOP_INSTANCE_UID: "1.2.9.1",
    }
    async with talking(around) as association:
        await n_create(association, begun(YAMADA))
        got = await association.ask_once(MPPS_RETRIEVE, Operation.N_GET, values)
        assert (got.answer.status, got.dataset.PatientName) == (0, YAMADA.patient_name)
        assert got.dataset.PerformedProcedureStepStatus == "IN PROGRESS"
        none = {**values, Element.REQUESTED_SOP_INSTANCE_UID: "1"}
        missing = await association.ask_once(MPPS_RETRIEVE, Operation.N_GET, none)
        assert missing.answer.status == statuses.NO_SUCH_INSTANCE


async def test_what_was_answered_is_kept(around: Surroundings, database: Database) -> None:
    async with talking(around) as association:
        await n_create(association, begun())
    kept = await database.read(steps.get, "1.2.9.1")
    assert kept is not None
    assert struct.unpack("<H", kept.raw[:2]) == (8,)
