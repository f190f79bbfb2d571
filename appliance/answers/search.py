"""What DICOMweb searches for, answered with what the index knows."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from pydicom.dataset import Dataset

from appliance.archive.finding import Hit, Level, searchable
from appliance.archive.finding import Search as Wanted
from appliance.archive.model import Instance, Series, Study
from appliance.archive.service import Archive
from web.dicomweb.services import Found, Question
from web.dicomweb.services import Level as LevelName

_LEVELS: dict[str, Level] = {
    "study": Level.STUDY,
    "series": Level.SERIES,
    "instance": Level.INSTANCE,
}


@dataclass(frozen=True)
class Search:
    """See `web.dicomweb.services.Search`."""

    archive: Archive

    def searchable(self, level: LevelName) -> Set[str]:
        return searchable(_LEVELS[level])

    async def find(self, question: Question) -> Found:
        wanted = Wanted(
            _LEVELS[question.level],
            question.conditions,
            question.fuzzy,
            question.limit,
            question.offset,
        )
        hits = await self.archive.search(wanted)
        return Found([dataset_of(hit) for hit in hits.found], hits.more)


def dataset_of(hit: Hit) -> Dataset:
    """All the index knows of a match and of what lies above it."""
    made = Dataset()
    _add_study(made, hit.study)
    if hit.series is not None:
        _add_series(made, hit.series)
    if hit.instance is not None:
        _add_instance(made, hit.instance)
        del made[0x00201209]  # how many its series has was not counted
    return made


def _add_study(made: Dataset, study: Study) -> None:
    person = study.patient
    made.SpecificCharacterSet = "ISO_IR 192"
    made.InstanceAvailability = "ONLINE"
    made.PatientName, made.PatientID = person.name, person.patient_id
    made.PatientBirthDate, made.PatientSex = person.birth_date, person.sex
    if person.issuer:
        made.IssuerOfPatientID = person.issuer
    made.StudyInstanceUID, made.StudyID = study.study_uid, study.study_id
    made.StudyDate, made.StudyTime = study.study_date, study.study_time
    made.AccessionNumber, made.StudyDescription = study.accession_number, study.description
    made.ReferringPhysicianName, made.InstitutionName = study.referring_physician, study.institution
    made.ModalitiesInStudy = list(study.modalities)
    made.NumberOfStudyRelatedSeries = study.series
    made.NumberOfStudyRelatedInstances = study.instances


def _add_series(made: Dataset, series: Series) -> None:
    made.SeriesInstanceUID, made.Modality = series.series_uid, series.modality
    made.SeriesNumber = series.number
    made.SeriesDate, made.SeriesTime = series.date, series.time
    made.SeriesDescription, made.BodyPartExamined = series.description, series.body_part
    made.StationName, made.Manufacturer = series.station, series.manufacturer
    made.NumberOfSeriesRelatedInstances = series.instances


def _add_instance(made: Dataset, instance: Instance) -> None:
    made.SOPClassUID, made.SOPInstanceUID = instance.sop_class_uid, instance.sop_instance_uid
    made.InstanceNumber = instance.number
    numbers = {
        "Rows": instance.rows,
        "Columns": instance.columns,
        "BitsStored": instance.bits,
        "NumberOfFrames": instance.frames,
    }
    for keyword, value in numbers.items():
        if value is not None:
            setattr(made, keyword, value)
    made.AvailableTransferSyntaxUID = instance.transfer_syntax_uid
