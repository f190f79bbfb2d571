"""Between the tables' rows and the room's values."""

from __future__ import annotations

from typing import Any

from appliance.archive.model import Described, Instance, Patient, Series, Study
from appliance.archive.names import folded_groups, sounds
from appliance.archive.records import InstanceRow, PatientRow, SeriesRow, StudyRow
from appliance.dicom.text import folded

_SHORT, _LONG = 64, 255


def patient_of(row: PatientRow) -> Patient:
    return Patient(
        row.patient_id, row.issuer, row.name, row.birth_date, row.sex, bytes(row.name_raw)
    )


def study_of(row: StudyRow) -> Study:
    """Wants its person fetched with it."""
    return Study(
        study_uid=row.study_uid,
        patient=patient_of(row.person),
        study_date=row.study_date,
        study_time=row.study_time,
        accession_number=row.accession_number,
        study_id=row.study_id,
        description=row.description,
        referring_physician=row.referring_physician,
        institution=row.institution,
        modalities=tuple(modalities_of(row.modalities)),
        series=row.series,
        instances=row.instances,
        size=row.size,
        source=row.source,
        first_at=row.first_at,
        last_at=row.last_at,
        complete=row.complete,
        conflict=row.conflict,
    )


def series_of(row: SeriesRow, instances: int) -> Series:
    return Series(
        series_uid=row.series_uid,
        modality=row.modality,
        number=row.number,
        date=row.date,
        time=row.time,
        description=row.description,
        body_part=row.body_part,
        station=row.station,
        manufacturer=row.manufacturer,
        instances=instances,
    )


def instance_of(row: InstanceRow) -> Instance:
    """Wants its series fetched with it."""
    return Instance(
        sha256=row.sha256,
        sop_instance_uid=row.sop_instance_uid,
        sop_class_uid=row.sop_class_uid,
        transfer_syntax_uid=row.transfer_syntax_uid,
        size=row.size,
        series_uid=row.series.series_uid,
        sequence=row.sequence,
        number=row.number,
        rows=row.rows,
        columns=row.columns,
        frames=row.frames,
        bits=row.bits,
        stored_at=row.stored_at,
        readable=row.readable,
    )


def patient_columns(patient: Patient) -> dict[str, Any]:
    _, ideographic, phonetic = folded_groups(patient.name)
    return {
        "patient_id": patient.patient_id[:_SHORT],
        "issuer": patient.issuer[:_SHORT],
        "name": patient.name[:_LONG],
        "name_raw": patient.name_raw,
        "name_folded": folded(patient.name)[:_LONG],
        "ideographic_folded": ideographic[:_LONG],
        "phonetic_folded": phonetic[:_LONG],
        "sounds": sounds(patient.name)[:_LONG],
        "birth_date": patient.birth_date,
        "sex": patient.sex[:16],
    }


def study_row(study: Study, person: int) -> StudyRow:
    return StudyRow(
        study_uid=study.study_uid,
        person_id=person,
        study_date=study.study_date,
        study_time=study.study_time[:16],
        accession_number=study.accession_number[:_SHORT],
        study_id=study.study_id[:_SHORT],
        description=study.description[:_LONG],
        description_folded=folded(study.description)[:_LONG],
        referring_physician=study.referring_physician[:_LONG],
        referring_folded=folded(study.referring_physician)[:_LONG],
        institution=study.institution[:_LONG],
        modalities="",
        source=study.source[:_SHORT],
        first_at=study.first_at,
        last_at=study.last_at,
    )


def series_row(series: Series, study: int) -> SeriesRow:
    return SeriesRow(
        study_id=study,
        series_uid=series.series_uid,
        modality=series.modality[:16],
        number=series.number,
        date=series.date,
        time=series.time[:16],
        description=series.description[:_LONG],
        body_part=series.body_part[:_SHORT],
        station=series.station[:_SHORT],
        manufacturer=series.manufacturer[:_LONG],
    )


def instance_row(line: Described, series: int) -> InstanceRow:
    instance = line.instance
    return InstanceRow(
        series_id=series,
        sha256=instance.sha256,
        sop_instance_uid=instance.sop_instance_uid,
        sop_class_uid=instance.sop_class_uid[:_SHORT],
        transfer_syntax_uid=instance.transfer_syntax_uid[:_SHORT],
        size=instance.size,
        sequence=instance.sequence,
        number=instance.number,
        rows=instance.rows,
        columns=instance.columns,
        frames=instance.frames,
        bits=instance.bits,
        stored_at=instance.stored_at,
        readable=instance.readable,
    )


def modalities_of(column: str) -> list[str]:
    return [one for one in column.split("\\") if one]


def modalities_column(modalities: set[str]) -> str:
    """Between backslashes, so that one of them is found by a simple search."""
    return "".join(f"\\{one}" for one in sorted(modalities))[: _LONG - 1] + "\\"
