"""What an answer holds, and in which characters."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from appliance.archive.criteria import Found
from appliance.dicom.dataset import decode, encode
from appliance.query import answering, identifier
from appliance.query.keys import ATTRIBUTES
from appliance.query.model import STUDY_ROOT
from tests.appliance.query.conftest import question
from tests.appliance.running import EXPLICIT

FOUND = Found(
    7,
    {
        "patient_name": "Müller^Jörg",
        "patient_id": "P1",
        "study_uid": "1.2",
        "modalities": "\\CT\\PT\\",
        "study_instances": 3,
        "study_date": "",
    },
)


def _identifier(**keys: object) -> identifier.Identifier:
    return identifier.read(encode(question("STUDY", **keys), EXPLICIT), EXPLICIT, STUDY_ROOT)


def test_exactly_what_was_asked_for_and_who_it_is() -> None:
    asked = _identifier(
        PatientName="", ModalitiesInStudy="", StudyDate="", Modality="", PatientComments="",
        NumberOfStudyRelatedInstances="", RequestAttributesSequence=[],
    )  # fmt: skip
    made = answering.answer(asked, STUDY_ROOT, FOUND, None, "ARCA")
    assert made.PatientName == "Müller^Jörg"
    assert list(made.ModalitiesInStudy) == ["CT", "PT"]
    assert made.NumberOfStudyRelatedInstances == 3
    assert (made.StudyInstanceUID, made.QueryRetrieveLevel) == ("1.2", "STUDY")
    for empty in ("StudyDate", "Modality", "PatientComments", "RequestAttributesSequence"):
        assert empty in made
        assert not made[empty].value
    assert "PatientID" not in made
    assert made.RetrieveAETitle == "ARCA"


@pytest.mark.parametrize(
    ("character_set", "name", "used"),
    [
        ("", "Doe^Jane", None),
        ("", "Müller^Jörg", "ISO_IR 192"),
        ("ISO_IR 100", "Müller^Jörg", "ISO_IR 100"),
        ("ISO_IR 100", "Дмитрий", "ISO_IR 192"),
        ("ISO_IR 144", "Дмитрий", "ISO_IR 144"),
        ("\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎", ["", "ISO 2022 IR 87"]),
        ("\\ISO 2022 IR 149", "Hong^Gildong=洪^吉洞", ["", "ISO 2022 IR 149"]),
        ("GB18030", "王^小东", "GB18030"),
        ("KLINGON", "Müller", "ISO_IR 192"),
        ("ISO_IR 192", "ÅÄÖ", "ISO_IR 192"),
    ],
)
def test_character_sets(character_set: str, name: str, used: object) -> None:
    dataset = Dataset()
    dataset.PatientName = name
    terms = tuple(character_set.split("\\"))
    read = decode(answering.encoded(dataset, terms, EXPLICIT), EXPLICIT)
    assert str(read.PatientName) == name
    said = read.get("SpecificCharacterSet")
    assert (list(said) if isinstance(used, list) else said) == used


def test_what_must_be_added_up() -> None:
    assert answering.sums_for(_identifier(PatientID="")) == frozenset()
    asked = _identifier(SOPClassesInStudy="", NumberOfPatientRelatedSeries="")
    assert answering.sums_for(asked) == {"sop_classes", "patient_series"}
    assert answering.in_file(_identifier(PatientComments="")) == frozenset()
    assert answering.values_of(ATTRIBUTES[0x00080061], FOUND) == ("CT", "PT")


def test_of_a_sequence_only_what_was_asked_for() -> None:
    item, wanted = Dataset(), Dataset()
    item.RequestedProcedureID, item.ScheduledProcedureStepID = "R", "S"
    wanted.RequestedProcedureID = ""
    header = Dataset()
    header.RequestAttributesSequence = [item]
    asked = _identifier(RequestAttributesSequence=[wanted])
    made = answering.answer(asked, STUDY_ROOT, FOUND, header, "ARCA")
    assert [len(one) for one in made.RequestAttributesSequence] == [1]
    assert ExplicitVRLittleEndian == EXPLICIT
