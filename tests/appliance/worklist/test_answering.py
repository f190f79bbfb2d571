"""Return keys, and the repertoire of an answer."""

from __future__ import annotations

from typing import Any

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom.dataset import decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.worklist.answering import answered
from appliance.worklist.attributes import STEPS, dataset_of
from tests.appliance.worklist.schedule import JANE, YAMADA, keys

JAPANESE = ["", "ISO 2022 IR 87"]


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
@pytest.mark.parametrize(
    ("asked", "name", "told"),
    [
        (None, "Doe^Jane", None),
        ("ISO_IR 100", "Doe^Jane", "ISO_IR 100"),
        ("ISO_IR 100", "Müller^Jörg", "ISO_IR 100"),
        ("ISO_IR 100", "Διονυσιος", "ISO_IR 192"),
        ("ISO_IR 203", "Lœuf", "ISO_IR 203"),
        (None, "Müller^Jörg", "ISO_IR 192"),
        ("no such set", "Müller^Jörg", "ISO_IR 192"),
        ("GB18030", "Wang^XiaoDong=王^小东", "GB18030"),
        (JAPANESE, YAMADA.patient_name, JAPANESE),
        (JAPANESE, "Zhang^XiaoDong=张^小东", "ISO_IR 192"),
        (JAPANESE, "Doe^Jane", None),
    ],
)
def test_the_answer_says_what_it_is_written_in(asked: Any, name: str, told: Any) -> None:
    wanted, entity = keys(), dataset_of(JANE)
    if asked is not None:
        wanted.SpecificCharacterSet = asked
    entity.PatientName = name
    made = answered(wanted, entity)
    charset = made.get("SpecificCharacterSet")
    assert (list(charset) if isinstance(told, list) else charset) == told
    back = decode(encode(made, EXPLICIT_LITTLE_ENDIAN), EXPLICIT_LITTLE_ENDIAN)
    assert str(back.PatientName) == name


def test_a_sequence_without_items_asks_for_all_of_it() -> None:
    wanted = Dataset()
    setattr(wanted, STEPS, Sequence())
    made = answered(wanted, dataset_of(JANE))
    assert made[STEPS].value[0].ScheduledProcedureStepID == "S1"


def test_what_is_not_known_comes_back_empty() -> None:
    wanted = keys(PatientSex=None, PatientComments="ignored")
    wanted.add_new(0x00091001, "LO", "private")
    wanted.ReferencedStudySequence = Sequence([Dataset()])
    made = answered(wanted, dataset_of(JANE))
    assert (made.PatientSex, made.PatientComments, made[0x00091001].value) == (None, None, None)
    assert list(made.ReferencedStudySequence) == []
