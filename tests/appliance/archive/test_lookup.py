"""Questions to the index."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from appliance.archive import lookup
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described, StudyFilter
from appliance.database.door import Database

Line = Callable[..., Described]


@pytest.fixture
async def filled(database: Database, line: Line) -> Database:
    lines = [
        line(1),
        line(2, SeriesInstanceUID="1.2.3.2", Modality="PT", SeriesNumber=2, SeriesDescription="B"),
        line(
            3,
            StudyInstanceUID="1.9",
            PatientID="4712",
            PatientName="Müller^Jörg",
            SpecificCharacterSet="ISO_IR 192",
            StudyDate="20230601",
            Modality="MR",
            AccessionNumber="ACC9",
            StudyDescription="Knie rechts",
        ),
    ]
    await database.run(Indexing().add, Batch("store", 3, lines))
    return database


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (StudyFilter(), ["1.2.3", "1.9"]),
        (StudyFilter(limit=1), ["1.2.3"]),
        (StudyFilter(limit=1, offset=1), ["1.9"]),
        (StudyFilter(study_uid="1.9"), ["1.9"]),
        (StudyFilter(patient="muller"), ["1.9"]),
        (StudyFilter(patient="MÜLLER JÖRG"), ["1.9"]),
        (StudyFilter(patient="4711"), ["1.2.3"]),
        (StudyFilter(patient="471"), ["1.2.3", "1.9"]),
        (StudyFilter(text="KNIE"), ["1.9"]),
        (StudyFilter(text="ACC9"), ["1.9"]),
        (StudyFilter(text="1.2.3"), ["1.2.3"]),
        (StudyFilter(text=".9"), ["1.9"]),
        (StudyFilter(date_from="20240101"), ["1.2.3"]),
        (StudyFilter(date_to="20231231"), ["1.9"]),
        (StudyFilter(date_from="20230601", date_to="20230601"), ["1.9"]),
        (StudyFilter(modality="PT"), ["1.2.3"]),
        (StudyFilter(modality="P"), []),
        (StudyFilter(complete=True), []),
        (StudyFilter(complete=False, text="doe"), ["1.2.3"]),
        (StudyFilter(text="100%_"), []),
    ],
)
async def test_studies_are_found(filled: Database, wanted: StudyFilter, found: list[str]) -> None:
    assert [study.study_uid for study in await filled.read(lookup.studies, wanted)] == found
    if wanted.limit > 1:
        assert await filled.read(lookup.count_studies, wanted) == len(found)


async def test_a_study_with_its_series(filled: Database) -> None:
    detail = await filled.read(lookup.study, "1.2.3")
    assert detail is not None
    described = {one.series_uid: (one.modality, one.instances) for one in detail.series}
    assert described == {"1.2.3.1": ("CT", 1), "1.2.3.2": ("PT", 1)}
    assert await filled.read(lookup.study, "9.9") is None


async def test_instances_in_the_order_they_came(filled: Database) -> None:
    found = await filled.read(lookup.instances, "1.2.3")
    assert [one.sequence for one in found] == [1, 2]
    assert found[0].sop_class_uid == "1.2.840.10008.5.1.4.1.1.2"
    assert [one.sequence for one in await filled.read(lookup.instances, "1.2.3", 1)] == [2]
    again = await filled.read(lookup.instances_by_digest, [found[1].sha256])
    assert again == [found[1]]


async def test_quiet_studies_oldest_first(filled: Database) -> None:
    oldest = await filled.read(lookup.oldest_open)
    assert oldest is not None
    later = oldest + timedelta(seconds=10)
    assert [study.study_uid for study, _ in await filled.read(lookup.quiet_since, later, 9)] == [
        "1.2.3",
        "1.9",
    ]
    assert [study.study_uid for study, _ in await filled.read(lookup.quiet_since, oldest, 9)] == [
        "1.2.3"
    ]


async def test_an_empty_index_has_nothing_open(database: Database) -> None:
    assert await database.read(lookup.oldest_open) is None
    assert await database.read(lookup.studies, StudyFilter()) == []
