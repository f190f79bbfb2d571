"""C-FIND as a caller sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from appliance.query.model import PATIENT_ROOT, PATIENT_STUDY_ONLY, STUDY_ROOT
from tests.appliance.query.conftest import (
    PICTURES,
    Asker,
    fill,
    question,
    statuses_of,
    values_of,
)
from tests.appliance.running import configured, picture, serving

EVERY_STUDY = ["1.2.4", "1.2.3"]


@pytest.mark.parametrize(
    ("keys", "studies"),
    [
        ({}, EVERY_STUDY),
        ({"PatientID": "P1"}, ["1.2.3"]),
        ({"PatientID": "P?"}, EVERY_STUDY),
        ({"PatientName": "DOE*"}, ["1.2.3"]),
        ({"PatientName": "doe^jane"}, ["1.2.3"]),
        ({"PatientName": "jane"}, []),
        ({"PatientName": "*jane*"}, ["1.2.3"]),
        ({"StudyInstanceUID": ["1.2.3", "1.2.4", "9.9"]}, EVERY_STUDY),
        ({"AccessionNumber": "A2"}, ["1.2.4"]),
        ({"StudyDate": "20260101-20260301"}, ["1.2.4"]),
        ({"StudyDate": "-20260101"}, ["1.2.3"]),
        ({"StudyDate": "20260228", "StudyTime": "10-11"}, ["1.2.4"]),
        ({"StudyTime": "11-"}, []),
        ({"ModalitiesInStudy": "PT"}, ["1.2.3"]),
        ({"ModalitiesInStudy": ["MR", "C?"]}, EVERY_STUDY),
        ({"SOPClassesInStudy": "1.2.840.10008.5.1.4.1.1.2"}, EVERY_STUDY),
        ({"SOPClassesInStudy": "1.2.840.10008.5.1.4.1.1.4"}, []),
        ({"StudyDescription": "K*"}, ["1.2.4"]),
        ({"StudyDescription": "k*"}, []),
    ],
)
async def test_studies(asker: Asker, keys: dict[str, object], studies: list[str]) -> None:
    found = await asker.find(question("STUDY", **{"StudyInstanceUID": "", **keys}))
    assert values_of(found, "StudyInstanceUID") == studies
    assert statuses_of(found)[-1] == 0


async def test_what_is_counted(asker: Asker) -> None:
    asked = question(
        "STUDY",
        StudyInstanceUID="1.2.3",
        NumberOfStudyRelatedSeries="",
        NumberOfStudyRelatedInstances="",
        NumberOfPatientRelatedStudies="",
        ModalitiesInStudy="",
        SOPClassesInStudy="",
        InstanceAvailability="",
    )
    first, _ = await asker.find(asked)
    one = first.dataset
    assert (one.NumberOfStudyRelatedSeries, one.NumberOfStudyRelatedInstances) == (2, 3)
    assert one.NumberOfPatientRelatedStudies == 1
    assert list(one.ModalitiesInStudy) == ["CT", "PT"]
    assert one.SOPClassesInStudy == "1.2.840.10008.5.1.4.1.1.2"
    assert (one.InstanceAvailability, one.RetrieveAETitle) == ("ONLINE", "ARCA")
    assert one.QueryRetrieveLevel == "STUDY"
    assert first.answer.status == 0xFF00


async def test_patients_series_and_images(asker: Asker) -> None:
    found = await asker.find(question("PATIENT", PatientName="yam*", PatientID=""), PATIENT_ROOT)
    assert values_of(found, "PatientID") == ["P2"]
    asked = question("SERIES", StudyInstanceUID="1.2.3", Modality="PT", SeriesInstanceUID="")
    asked.NumberOfSeriesRelatedInstances = ""
    first, _ = await asker.find(asked)
    assert first.dataset.SeriesInstanceUID == "1.2.3.2"
    assert first.dataset.NumberOfSeriesRelatedInstances == 1
    asked = question("IMAGE", StudyInstanceUID="1.2.3", SeriesInstanceUID="1.2.3.1", Rows=None)
    asked.InstanceNumber = "2"
    first, _ = await asker.find(asked)
    assert (first.dataset.SOPInstanceUID, first.dataset.Rows) == ("1.2.3.1.2", 128)
    assert first.dataset.StudyInstanceUID == "1.2.3"


async def test_what_only_the_files_know(asker: Asker) -> None:
    keys = {"StudyInstanceUID": "1.2.3", "SeriesInstanceUID": "1.2.3.1", "SliceThickness": ""}
    found = await asker.find(question("IMAGE", **keys, KVP="120", ReferencedStudySequence=[]))
    assert values_of(found, "SliceThickness") == ["5.000000", "5.000000"]
    assert statuses_of(found) == [0xFF00, 0xFF00, 0]
    assert len(await asker.find(question("IMAGE", **keys, KVP="119"))) == 1
    item = Dataset()
    item.ReferencedSOPInstanceUID = "9.9"
    asked = question("SERIES", StudyInstanceUID="1.2.3", ReferencedStudySequence=[item])
    assert len(await asker.find(asked)) == 1


async def test_a_sequence_is_searched_and_returned(empty: Asker) -> None:
    item = Dataset()
    item.RequestedProcedureID = "RP7"
    item.ScheduledProcedureStepID = "S1"
    keys = {"RequestAttributesSequence": [item], "SeriesInstanceUID": "1.2.5.1"}
    await fill(empty, [picture("1.2.5.1.1", "1.2.5", **keys)])
    wanted = Dataset()
    wanted.RequestedProcedureID = "RP?"
    asked = question("SERIES", StudyInstanceUID="1.2.5", RequestAttributesSequence=[wanted])
    # Behind the image's own attributes of group 0028 is where the standard puts it.
    first, _ = await empty.find(asked)
    (answered,) = first.dataset.RequestAttributesSequence
    assert answered.RequestedProcedureID == "RP7"
    assert "ScheduledProcedureStepID" not in answered
    wanted.RequestedProcedureID = "RQ?"
    assert len(await empty.find(asked)) == 1


async def test_keys_beyond_the_index_are_said_to_be_ignored(asker: Asker) -> None:
    found = await asker.find(question("STUDY", PatientComments="x", PatientID="P1"))
    assert statuses_of(found) == [0xFF01, 0]
    assert found[0].dataset.PatientComments == ""


async def test_missing_unique_keys_above_are_refused_unless_relational(asker: Asker) -> None:
    asked = question("SERIES", Modality="PT", SeriesInstanceUID="")
    (only,) = await asker.find(asked)
    assert only.answer.status == 0xA900
    assert "(0020,000D)" in only.answer.comment
    assert only.answer.offending_element == (0x0020000D,)
    found = await asker.find(asked, wish=b"\1")
    assert values_of(found, "SeriesInstanceUID") == ["1.2.3.2"]
    (only,) = await asker.find(question("STUDY"), PATIENT_ROOT)
    assert only.answer.status == 0xA900


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (question("PATIENT"), "none of STUDY"),
        (question("", PatientID=""), "no level"),
        (question("STUDY", StudyDate="yesterday"), "yesterday"),
        (question("STUDY", PatientID=[f"P{n}" for n in range(101)]), "more than 100"),
    ],
)
async def test_questions_that_make_no_sense(asker: Asker, asked: Dataset, words: str) -> None:
    (only,) = await asker.find(asked)
    assert only.answer.status == 0xA900
    assert words in only.answer.comment


async def test_dates_and_times_together_only_when_negotiated(asker: Asker) -> None:
    asked = question("STUDY", StudyDate="20260227-20260228", StudyTime="1200-1100")
    asked.StudyInstanceUID = ""
    assert values_of(await asker.find(asked, wish=b"\0\1"), "StudyInstanceUID") == ["1.2.4"]
    assert len(await asker.find(asked)) == 1


async def test_names_by_their_sound_only_when_negotiated(asker: Asker) -> None:
    asked = question("STUDY", PatientName="Jayne^Dow")
    assert len(await asker.find(asked)) == 1
    found = await asker.find(asked, wish=b"\0\0\1")
    assert values_of(found, "PatientName") == ["Doe^Jane"]


async def test_what_was_negotiated_is_told(asker: Asker) -> None:
    from appliance.dicom.items import ExtendedNegotiation

    wish = [ExtendedNegotiation(STUDY_ROOT.find, b"\1\1\1\1\1\1")]
    async with asker._association(STUDY_ROOT.find, extended=wish) as association:
        assert association.negotiated(STUDY_ROOT.find) == b"\1\1\1\0\0\1"


async def test_patient_study_only(asker: Asker) -> None:
    found = await asker.find(question("PATIENT", PatientID=""), PATIENT_STUDY_ONLY)
    assert sorted(values_of(found, "PatientID")) == ["P1", "P2"]
    (only,) = await asker.find(question("SERIES", PatientID="P1"), PATIENT_STUDY_ONLY)
    assert only.answer.status == 0xA900


async def test_a_cancel_ends_it(asker: Asker) -> None:
    more = [picture(f"1.7.{n}", f"1.7.{n}.1", PatientID=f"M{n}") for n in range(60)]
    await fill(asker, more)
    found = await asker.find(question("STUDY", StudyInstanceUID=""), cancel_after=1)
    assert statuses_of(found)[-1] in (0xFE00, 0)  # it may have been quicker than the cancel


async def test_too_many_answers_are_cut_with_words(tmp_path: Path, empty_database: Path) -> None:
    config = configured(tmp_path, empty_database, query={"most_answers": 1})
    async with serving(config) as port:
        asker = Asker(config, port)
        await asker.introduced()
        await fill(asker, PICTURES)
        found = await asker.find(question("STUDY", StudyInstanceUID=""))
    assert statuses_of(found) == [0xFF00, 0xA700]
    assert "more than 1 matches" in found[-1].answer.comment
