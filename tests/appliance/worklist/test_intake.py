"""Data sets from elsewhere, made fit to be kept."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from appliance.dicom.dataset import decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.errors import BadRequest
from appliance.worklist.attributes import STEPS, dataset_of
from appliance.worklist.intake import in_utf_8, prepared
from appliance.worklist.model import Item
from tests.appliance.worklist.schedule import JANE


def test_what_nobody_knows_by_name_stays() -> None:
    made = dataset_of(JANE)
    made.InstitutionName = "Elsewhere"
    made.add_new(0x00091001, "LO", "private")
    [(item, kept)] = prepared(made)
    assert item == JANE
    assert (kept.InstitutionName, kept[0x00091001].value) == ("Elsewhere", "private")


def test_what_a_modality_must_have_is_filled_in_the_same_each_time() -> None:
    bare = Item(patient_id="P1", start_date="20261130")
    [(one, _)], [(other, _)] = prepared(dataset_of(bare)), prepared(dataset_of(bare))
    assert one == other
    assert (one.modality, one.start_time, one.step_id) == ("OT", "000000", "1")
    assert one.study_instance_uid.startswith("2.25.")


def test_what_is_no_item_is_told() -> None:
    with pytest.raises(BadRequest, match="Start Date"):
        prepared(dataset_of(Item(patient_id="P1")))
    with pytest.raises(BadRequest, match="no Scheduled Procedure Step Sequence"):
        prepared(Dataset())


def test_other_repertoires_become_utf_8_on_every_level() -> None:
    made = dataset_of(JANE)
    made.SpecificCharacterSet, made.PatientName = "ISO_IR 144", "Люкceмбypг"  # noqa: RUF001
    step = made[STEPS].value[0]
    step.SpecificCharacterSet, step.ScheduledPerformingPhysicianName = "ISO_IR 100", "Jérôme"
    read = decode(encode(made, EXPLICIT_LITTLE_ENDIAN), EXPLICIT_LITTLE_ENDIAN)
    in_utf_8(read)
    raw = encode(read, EXPLICIT_LITTLE_ENDIAN)
    assert "Люкceмбypг".encode() in raw  # noqa: RUF001
    assert "Jérôme".encode() in raw
    assert raw.count(b"\x08\x00\x05\x00") == 1
