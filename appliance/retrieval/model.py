"""What is asked of another archive, what it says, and what that is worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, TypeAlias

from pydicom.config import IGNORE
from pydicom.datadict import DicomDictionary, keyword_dict
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.attributes import tag_of
from appliance.dicom.dataset import UTF_8
from appliance.errors import BadRequest

Level: TypeAlias = Literal["study", "series", "image"]
Method: TypeAlias = Literal["auto", "get", "move"]
State: TypeAlias = Literal["complete", "partial", "nothing", "refused"]

FIND = "1.2.840.10008.5.1.4.1.2.2.1"
MOVE = "1.2.840.10008.5.1.4.1.2.2.2"
GET = "1.2.840.10008.5.1.4.1.2.2.3"

# Keys that are asked for at each level (PS3.4 Tables C.6-1 to C.6-4).
_RETURNED: Mapping[Level, tuple[str, ...]] = {
    "study": (
        "StudyInstanceUID",
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "StudyDate",
        "StudyTime",
        "AccessionNumber",
        "StudyID",
        "StudyDescription",
        "ModalitiesInStudy",
        "ReferringPhysicianName",
        "InstitutionName",
        "NumberOfStudyRelatedInstances",
    ),
    "series": (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "Modality",
        "SeriesNumber",
        "SeriesDescription",
        "NumberOfSeriesRelatedInstances",
    ),
    "image": (
        "StudyInstanceUID",
        "SeriesInstanceUID",
        "SOPInstanceUID",
        "SOPClassUID",
        "InstanceNumber",
    ),
}
_LONGEST_VALUE = 1024
_NUMBERS = frozenset({"US", "UL", "SS", "SL"})
# Archives that stop there without a word: their limit is a round number.
_SUSPICIOUS = frozenset({50, 100, 200, 250, 300, 400, 500, 1000, 1500, 2000, 2500, 5000, 10_000})


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which studies; an empty field matches all. Wildcards * and ? as the standard has them."""

    patient_id: str = ""
    patient_name: str = ""
    accession_number: str = ""
    study_id: str = ""
    study_description: str = ""
    study_date: str = ""  # 20260131, 20260101-20260131, 20260101-, -20260131
    institution: str = ""
    referring_physician: str = ""
    modality: str = ""
    study_uid: str = ""
    others: Mapping[str, str] = field(default_factory=dict)  # keyword or tag -> value


_KEYS = {
    "patient_id": "PatientID",
    "patient_name": "PatientName",
    "accession_number": "AccessionNumber",
    "study_id": "StudyID",
    "study_description": "StudyDescription",
    "study_date": "StudyDate",
    "institution": "InstitutionName",
    "referring_physician": "ReferringPhysicianName",
    "modality": "ModalitiesInStudy",
    "study_uid": "StudyInstanceUID",
}


def identifier(wanted: Wanted) -> Dataset:
    """The question for studies, for C-FIND. Raises BadRequest for what cannot be asked."""
    asked = _question("study")
    for name, keyword in _KEYS.items():
        if value := getattr(wanted, name):
            _put(asked, keyword_dict[keyword], value)
    for name, value in wanted.others.items():
        tag = tag_of(name)
        if tag is None:
            raise BadRequest(f"there is no attribute '{name}'; use a keyword or a tag")
        _put(asked, tag, value)
    return asked


def within(level: Level, study_uid: str, series_uid: str = "") -> Dataset:
    """The question for all series of a study, or all images of a series."""
    asked = _question(level)
    asked.StudyInstanceUID = study_uid
    if series_uid:
        asked.SeriesInstanceUID = series_uid
    return asked


def order(study_uid: str, series_uid: str = "", instances: Sequence[str] = ()) -> Dataset:
    """What C-MOVE and C-GET are to bring: a study, or some instances of one series."""
    wanted = Dataset()
    wanted.QueryRetrieveLevel = "IMAGE" if instances else "STUDY"
    wanted.StudyInstanceUID = study_uid
    if instances:
        wanted.SeriesInstanceUID = series_uid
        wanted.SOPInstanceUID = list(instances)
    return wanted


def _question(level: Level) -> Dataset:
    asked = Dataset()
    asked.SpecificCharacterSet = UTF_8
    asked.QueryRetrieveLevel = level.upper()
    for keyword in _RETURNED[level]:
        setattr(asked, keyword, None)
    return asked


