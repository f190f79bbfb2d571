"""Modality performed procedure steps: what may be created and changed (PS3.4 F.7.2). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.uids import well_formed
from appliance.errors import PeerError
from appliance.worklist.intake import in_utf_8
from appliance.worklist.model import State

MPPS = "1.2.840.10008.3.1.2.3.3"
MPPS_RETRIEVE = "1.2.840.10008.3.1.2.3.4"
NO_LONGER_UPDATED = 0xA710  # Error ID (PS3.4 Table F.7.2-2)

_STATUS = "PerformedProcedureStepStatus"
_STATES: Mapping[str, State] = {
    "IN PROGRESS": "STARTED",
    "COMPLETED": "COMPLETED",
    "DISCONTINUED": "DISCONTINUED",
}
FINAL = ("COMPLETED", "DISCONTINUED")
# Type 1 in N-CREATE (PS3.4 Table F.7.2-1). Type 2 ones that are missing are not insisted on:
# many modalities leave some of them out.
_REQUIRED = (
    "ScheduledStepAttributesSequence",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    _STATUS,
    "Modality",
)
# Required to be there in the end.
_REQUIRED_COMPLETED = (
    "PerformedProcedureStepEndDate",
    "PerformedProcedureStepEndTime",
    "PerformedSeriesSequence",
)
# Not allowed in N-SET; the same value again does no harm.
_FIXED = (
    "ScheduledStepAttributesSequence",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedStationName",
    "PerformedLocation",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "Modality",
    "StudyID",
)


class Refusal(PeerError):
    """Why not: the status, words, the attribute concerned and the Error ID."""

    def __init__(self, status: int, text: str, keyword: str = "", error_id: int = 0) -> None:
        super().__init__(text)
        self.status, self.error_id = status, error_id
        self.tags = [tag_for_keyword(keyword) or 0] if keyword else []


@dataclass(frozen=True, slots=True)
class Link:
    """Which scheduled step a performed one is about; a part that is not known is ""."""

    study_uid: str
    accession_number: str = ""
    step_id: str = ""


@dataclass(frozen=True, slots=True)
class Performed:
    """A performed procedure step as it is kept."""

    uid: str
    state: str  # "IN PROGRESS", "COMPLETED" or "DISCONTINUED"
    ae_title: str
    scheduled: bool  # an item of the worklist was meant
    raw: bytes
    began: datetime
    changed: datetime


@dataclass(frozen=True, slots=True)
class Expected:
    """A series that a modality says it made, and the instances in it."""

    series_uid: str
    instance_uids: tuple[str, ...]


def created(dataset: Dataset) -> Dataset:
    """What an N-CREATE makes of its attributes. Raises `Refusal`."""
    for keyword in _REQUIRED:
        _require(dataset, keyword)
    for item in dataset.ScheduledStepAttributesSequence:
        uid = str(item.get("StudyInstanceUID") or "")
        _require(item, "StudyInstanceUID")
        if not well_formed(uid):
            raise Refusal(statuses.INVALID_ATTRIBUTE_VALUE, "This is no UID", "StudyInstanceUID")
    if state_of(dataset) != "IN PROGRESS":
        # F.7.2.1.2: a step begins in progress.
        raise Refusal(statuses.INVALID_ATTRIBUTE_VALUE, "It must begin IN PROGRESS", _STATUS)
    in_utf_8(dataset)
    return dataset


def changed(before: Dataset, change: Dataset) -> Dataset:
    """What an N-SET makes of a step. Raises `Refusal`."""
    if state_of(before) in FINAL:
        words = f"It is {state_of(before)} and may not change any more"
        raise Refusal(statuses.PROCESSING_FAILURE, words, error_id=NO_LONGER_UPDATED)
    for keyword in _FIXED:
        if keyword in change and not _same(before.get(keyword), change[keyword].value):
            words = f"{keyword} is fixed since N-CREATE"
            raise Refusal(statuses.INVALID_ATTRIBUTE_VALUE, words, keyword)
    made = Dataset()
    made.update(before)
    made.update({one.tag: one for one in change if one.keyword not in _FIXED})
    state = state_of(made)
    for keyword in _REQUIRED_COMPLETED if state == "COMPLETED" else ():
        _require(made, keyword)
    in_utf_8(made)
    return made


def _require(dataset: Dataset, keyword: str) -> None:
    if keyword not in dataset:
        raise Refusal(statuses.MISSING_ATTRIBUTE, f"{keyword} is missing", keyword)
    if dataset[keyword].value in (None, "", []) or not len(str(dataset[keyword].value)):
        raise Refusal(statuses.MISSING_ATTRIBUTE_VALUE, f"{keyword} is empty", keyword)


def _same(before: Any, told: Any) -> bool:
    return not told or _words(before) == _words(told)


def _words(value: Any) -> str:
    return str(value or "").strip()


def state_of(dataset: Dataset) -> str:
    """Its status. Raises `Refusal` when that is none."""
    text = str(dataset.get(_STATUS) or "").strip().upper()
    if text not in _STATES:
        raise Refusal(statuses.INVALID_ATTRIBUTE_VALUE, "This is no status of a step", _STATUS)
    return text


def item_state(state: str) -> State:
    """What a scheduled step becomes by it."""
    return _STATES[state]


def links(dataset: Dataset) -> list[Link]:
    """The scheduled steps it is about, and the studies of unscheduled ones."""
    return [
        Link(
            str(item.get("StudyInstanceUID") or "").strip(),
            str(item.get("AccessionNumber") or "").strip(),
            str(item.get("ScheduledProcedureStepID") or "").strip(),
        )
        for item in dataset.get("ScheduledStepAttributesSequence") or ()
    ]


def expected(dataset: Dataset) -> list[Expected]:
    """The series and instances it names (Performed Series Sequence)."""
    return [
        Expected(
            str(series.get("SeriesInstanceUID") or "").strip(),
            tuple(_instances(series)),
        )
        for series in dataset.get("PerformedSeriesSequence") or ()
    ]


_REFERENCES = (
    "ReferencedImageSequence",
    "ReferencedNonImageCompositeSOPInstanceSequence",
)


def _instances(series: Dataset) -> Sequence[str]:
    items = [item for keyword in _REFERENCES for item in series.get(keyword) or ()]
    uids = (str(item.get("ReferencedSOPInstanceUID") or "").strip() for item in items)
    return [uid for uid in uids if uid]
