"""Items, and a worklist behind a listener for modalities to talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items

from appliance.database.door import Database
from appliance.dicom.dataset import encode
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.journal.model import Event
from appliance.journal.service import Journal
from appliance.network.inquiry import Response
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from appliance.worklist.attributes import STEPS, dataset_of
from appliance.worklist.copying import CopyFailed
from appliance.worklist.finding import MODALITY_WORKLIST
from appliance.worklist.items import Told
from appliance.worklist.model import Item, Settings
from appliance.worklist.performed import MPPS, MPPS_RETRIEVE
from appliance.worklist.service import Worklist
from tests.appliance.network.reception import receiving

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
JANE = Item(
    patient_name="Doe^Jane",
    patient_id="P1",
    accession_number="A1",
    study_instance_uid="1.2.3",
    requested_procedure_id="RP1",
    requested_procedure_description="CT head",
    station_ae_titles=("CT1", "CT2"),
    start_date="20261130",
    start_time="093000",
    modality="CT",
    step_id="S1",
    step_description="CT head",
)
YAMADA = replace(
    JANE,
    patient_name="Yamada^Tarou=山田^太郎=やまだ^たろう",
    patient_id="P2",
    accession_number="A2",
    study_instance_uid="1.2.4",
    station_ae_titles=("MR1",),
    modality="MR",
    start_date="20261201",
    start_time="140000",
    step_id="S2",
)


def told(item: Item) -> Told:
    return Told(item, encode(dataset_of(item), EXPLICIT_LITTLE_ENDIAN))


def keys(step: Mapping[str, Any] | None = None, **root: Any) -> Dataset:
    """A question with the usual return keys; `step` and `root` fill some of them."""
    asked, inner = Dataset(), Dataset()
    usual = dict.fromkeys(("PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID"))
    for keyword, value in {**usual, **root}.items():
        setattr(asked, keyword, value)
    usual = dict.fromkeys(("Modality", "ScheduledStationAETitle", "ScheduledProcedureStepID"))
    for keyword, value in {**usual, **(step or {})}.items():
        setattr(inner, keyword, value)
    setattr(asked, STEPS, Items([inner]))
    return asked


def begun(item: Item = JANE, **changes: Any) -> Dataset:
    """The attributes of an N-CREATE; None takes one away."""
    made, about = Dataset(), Dataset()
    about.StudyInstanceUID = item.study_instance_uid
    about.AccessionNumber = item.accession_number
    about.ScheduledProcedureStepID = item.step_id
    values = {
        "ScheduledStepAttributesSequence": Items([about]),
        "PatientName": item.patient_name,
        "PerformedProcedureStepID": "PPS1",
        "PerformedStationAETitle": "CT1",
        "PerformedProcedureStepStartDate": "20261130",
        "PerformedProcedureStepStartTime": "093500",
        "PerformedProcedureStepStatus": "IN PROGRESS",
        "Modality": "CT",
    }
    made.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in {**values, **changes}.items():
        if value is not None:
            setattr(made, keyword, value)
    return made


def ended(state: str = "COMPLETED", instances: Sequence[str] = ("1.2.3.1",)) -> Dataset:
    """The attributes of the last N-SET."""
    made, series = Dataset(), Dataset()
    series.SeriesInstanceUID = "1.2.3.9"
    references = []
    for uid in instances:
        one = Dataset()
        one.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
        one.ReferencedSOPInstanceUID = uid
        references.append(one)
    series.ReferencedImageSequence = Items(references)
    made.PerformedProcedureStepStatus = state
    made.PerformedProcedureStepEndDate = "20261130"
    made.PerformedProcedureStepEndTime = "100000"
    made.PerformedSeriesSequence = Items([series])
    return made


@dataclass
class Surroundings:
    """A worklist, and what is around it."""

    worklist: Worklist
    journal: Journal
    sources: dict[str, list[Dataset]] = field(default_factory=dict)  # a node's worklist
    stored: dict[str, frozenset[str]] = field(default_factory=dict)  # a study's instances
    now: datetime = NOON
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    async def events(self) -> list[Event]:
        return await self.journal.latest()

    async def fetch(self, node: str, first: str, last: str) -> list[Dataset]:
        self.asked.append((node, first, last))
        if node not in self.sources:
            raise CopyFailed("nothing listens there")
        return self.sources[node]

    async def arrived(self, study_uid: str) -> frozenset[str]:
        return self.stored.get(study_uid, frozenset())


def surroundings(database: Database, settings: Settings | None = None) -> Surroundings:
    journal = Journal(database)
    made = Surroundings(None, journal)  # type: ignore[arg-type]  # it is made below
    made.worklist = Worklist(
        database,
        journal,
        fetch=made.fetch,
        arrived=made.arrived,
        settings=settings,
        now=lambda: made.now,
    )
    return made


@asynccontextmanager
async def talking(
    around: Surroundings, syntax: str = EXPLICIT_LITTLE_ENDIAN
) -> AsyncIterator[OutgoingAssociation]:
    """An association of a modality with it."""
    contexts = [(one, (syntax,)) for one in (MODALITY_WORKLIST, MPPS, MPPS_RETRIEVE)]
    async with receiving(providers=around.worklist.providers) as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "CT1")
        async with associate(remote, contexts) as association:
            yield association


async def find(association: OutgoingAssociation, asked: Dataset) -> tuple[list[Dataset], Response]:
    """The answers, and the last one."""
    found = []
    inquiry = await association.ask(MODALITY_WORKLIST, Operation.C_FIND, {}, asked)
    while (response := await inquiry.next()).pending:
        found.append(response.dataset)
    return found, response


async def n_create(
    association: OutgoingAssociation, dataset: Dataset, uid: str = "1.2.9.1"
) -> Response:
    values = {Element.AFFECTED_SOP_CLASS_UID: MPPS}
    if uid:
        values[Element.AFFECTED_SOP_INSTANCE_UID] = uid
    return await association.ask_once(MPPS, Operation.N_CREATE, values, dataset)


async def n_set(
    association: OutgoingAssociation, dataset: Dataset, uid: str = "1.2.9.1"
) -> Response:
    values = {
        Element.REQUESTED_SOP_CLASS_UID: MPPS,
        Element.REQUESTED_SOP_INSTANCE_UID: uid,
    }
    return await association.ask_once(MPPS, Operation.N_SET, values, dataset)
