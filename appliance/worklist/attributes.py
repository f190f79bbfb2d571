"""Items as data sets and back: which field is which attribute (PS3.4 Table K.6-1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from appliance.dicom.dataset import UTF_8
from appliance.worklist.model import STATES, Code, Item, State

STEPS = "ScheduledProcedureStepSequence"

_ROOT = {
    "patient_name": "PatientName",
    "patient_id": "PatientID",
    "issuer_of_patient_id": "IssuerOfPatientID",
    "other_patient_ids": "OtherPatientIDs",
    "birth_date": "PatientBirthDate",
    "sex": "PatientSex",
    "size": "PatientSize",
    "weight": "PatientWeight",
    "patient_state": "PatientState",
    "pregnancy_status": "PregnancyStatus",
    "medical_alerts": "MedicalAlerts",
    "allergies": "Allergies",
    "special_needs": "SpecialNeeds",
    "patient_comments": "PatientComments",
    "confidentiality": "ConfidentialityConstraintOnPatientDataDescription",
    "accession_number": "AccessionNumber",
    "referring_physician": "ReferringPhysicianName",
    "requesting_physician": "RequestingPhysician",
    "requesting_service": "RequestingService",
    "placer_order_number": "PlacerOrderNumberImagingServiceRequest",
    "filler_order_number": "FillerOrderNumberImagingServiceRequest",
    "admission_id": "AdmissionID",
    "current_location": "CurrentPatientLocation",
    "study_instance_uid": "StudyInstanceUID",
    "requested_procedure_id": "RequestedProcedureID",
    "requested_procedure_description": "RequestedProcedureDescription",
    "requested_procedure_codes": "RequestedProcedureCodeSequence",
    "requested_procedure_priority": "RequestedProcedurePriority",
    "requested_procedure_reason": "ReasonForTheRequestedProcedure",
    "requested_procedure_comments": "RequestedProcedureComments",
    "patient_transport": "PatientTransportArrangements",
}
_STEP = {
    "station_ae_titles": "ScheduledStationAETitle",
    "station_name": "ScheduledStationName",
    "start_date": "ScheduledProcedureStepStartDate",
    "start_time": "ScheduledProcedureStepStartTime",
    "modality": "Modality",
    "performing_physician": "ScheduledPerformingPhysicianName",
    "step_id": "ScheduledProcedureStepID",
    "step_description": "ScheduledProcedureStepDescription",
    "protocol_codes": "ScheduledProtocolCodeSequence",
    "step_location": "ScheduledProcedureStepLocation",
    "premedication": "PreMedication",
    "contrast": "RequestedContrastAgent",
    "step_comments": "CommentsOnTheScheduledProcedureStep",
    "state": "ScheduledProcedureStepStatus",
}
_CODE = ("CodeValue", "CodingSchemeDesignator", "CodeMeaning")
_IN_PROGRESS = {"IN PROGRESS": "STARTED", "INPROGRESS": "STARTED", "DEPARTED": "COMPLETED"}

# What we match; other keys of a question only ask to be returned.
MATCHED = frozenset({*_ROOT.values(), *_STEP.values(), *_CODE, STEPS})
TOGETHER = (("ScheduledProcedureStepStartDate", "ScheduledProcedureStepStartTime"),)


def dataset_of(item: Item) -> Dataset:
    """The data set of an item; what is not known is there and empty."""
    made, step = Dataset(), Dataset()
    made.SpecificCharacterSet = UTF_8
    for level, table in ((made, _ROOT), (step, _STEP)):
        for name, keyword in table.items():
            setattr(level, keyword, _value_of(getattr(item, name), keyword))
    setattr(made, STEPS, Sequence([step]))
    return made


def _value_of(value: Any, keyword: str) -> Any:
    if keyword == "PregnancyStatus" and value:
        return int(value)  # the only number that is binary
    if not isinstance(value, tuple):
        return value or None
    if all(isinstance(one, str) for one in value) and value:
        return list(value)
    return Sequence([_code_item(one) for one in value if isinstance(one, Code)])


def _code_item(code: Code) -> Dataset:
    made = Dataset()
    for keyword, value in zip(_CODE, (code.value, code.scheme, code.meaning), strict=True):
        setattr(made, keyword, value)
    return made


def item_of(dataset: Dataset) -> Item:
    """What a data set with one scheduled procedure step says."""
    step = _first(dataset, STEPS)
    values = {name: _field(dataset, name, keyword) for name, keyword in _ROOT.items()}
    values |= {name: _field(step, name, keyword) for name, keyword in _STEP.items()}
    return Item(**values | {"state": _state(values["state"])})


def _field(level: Dataset, name: str, keyword: str) -> Any:
    if name.endswith("_codes"):
        return tuple(_code_of(one) for one in level.get(keyword) or ())
    value = level.get(keyword)
    if name == "station_ae_titles":
        return tuple(text for one in _several(value) if (text := str(one).strip()))
    return "" if value is None else "\\".join(str(one).strip() for one in _several(value))


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if hasattr(value, "append") else [value]


def _code_of(item: Dataset) -> Code:
    return Code(*(str(item.get(keyword) or "") for keyword in _CODE))


def _state(text: str) -> State:
    known = _IN_PROGRESS.get(text.upper(), text.upper())
    return known if known in STATES else "SCHEDULED"


def _first(dataset: Dataset, keyword: str) -> Dataset:
    found = dataset.get(keyword)
    return found[0] if found else Dataset()


def single_steps(dataset: Dataset) -> Iterator[Dataset]:
    """A data set for each scheduled procedure step of one; all else is in each of them."""
    for step in dataset.get(STEPS) or ():
        one = deepcopy(dataset)
        setattr(one, STEPS, Sequence([deepcopy(step)]))
        yield one


def put(dataset: Dataset, changes: Mapping[str, str]) -> None:
    """Set fields of an item, by their names here, in its data set."""
    step = _first(dataset, STEPS)
    for name, value in changes.items():
        level, keyword = (step, _STEP[name]) if name in _STEP else (dataset, _ROOT[name])
        setattr(level, keyword, value)
