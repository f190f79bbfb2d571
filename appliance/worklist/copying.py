"""Asks another system for its worklist (PS3.4 Annex K, as SCU)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.dataset import UTF_8, DatasetError
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.errors import PeerError
from appliance.network.requestor import associate
from appliance.network.services import AssociationReport
from appliance.network.settings import Remote
from appliance.worklist.attributes import STEPS, dataset_of
from appliance.worklist.finding import MODALITY_WORKLIST
from appliance.worklist.model import Item

_SYNTAXES = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN)
_MEDIUM = 0
_MOST = 20_000
# Beside what we know by name: these are only passed on.
_MORE = (
    "ReferencedStudySequence",
    "ReferencedPatientSequence",
    "InstitutionName",
    "OtherPatientIDsSequence",
    "IssuerOfPatientIDQualifiersSequence",
    "IssuerOfAccessionNumberSequence",
    "EthnicGroup",
    "ReasonForTheRequestedProcedure",
    "NamesOfIntendedRecipientsOfResults",
    "ImagingServiceRequestComments",
    "ReasonForRequestedProcedureCodeSequence",
    "RequestingPhysicianIdentificationSequence",
    "IssueDateOfImagingServiceRequest",
    "PatientInstitutionResidence",
    "VisitStatusID",
    "StudyDate",
    "StudyTime",
)


class CopyFailed(PeerError):
    """Why a worklist could not be copied whole, in words."""


def days(today: datetime, more: int) -> tuple[str, str]:
    """The first and the last day to ask for, on the clinic's clock."""
    return f"{today:%Y%m%d}", f"{today + timedelta(days=more):%Y%m%d}"


def question(first: str, last: str) -> Dataset:
    """Everything about what is scheduled on these days."""
    keys = dataset_of(Item())
    for keyword in _MORE:
        setattr(keys, keyword, None)
    keys.SpecificCharacterSet = UTF_8
    step = keys[STEPS].value[0]
    step.ScheduledProcedureStepStartDate = f"{first}-{last}"
    step.ScheduledProcedureStepStatus = None
    return keys


async def fetch(
    remote: Remote,
    first: str,
    last: str,
    ended: Callable[[AssociationReport], None] | None = None,
) -> list[Dataset]:
    """Its items of these days. Raises `CopyFailed` unless all of them came; AssociationFailed."""
    found: list[Dataset] = []
    context = (MODALITY_WORKLIST, _SYNTAXES)
    async with associate(remote, [context], ended=ended) as association:
        inquiry = await association.ask(
            MODALITY_WORKLIST,
            Operation.C_FIND,
            {Element.AFFECTED_SOP_CLASS_UID: MODALITY_WORKLIST, Element.PRIORITY: _MEDIUM},
            question(first, last),
        )
        while (response := await inquiry.next()).pending:
            if len(found) == _MOST:
                raise CopyFailed(f"it has more than {_MOST} items: copy fewer days")
            try:
                found.append(response.dataset)
            except DatasetError as error:
                raise CopyFailed(f"one of its items cannot be read: {error}") from error
    if response.answer.status != statuses.SUCCESS:
        words = f"{statuses.words(response.answer.status)} {response.answer.comment}".strip()
        raise CopyFailed(f"it answered the C-FIND: {words}")
    return found
