"""What a retrieval asks for."""

from __future__ import annotations

import pytest

from appliance.archive.criteria import OneOf
from appliance.dicom.dataset import encode
from appliance.query import identifier, targets
from appliance.query.model import PATIENT_ROOT, STUDY_ROOT, Refused
from tests.appliance.query.conftest import question
from tests.appliance.running import EXPLICIT


def _of(level: str, **keys: object) -> identifier.Identifier:
    return identifier.read(encode(question(level, **keys), EXPLICIT), EXPLICIT, PATIENT_ROOT)


def test_unique_keys_alone_count() -> None:
    asked = _of("STUDY", PatientID="P1", StudyInstanceUID=["1", "2"], PatientName="Doe*")
    study = OneOf("study_uid", ("1", "2"))
    assert targets.criteria(asked, PATIENT_ROOT) == (OneOf("patient_id", ("P1",)), study)
    assert targets.criteria(asked, STUDY_ROOT) == (study,)


@pytest.mark.parametrize("uid", ["", "*"])
def test_everything_is_too_much(uid: str) -> None:
    with pytest.raises(Refused, match="0020,000D"):
        targets.criteria(_of("STUDY", PatientID="P1", StudyInstanceUID=uid), PATIENT_ROOT)
