"""What the database can say of a question before each item is looked at: a superset of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from appliance.dicom.periods import PeriodProblem, period_of
from appliance.worklist.attributes import STEPS
from appliance.worklist.model import FINAL, STATES, State


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Conditions that every answer surely fulfils; "" is none."""

    states: tuple[State, ...] = tuple(one for one in STATES if one not in FINAL)
    first_day: str = ""  # YYYYMMDD
    last_day: str = ""
    accession_number: str = ""
    patient_id: str = ""
    study_instance_uid: str = ""
    modality: str = ""


def narrowed(keys: Dataset) -> Narrowing:
    """Whoever does not ask for a status gets what is still to be done."""
    steps = keys.get(STEPS)
    step = steps[0] if steps else Dataset()
    status = _exact(step, "ScheduledProcedureStepStatus", wild=True)
    first, last = _days(step)
    return Narrowing(
        states=STATES if status else Narrowing().states,
        first_day=first,
        last_day=last,
        accession_number=_exact(keys, "AccessionNumber"),
        patient_id=_exact(keys, "PatientID"),
        study_instance_uid=_exact(keys, "StudyInstanceUID"),
        modality=_exact(step, "Modality"),
    )


def _exact(level: Dataset, keyword: str, *, wild: bool = False) -> str:
    """The one value that is asked for, when it is one and without wild cards."""
    value = level.get(keyword)
    if value is None or _several(value):
        return "any" if wild and value else ""
    text = str(value).strip(" \0")
    return text if wild or not set("*?\\") & set(text) else ""


def _several(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _days(step: Dataset) -> tuple[str, str]:
    text = str(step.get("ScheduledProcedureStepStartDate") or "").strip()
    if not text:
        return "", ""
    try:
        period = period_of("DA", text)
    except PeriodProblem:
        return "", ""
    return period.begin, period.end
