"""Patients, studies, series and instances as values, and what is decided about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from appliance.dicom.text import PersonName, folded
from storage.store import Entry


@dataclass(frozen=True, slots=True)
class Settings:
    """When a study counts as complete."""

    quiet_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Patient:
    """A person as the images name them."""

    patient_id: str = ""
    issuer: str = ""
    name: str = ""
    birth_date: str = ""  # YYYYMMDD
    sex: str = ""
    name_raw: bytes = b""  # as it came, in the character set of its image


@dataclass(frozen=True, slots=True)
class Study:
    """What a list of studies shows."""

    study_uid: str
    patient: Patient
    study_date: str = ""  # YYYYMMDD
    study_time: str = ""
    accession_number: str = ""
    study_id: str = ""
    description: str = ""
    referring_physician: str = ""
    institution: str = ""
    modalities: tuple[str, ...] = ()
    series: int = 0
    instances: int = 0
    size: int = 0  # bytes
    source: str = ""  # calling AE title of the newest instance
    first_at: datetime | None = None
    last_at: datetime | None = None  # when the newest instance was stored
    complete: bool = False
    conflict: bool = False  # its images name different patients


@dataclass(frozen=True, slots=True)
class Series:
    """A series of a study."""

    series_uid: str
    modality: str = ""
    number: int | None = None
    date: str = ""  # YYYYMMDD
    time: str = ""
    description: str = ""
    body_part: str = ""
    station: str = ""
    manufacturer: str = ""
    instances: int = 0


@dataclass(frozen=True, slots=True)
class Instance:
    """One stored object, as a transfer needs it."""

    sha256: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    size: int  # bytes of the file
    series_uid: str = ""
    sequence: int = 0  # its line in the ledger
    number: int | None = None
    rows: int | None = None
    columns: int | None = None
    frames: int | None = None
    bits: int | None = None  # stored, per sample
    stored_at: datetime | None = None
    readable: bool = True  # False: its header could not be understood


@dataclass(frozen=True, slots=True)
class StudyDetail:
    """A study with its series."""

    study: Study
    series: tuple[Series, ...]


@dataclass(frozen=True, slots=True)
class IndexedInstance:
    """What routing sees of a stored object.

    `attributes` decodes what it is asked for: by keyword (`Modality`) or by number
    (`0008,0060`), any attribute of the data set's beginning up to (0028,0103).
    """

    entry: Entry
    attributes: Mapping[str, str] = field(default_factory=dict)
    readable: bool = True

    @property
    def sha256(self) -> str:
        return self.entry.sha256

    @property
    def study_uid(self) -> str:
        return self.entry.group

    @property
    def sop_instance_uid(self) -> str:
        return self.entry.name

    @property
    def sop_class_uid(self) -> str:
        return self.entry.notes.get("sop_class", "")

    @property
    def transfer_syntax_uid(self) -> str:
        return self.entry.notes.get("transfer_syntax", "")

    @property
    def source(self) -> str:
        """Calling AE title; empty when it was imported."""
        return self.entry.notes.get("source", "")

    @property
    def called(self) -> str:
        return self.entry.notes.get("called", "")

    @property
    def size(self) -> int:
        return self.entry.size

    @property
    def stored_at(self) -> datetime:
        return self.entry.time


@dataclass(frozen=True, slots=True)
class Described:
    """What the index keeps of one object."""

    patient: Patient
    study: Study
    series: Series
    instance: Instance


@dataclass(frozen=True, slots=True)
class Removed:
    """An object that was let go after its retention."""

    sha256: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something odd that indexing came upon, for the journal."""

    kind: str
    subject: str  # a Study Instance UID
    text: str


@dataclass(frozen=True, slots=True)
class StudyFilter:
    """Which studies are asked for; an empty field asks for all."""

    study_uid: str = ""
    patient: str = ""  # part of the name or of the Patient ID
    text: str = ""  # part of name, Patient ID, accession number, description or Study Instance UID
    date_from: str = ""  # YYYYMMDD, inclusive
    date_to: str = ""
    modality: str = ""
    complete: bool | None = None
    limit: int = 100
    offset: int = 0


def same_person(known: Patient, arriving: Patient) -> bool:
    """Whether two studies belong to one person; never on Patient ID alone.

    An absent Patient ID or name proves nothing, so it never joins anybody.
    """
    proof = known.patient_id and _comparable(known.name)
    return bool(proof) and agree(known, arriving)


def agree(known: Patient, arriving: Patient) -> bool:
    """Whether ID, issuer and name are equal, and birth date and sex do not contradict."""
    return (
        (known.patient_id, known.issuer) == (arriving.patient_id, arriving.issuer)
        and _comparable(known.name) == _comparable(arriving.name)
        and _no_contradiction(known.birth_date, arriving.birth_date)
        and _no_contradiction(_sex(known.sex), _sex(arriving.sex))
    )


def completed(known: Patient, arriving: Patient) -> Patient:
    """`known` with what only `arriving` says, so that the next comparison knows it too."""
    return replace(
        known,
        birth_date=known.birth_date or arriving.birth_date,
        sex=known.sex if _sex(known.sex) else arriving.sex or known.sex,
    )


@lru_cache(maxsize=1024)
def _comparable(name: str) -> str:
    groups = PersonName.parse(name)
    return folded(groups.alphabetic or groups.ideographic or groups.phonetic)


def _no_contradiction(one: str, other: str) -> bool:
    return not one or not other or one == other


def _sex(sex: str) -> str:
    return sex if sex in {"M", "F"} else ""  # O and rubbish say nothing about who it is


def date_of(text: str) -> str:
    """A DA value as YYYYMMDD, also from the old `YYYY.MM.DD`; empty when it is none."""
    found = re.fullmatch(
        r"(\d{4})([.-]?)(0[1-9]|1[0-2])\2(0[1-9]|[12]\d|3[01])", text.strip(), re.ASCII
    )
    return f"{found[1]}{found[3]}{found[4]}" if found else ""
