"""What is wrong with an item, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from appliance.worklist.model import Item, is_date, is_time, problems
from tests.appliance.worklist.schedule import JANE


def test_a_good_item() -> None:
    assert problems(JANE) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"patient_name": "", "patient_id": ""}, "name or ID"),
        ({"station_ae_titles": ()}, "AE title of the station"),
        ({"station_ae_titles": ("A\\B",)}, "is no AE title"),
        ({"modality": "ct"}, "modality 'ct'"),
        ({"start_date": "20260230"}, "start date"),
        ({"start_time": "25"}, "start time"),
        ({"birth_date": "1970"}, "birth date"),
        ({"sex": "X"}, "sex 'X'"),
        ({"weight": "heavy"}, "kilograms"),
        ({"pregnancy_status": "5"}, "pregnancy"),
        ({"requested_procedure_priority": "NOW"}, "priority 'NOW'"),
        ({"study_instance_uid": "x"}, "is no UID"),
        ({"accession_number": "A" * 17}, "accession number is longer than 16"),
        ({"allergies": "nuts\x1b[31m"}, "control character"),
        ({"patient_id": "a\\b"}, "backslash"),
    ],
)
def test_what_is_wrong_is_told(changes: dict[str, str], words: str) -> None:
    assert words in "; ".join(problems(replace(JANE, **changes)))  # type: ignore[arg-type]


def test_identity_is_accession_number_and_step() -> None:
    assert replace(JANE, patient_name="Roe").identity == JANE.identity
    assert replace(JANE, step_id="S9").identity != JANE.identity
    without = replace(JANE, accession_number="")
    assert replace(without, requested_procedure_id="RP9").identity != without.identity
    assert Item(start_date="20261130", start_time="09:30").start == "20261130093000"


def test_dates_and_times() -> None:
    assert is_date("20260228")
    assert not is_date("2026228")
    assert is_time("235959")
    assert not is_time("9")
