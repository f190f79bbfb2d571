"""From keys to criteria."""

from __future__ import annotations

import pytest

from appliance.archive.criteria import (
    Criterion,
    Holding,
    Like,
    Named,
    OfClass,
    OneOf,
    Sounding,
    Span,
)
from appliance.dicom.dataset import encode
from appliance.query import identifier, narrowing
from appliance.query.model import STUDY_ROOT, Options
from appliance.query.moments import Range
from tests.appliance.query.conftest import question
from tests.appliance.running import EXPLICIT


def _of(level: str, **keys: object) -> identifier.Identifier:
    return identifier.read(encode(question(level, **keys), EXPLICIT), EXPLICIT, STUDY_ROOT)


@pytest.mark.parametrize(
    ("keys", "criteria"),
    [
        ({"PatientID": ""}, ()),
        ({"PatientID": "P1"}, (OneOf("patient_id", ("P1",)),)),
        ({"PatientID": "P*"}, (Like("patient_id", ("P*",)),)),
        ({"StudyInstanceUID": ["1", "2"]}, (OneOf("study_uid", ("1", "2")),)),
        ({"StudyDate": "20240101"}, (Span("study_date", "20240101", "20240101"),)),
        ({"StudyDate": "-20240101"}, (Span("study_date", "", "20240101"),)),
        ({"StudyTime": "1015-"}, (Span("study_time", "10", ""),)),
        ({"PatientName": "Doe^J*"}, (Named(("doe j*",)),)),
        ({"PatientName": "=山田*", "SpecificCharacterSet": "ISO_IR 192"}, (Named(("山田*",)),)),
        ({"ReferringPhysicianName": "House"}, (Like("referring_folded", ("*house*",)),)),
        ({"ModalitiesInStudy": ["CT", "MR"]}, (Holding(("CT", "MR")),)),
        ({"SOPClassesInStudy": "1.2"}, (OfClass(("1.2",)),)),
        ({"NumberOfStudyRelatedInstances": "3"}, ()),
        ({"Modality": "CT"}, ()),
        ({"PatientComments": "x"}, ()),
    ],
)
def test_keys(keys: dict[str, object], criteria: tuple[Criterion, ...]) -> None:
    assert narrowing.criteria(_of("STUDY", **keys), Options()) == criteria


def test_numbers() -> None:
    assert narrowing.criteria(_of("IMAGE", InstanceNumber="03", Rows=5), Options()) == (
        OneOf("instance_number", (3,)),
        OneOf("rows", (5,)),
    )


def test_what_was_negotiated() -> None:
    fuzzy = Options(fuzzy=True)
    asked = _of("STUDY", PatientName="Doe^Jane")
    assert narrowing.criteria(asked, fuzzy) == (Sounding(("doe", "jane")),)
    assert narrowing.criteria(_of("STUDY", PatientName="Doe*"), fuzzy) == (Named(("doe*",)),)
    asked = _of("STUDY", PatientName=["Doe*", "Roe"], ReferringPhysicianName="X")
    assert narrowing.criteria(asked, fuzzy) == ()
    asked = _of("STUDY", AccessionNumber='""')
    assert narrowing.criteria(asked, Options(empty=True)) == ()
    asked = _of("STUDY", StudyDate="20240101-20240102", StudyTime="22-02")
    assert narrowing.combined(asked, Options()) == {}
    both = Options(combined=True)
    span = Range("20240101220000000000", "20240102025959999999")
    assert narrowing.combined(asked, both) == {(0x00080020, 0x00080030): span}
    assert narrowing.criteria(asked, both) == (Span("study_date", "20240101", "20240102"),)
