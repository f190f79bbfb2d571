"""From a stored object's header to what the index keeps of it."""

from __future__ import annotations

from appliance.archive.model import (
    Described,
    IndexedInstance,
    Instance,
    Patient,
    Series,
    Study,
    date_of,
)
from appliance.dicom.attributes import Attributes
from appliance.dicom.header import PATIENT_NAME, SERIES_INSTANCE_UID, Header
from appliance.dicom.uids import stand_in, well_formed

_MOST_NUMBER = 2**31 - 1  # what an INTEGER column holds

# PS3.5 §6.2, VR LO; who sends more is known by the beginning.
_LONGEST_ID = 64


def describe(indexed: IndexedInstance) -> Described:
    """Everything the index keeps; of an unreadable object only what the ledger says."""
    known = indexed.attributes
    attributes = known if isinstance(known, Attributes) else Attributes(Header({}))
    patient = _patient(attributes)
    series = _series(indexed, attributes)
    instance = _instance(indexed, attributes, series.series_uid)
    return Described(patient, _study(indexed, attributes, patient), series, instance)


def _patient(attributes: Attributes) -> Patient:
    text = attributes.text
    return Patient(
        patient_id=text(0x00100020)[:_LONGEST_ID],
        issuer=text(0x00100021)[:_LONGEST_ID],
        name=text(PATIENT_NAME),
        birth_date=date_of(text(0x00100030)),
        sex=text(0x00100040).upper(),
        name_raw=attributes.raw(PATIENT_NAME),
    )


def _study(indexed: IndexedInstance, attributes: Attributes, patient: Patient) -> Study:
    text = attributes.text
    return Study(
        study_uid=indexed.study_uid,
        patient=patient,
        study_date=date_of(text(0x00080020)),
        study_time=text(0x00080030),
        accession_number=text(0x00080050),
        study_id=text(0x00200010),
        description=text(0x00081030),
        referring_physician=text(0x00080090),
        institution=text(0x00080080),
        source=indexed.source,
        first_at=indexed.stored_at,
        last_at=indexed.stored_at,
    )


def _series(indexed: IndexedInstance, attributes: Attributes) -> Series:
    text = attributes.text
    return Series(
        series_uid=_series_uid(indexed.study_uid, text(SERIES_INSTANCE_UID)),
        modality=text(0x00080060),
        number=_number(attributes, 0x00200011),
        date=date_of(text(0x00080021)),
        time=text(0x00080031),
        description=text(0x0008103E),
        body_part=text(0x00180015),
        station=text(0x00081010),
        manufacturer=text(0x00080070),
    )


def _series_uid(study_uid: str, series_uid: str) -> str:
    return series_uid if well_formed(series_uid) else stand_in(f"{study_uid}/{series_uid}")


def _instance(indexed: IndexedInstance, attributes: Attributes, series_uid: str) -> Instance:
    return Instance(
        sha256=indexed.sha256,
        sop_instance_uid=indexed.sop_instance_uid,
        sop_class_uid=indexed.sop_class_uid,
        transfer_syntax_uid=indexed.transfer_syntax_uid,
        size=indexed.size,
        series_uid=series_uid,
        sequence=indexed.entry.sequence,
        number=_number(attributes, 0x00200013),
        rows=_number(attributes, 0x00280010),
        columns=_number(attributes, 0x00280011),
        frames=_number(attributes, 0x00280008),
        bits=_number(attributes, 0x00280101),
        stored_at=indexed.stored_at,
        readable=indexed.readable,
    )


def _number(attributes: Attributes, tag: int) -> int | None:
    number = attributes.number(tag)
    return number if number is not None and abs(number) <= _MOST_NUMBER else None
