"""Scheduled procedure steps as values (PS3.4 Table K.6-1), and what is wrong with one."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

State: TypeAlias = Literal["SCHEDULED", "ARRIVED", "READY", "STARTED", "COMPLETED", "DISCONTINUED"]

STATES: tuple[State, ...] = (
    "SCHEDULED",
    "ARRIVED",
    "READY",
    "STARTED",
    "COMPLETED",
    "DISCONTINUED",
)
FINAL: tuple[State, ...] = ("COMPLETED", "DISCONTINUED")
WAITING: tuple[State, ...] = ("SCHEDULED", "ARRIVED", "READY")
BY_HAND, FROM_FILE = "by hand", "file"

_PRIORITIES = ("", "STAT", "HIGH", "ROUTINE", "MEDIUM", "LOW")
_SHORT, _LONG, _NAME = 16, 64, 324
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
_MODALITY = re.compile(r"[A-Z0-9_]{1,16}")
_UID = re.compile(r"[0-9.]{1,64}")
_WEIGHT = re.compile(r"\d{1,4}(\.\d{1,4})?")


@dataclass(frozen=True, slots=True)
class Code:
    """What something is, by a coding scheme (PS3.3 §8.8)."""

    value: str
    scheme: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One scheduled procedure step with its request, visit and patient. "" is not known."""

    patient_name: str = ""
    patient_id: str = ""
    issuer_of_patient_id: str = ""
    other_patient_ids: str = ""
    birth_date: str = ""  # YYYYMMDD
    sex: str = ""
    size: str = ""  # metres
    weight: str = ""  # kilograms
    patient_state: str = ""
    pregnancy_status: str = ""  # 1 no, 2 possibly, 3 yes, 4 unknown
    medical_alerts: str = ""
    allergies: str = ""
    special_needs: str = ""
    patient_comments: str = ""
    confidentiality: str = ""
    accession_number: str = ""
    referring_physician: str = ""
    requesting_physician: str = ""
    requesting_service: str = ""
    placer_order_number: str = ""
    filler_order_number: str = ""
    admission_id: str = ""
    current_location: str = ""
    study_instance_uid: str = ""
    requested_procedure_id: str = ""
    requested_procedure_description: str = ""
    requested_procedure_codes: tuple[Code, ...] = ()
    requested_procedure_priority: str = ""
    requested_procedure_reason: str = ""
    requested_procedure_comments: str = ""
    patient_transport: str = ""
    station_ae_titles: tuple[str, ...] = ()
    station_name: str = ""
    start_date: str = ""  # YYYYMMDD, on the clinic's clock
    start_time: str = ""  # HHMMSS
    modality: str = ""
    performing_physician: str = ""
    step_id: str = ""
    step_description: str = ""
    protocol_codes: tuple[Code, ...] = ()
    step_location: str = ""
    premedication: str = ""
    contrast: str = ""
    step_comments: str = ""
    state: State = "SCHEDULED"

    @property
    def start(self) -> str:
        """When it is due, as text that sorts as time does."""
        return self.start_date[:8] + self.start_time.replace(":", "")[:6].ljust(6, "0")

    @property
    def identity(self) -> str:
        """What the same step has again when it is told again: accession number and step ID.

        Without an accession number it is that of the requested procedure, or the study.
        """
        order = self.accession_number or self.requested_procedure_id or self.study_instance_uid
        parts = json.dumps([order, self.step_id])
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """An item as it is kept."""

    number: int
    item: Item
    source: str  # "by hand", "file", or the node that it is copied from
    raw: bytes  # its data set, Explicit VR Little Endian in UTF-8, with all that came
    changed: datetime


@dataclass(frozen=True, slots=True)
class Settings:
    """How many answers one question gets, and how long what is past is kept."""

    most_answers: int = 2000
    keep_days: int = 30
    quiet_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of items that were told."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: tuple[str, ...] = ()


def problems(item: Item) -> list[str]:
    """What is wrong with an item made by hand, in words; empty when it can be used."""
    return [words for wrong, words in _checks(item) if wrong] + _too_long(item)


def _checks(item: Item) -> list[tuple[bool, str]]:
    ages = ("1", "2", "3", "4", "")
    return [
        (not item.patient_name and not item.patient_id, "give the patient's name or ID"),
        (not item.station_ae_titles, "give the AE title of the station that will perform it"),
        *(
            (not _AE_TITLE.fullmatch(title) or not title.strip(), f"'{title}' is no AE title")
            for title in item.station_ae_titles
        ),
        (not _MODALITY.fullmatch(item.modality), f"modality '{item.modality}': such as CT or MR"),
        (not is_date(item.start_date), f"start date '{item.start_date}': YYYYMMDD"),
        (not is_time(item.start_time), f"start time '{item.start_time}': HHMMSS"),
        (bool(item.birth_date) and not is_date(item.birth_date), "the birth date is no date"),
        (item.sex not in ("", "M", "F", "O"), f"sex '{item.sex}': M, F or O"),
        (bool(item.weight) and not _WEIGHT.fullmatch(item.weight), "weight: kilograms, like 71.5"),
        (item.pregnancy_status not in ages, "pregnancy: 1 no, 2 possibly, 3 yes, 4 unknown"),
        (
            item.requested_procedure_priority not in _PRIORITIES,
            f"priority '{item.requested_procedure_priority}': {', '.join(_PRIORITIES[1:])}",
        ),
        (not _UID.fullmatch(item.study_instance_uid), "the Study Instance UID is no UID"),
    ]


_LIMITS = {
    "accession_number": _SHORT,
    "requested_procedure_id": _SHORT,
    "step_id": _SHORT,
    "station_name": _SHORT,
    "step_location": _SHORT,
    "patient_name": _NAME,
    "referring_physician": _NAME,
    "requesting_physician": _NAME,
    "performing_physician": _NAME,
    "requested_procedure_comments": 10240,
    "patient_comments": 10240,
}


def _too_long(item: Item) -> list[str]:
    found = []
    for name in Item.__slots__:
        value, limit = getattr(item, name), _LIMITS.get(name, _LONG)
        words = name.replace("_", " ")
        if isinstance(value, str) and len(value) > limit:
            found.append(f"{words} is longer than {limit} letters")
        if isinstance(value, str) and any(one < " " or one in "\\\x7f" for one in value):
            found.append(f"{words} holds a control character or a backslash")
    return found


def is_date(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%Y%m%d")) and len(text) == 8
    except ValueError:
        return False


def is_time(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%H%M%S")) and len(text) == 6
    except ValueError:
        return False