def _put(asked: Dataset, tag: int, value: str) -> None:
    if len(value) > _LONGEST_VALUE or any(not one.isprintable() for one in value):
        raise BadRequest(f"'{value[:40]}' cannot be asked for: too long, or not plain text")
    vr = _vr(tag)
    if vr in _NUMBERS and not value.isdigit():
        raise BadRequest(f"'{value[:40]}' cannot be asked for: it must be a number")
    given = int(value) if vr in _NUMBERS else value
    # Ranges and wildcards are no values of their VR: the archive judges them.
    asked[tag] = DataElement(tag, vr, given, validation_mode=IGNORE)


def _vr(tag: int) -> str:
    entry = DicomDictionary.get(tag)
    return str(entry[0])[:2] if entry else "LO"


@dataclass(frozen=True, slots=True)
class Found:
    """A study that another archive says it has."""

    study_uid: str
    patient_id: str = ""
    patient_name: str = ""
    study_date: str = ""
    accession_number: str = ""
    description: str = ""
    modalities: tuple[str, ...] = ()
    instances: int | None = None  # as it says; None: it does not


def found(answer: Dataset) -> Found | None:
    """One answer of a C-FIND; None when it names no study."""
    uid = _text(answer, "StudyInstanceUID")
    if not uid:
        return None
    count = _text(answer, "NumberOfStudyRelatedInstances")
    return Found(
        uid,
        _text(answer, "PatientID"),
        _text(answer, "PatientName"),
        _text(answer, "StudyDate"),
        _text(answer, "AccessionNumber"),
        _text(answer, "StudyDescription"),
        tuple(filter(None, _text(answer, "ModalitiesInStudy").split("\\"))),
        int(count) if count.isdigit() and len(count) < 10 else None,
    )


def _text(answer: Dataset, keyword: str) -> str:
    value = answer.get(keyword)
    if value is None:
        return ""
    many = (
        value if isinstance(value, list | tuple) or type(value).__name__ == "MultiValue" else None
    )
    text = "\\".join(map(str, many)) if many is not None else str(value)
    return "".join(one for one in text if one.isprintable()).strip()


def text_of(answer: Dataset, keyword: str) -> str:
    """A value of an answer, safe to show; several with backslashes between."""
    return _text(answer, keyword)


def looks_cut(count: int, status: int) -> bool:
    """Whether an archive most likely has more than it told."""
    return status != statuses.SUCCESS or count in _SUSPICIOUS


def halves(study_date: str, today: date) -> tuple[str, str] | None:
    """A range of dates in two; None when it is a single day, or none that can be halved."""
    first, _, last = study_date.partition("-")
    if "-" not in study_date:
        first = last = study_date
    begin = _day(first) if first else date(1970, 1, 1)
    end = _day(last) if last else today
    if begin is None or end is None or begin >= end:
        return None
    middle = begin + (end - begin) // 2
    return (
        f"{begin:%Y%m%d}-{middle:%Y%m%d}",
        f"{middle + timedelta(days=1):%Y%m%d}-{end:%Y%m%d}",
    )


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8])) if len(text) == 8 else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Counts:
    """What an archive says of its sub-operations (PS3.7 §9.1.4)."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """How far the retrieval of a study has come; with the last one its result."""

    study_uid: str
    counts: Counts = Counts()
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one study."""

    study_uid: str
    state: State
    expected: int | None  # how many the archive has, as far as it told
    here: int  # how many of them are here now
    missing: tuple[str, ...] = ()  # SOP Instance UIDs, where they are known
    words: str = ""  # what happened and what to change; "" when all is well


def all_here(expected: Set[str], announced: int | None, here: Set[str]) -> bool:
    """Whether what is here is proven to be all; never where the archive tells nothing."""
    told = bool(expected) or announced is not None
    return told and expected <= here and len(here) >= (announced or 0)


def judge(
    study_uid: str, expected: Set[str], announced: int | None, here: Set[str], said: str
) -> Result:
    """Compare what the archive has with what landed; what it says of it proves nothing.

    `expected` are instances it named, empty where it could not; `announced` is its own count.
    """
    missing = tuple(sorted(expected - here))
    count = max(len(expected), announced or 0) if expected else announced
    landed = len(expected & here) if count == len(expected) else len(here)
    if not here & expected if expected else not here:
        state: State = "refused" if said else "nothing"
        words = said or "it said that all went well, but nothing came; see its log"
        return Result(study_uid, state, count, 0, missing, words)
    if all_here(expected, announced, here):
        return Result(study_uid, "complete", count, landed)
    words = f"{_short(len(missing), count, landed)}. {said}".strip()
    return Result(study_uid, "partial", count, landed, missing, words)


def _short(missing: int, count: int | None, landed: int) -> str:
    if count is None:
        return "It does not tell which images it has, so nothing proves that these are all"
    return f"{max(missing, count - landed)} of {count} did not come"
