"""What may be created and changed."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom import statuses
from appliance.worklist import performed
from appliance.worklist.performed import Link, Refusal
from tests.appliance.worklist.schedule import JANE, begun, ended


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Modality": None}, statuses.MISSING_ATTRIBUTE),
        ({"Modality": ""}, statuses.MISSING_ATTRIBUTE_VALUE),
        ({"ScheduledStepAttributesSequence": Sequence()}, statuses.MISSING_ATTRIBUTE_VALUE),
        ({"ScheduledStepAttributesSequence": Sequence([Dataset()])}, statuses.MISSING_ATTRIBUTE),
        ({"PerformedProcedureStepStatus": "COMPLETED"}, statuses.INVALID_ATTRIBUTE_VALUE),
        ({"PerformedProcedureStepStatus": "GONE"}, statuses.INVALID_ATTRIBUTE_VALUE),
    ],
)
def test_what_may_not_be_created(changes: dict[str, Any], status: int) -> None:
    with pytest.raises(Refusal) as told:
        performed.created(begun(**changes))
    assert told.value.status == status
    assert told.value.tags


def test_a_step_goes_on_and_ends() -> None:
    made = performed.created(begun())
    assert performed.links(made) == [Link("1.2.3", JANE.accession_number, "S1")]
    progress = Dataset()
    progress.PerformedProcedureStepDescription = "head"
    after = performed.changed(made, progress)
    assert performed.state_of(after) == "IN PROGRESS"
    whole = performed.changed(after, ended())
    assert (performed.state_of(whole), whole.PerformedProcedureStepDescription) == (
        "COMPLETED",
        "head",
    )
    [series] = performed.expected(whole)
    assert series.instance_uids == ("1.2.3.1",)
    with pytest.raises(Refusal) as told:
        performed.changed(whole, progress)
    assert told.value.error_id == 0xA710


def test_what_is_completed_needs_its_end_and_what_is_discontinued_does_not() -> None:
    short = Dataset()
    short.PerformedProcedureStepStatus = "COMPLETED"
    with pytest.raises(Refusal, match="EndDate is missing"):
        performed.changed(performed.created(begun()), short)
    short.PerformedProcedureStepStatus = "DISCONTINUED"
    performed.changed(performed.created(begun()), short)


def test_what_is_fixed_stays() -> None:
    before = performed.created(begun())
    same = Dataset()
    same.PatientName, same.Modality = "Doe^Jane", ""
    assert performed.changed(before, same).Modality == "CT"
    other = Dataset()
    other.PatientName = "Roe^Max"
    with pytest.raises(Refusal, match="PatientName is fixed"):
        performed.changed(before, other)
