"""What the database is asked first never takes away an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.dicom.matching import compiled
from appliance.worklist.attributes import MATCHED, dataset_of
from appliance.worklist.model import STATES
from appliance.worklist.narrowing import Narrowing, narrowed
from tests.appliance.worklist.schedule import JANE, keys


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_exact_keys_narrow_and_others_do_not() -> None:
    step = {"Modality": "CT", "ScheduledProcedureStepStartDate": "20261101-"}
    found = narrowed(keys(step, PatientID="P1", AccessionNumber="A*"))
    assert found == Narrowing(first_day="20261101", patient_id="P1", modality="CT")
    assert narrowed(keys({"ScheduledProcedureStepStatus": "*"})).states == STATES
    assert narrowed(keys(StudyInstanceUID=["1.2", "1.3"])).study_instance_uid == ""
    assert "COMPLETED" not in narrowed(keys()).states


_DAY = st.sampled_from(["", "20261129", "20261130", "20261201"])


@given(_DAY, _DAY, st.sampled_from(["", "A1", "A?", "A2"]))
def test_it_is_never_narrower_than_the_question(first: str, last: str, accession: str) -> None:
    dates = f"{first}-{last}" if first or last else ""
    asked = keys({"ScheduledProcedureStepStartDate": dates}, AccessionNumber=accession)
    wanted, test = narrowed(asked), compiled(asked, supported=MATCHED)
    fits = wanted.first_day <= JANE.start_date <= (
        wanted.last_day or "9"
    ) and wanted.accession_number in ("", JANE.accession_number)
    assert fits or not test(dataset_of(JANE))
