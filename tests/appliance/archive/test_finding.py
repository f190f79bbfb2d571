"""Searches by attributes, on rows as the follower writes them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from appliance.archive import finding
from appliance.archive.finding import Level, Search, searchable
from appliance.archive.indexing import Batch, Indexing
from appliance.archive.model import Described
from appliance.database.door import Database

Line = Callable[..., Described]


@pytest.fixture
async def filled(database: Database, line: Line) -> Database:
    other = {"StudyInstanceUID": "1.9", "PatientID": "47*12", "PatientName": "Müller^Jörg"}
    lines = [
        line(1),
        line(2, SeriesInstanceUID="1.2.3.2", Modality="PT", SeriesNumber=2),
        line(
            3, **other, SpecificCharacterSet="ISO_IR 192", StudyDate="20230601", SeriesTime="0930"
        ),
    ]
    await database.run(Indexing().add, Batch("store", 3, lines))
    return database


@pytest.mark.parametrize(
    ("level", "conditions", "found"),
    [
        (Level.STUDY, {}, ["1.2.3", "1.9"]),
        (Level.STUDY, {"PatientName": "muller*"}, ["1.9"]),
        (Level.STUDY, {"PatientID": "47*"}, ["1.2.3", "1.9"]),
        (Level.STUDY, {"PatientID": "47*12"}, ["1.9"]),
        (Level.STUDY, {"PatientID": "*", "StudyDate": ""}, ["1.2.3", "1.9"]),
        (Level.STUDY, {"StudyDate": "20240101-20240201"}, ["1.2.3"]),
        (Level.STUDY, {"StudyTime": "1015"}, ["1.2.3", "1.9"]),
        (Level.STUDY, {"StudyTime": "1016-"}, []),
        (Level.STUDY, {"StudyTime": "-1015"}, ["1.2.3", "1.9"]),
        (Level.STUDY, {"ModalitiesInStudy": "PT"}, ["1.2.3"]),
        (Level.SERIES, {"StudyInstanceUID": "1.2.3"}, ["1.2.3.1", "1.2.3.2"]),
        (Level.SERIES, {"Modality": "P?"}, ["1.2.3.2"]),
        (Level.SERIES, {"SeriesNumber": "2", "PatientName": "doe*"}, ["1.2.3.2"]),
        (Level.INSTANCE, {"SeriesInstanceUID": "1.2.3.2"}, ["1.2.3.2"]),
        (Level.INSTANCE, {"InstanceNumber": "3", "Rows": "512"}, ["1.2.3.3"]),
        (Level.INSTANCE, {"StudyDescription": "*ead", "SOPInstanceUID": "1.2.3.1"}, ["1.2.3.1"]),
    ],
)
async def test_searches(
    filled: Database, level: Level, conditions: dict[str, str], found: list[str]
) -> None:
    hits = await filled.read(finding.search, Search(level, conditions))
    names = {
        Level.STUDY: lambda hit: hit.study.study_uid,
        Level.SERIES: lambda hit: hit.series.series_uid,
        Level.INSTANCE: lambda hit: hit.instance.sop_instance_uid,
    }
    assert sorted(map(names[level], hits.found)) == found
    assert not hits.more


@pytest.mark.parametrize("conditions", [{}, {"PatientID": "4*"}])
async def test_pages(filled: Database, conditions: dict[str, str]) -> None:
    first = await filled.read(finding.search, Search(Level.STUDY, conditions, limit=1))
    assert ([hit.study.study_uid for hit in first.found], first.more) == (["1.2.3"], True)
    then = await filled.read(finding.search, Search(Level.STUDY, conditions, limit=1, offset=1))
    assert ([hit.study.study_uid for hit in then.found], then.more) == (["1.9"], False)


async def test_a_series_says_how_much_it_holds(filled: Database) -> None:
    hits = await filled.read(finding.search, Search(Level.SERIES, {"Modality": "PT"}))
    [hit] = hits.found
    assert hit.series is not None
    assert hit.series.instances == 1


def test_each_level_knows_what_is_above() -> None:
    assert searchable(Level.STUDY) < searchable(Level.SERIES) < searchable(Level.INSTANCE)
