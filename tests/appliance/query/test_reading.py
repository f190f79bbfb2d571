"""Long questions."""

from __future__ import annotations

from appliance.query.model import PATIENT_ROOT
from tests.appliance.query.conftest import Asker, question, statuses_of, values_of


async def test_a_list_of_thousands_of_uids(asker: Asker) -> None:
    uids = ["1.2.3.1.2", *(f"1.2.840.113619.2.55.3.604688119.{n:010}" for n in range(20_000))]
    # One value of this length has no place in explicit VR: it goes as UN, as pydicom writes it.
    keys = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1"}
    found = await asker.find(question("IMAGE", **keys, SOPInstanceUID=uids[:1500]))
    assert values_of(found, "SOPInstanceUID") == ["1.2.3.1.2"]
    assert statuses_of(found)[-1] == 0
    found = await asker.find(question("STUDY", PatientID="P1", StudyInstanceUID="*"), PATIENT_ROOT)
    assert values_of(found, "StudyInstanceUID") == ["1.2.3"]
