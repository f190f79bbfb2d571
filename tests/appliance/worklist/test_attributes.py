"""Items as data sets and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom.dataset import decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.worklist.attributes import STEPS, dataset_of, item_of, put, single_steps
from appliance.worklist.model import Code, Item
from tests.appliance.worklist.schedule import JANE, YAMADA

WHOLE = replace(
    JANE,
    pregnancy_status="3",
    weight="71.5",
    allergies="Iodine",
    medical_alerts="Pacemaker",
    special_needs="Wheelchair",
    protocol_codes=(Code("CTHEAD", "99LOCAL", "CT of the head"),),
    requested_procedure_codes=(Code("1", "LN", "one"), Code("2", "LN", "two")),
    state="ARRIVED",
)


@pytest.mark.parametrize("item", [JANE, YAMADA, WHOLE, Item()])
def test_an_item_comes_back_as_it_was(item: Item) -> None:
    raw = encode(dataset_of(item), EXPLICIT_LITTLE_ENDIAN)
    assert item_of(decode(raw, EXPLICIT_LITTLE_ENDIAN)) == item


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_states_of_others() -> None:
    made = dataset_of(JANE)
    for told, meant in [("IN PROGRESS", "STARTED"), ("whatever", "SCHEDULED"), (None, "SCHEDULED")]:
        made[STEPS].value[0].ScheduledProcedureStepStatus = told
        assert item_of(made).state == meant


def test_several_steps_become_single_ones() -> None:
    made = dataset_of(JANE)
    made[STEPS].value.append(dataset_of(YAMADA)[STEPS].value[0])
    assert [item_of(one).step_id for one in single_steps(made)] == ["S1", "S2"]
    assert item_of(Dataset()) == Item()


def test_fields_are_set_where_they_belong() -> None:
    made = dataset_of(JANE)
    put(made, {"state": "STARTED", "study_instance_uid": "1.9"})
    assert (item_of(made).state, item_of(made).study_instance_uid) == ("STARTED", "1.9")
    setattr(made, STEPS, Sequence([]))
    assert item_of(made).state == "SCHEDULED"
