"""QIDO-RS against rooms that really work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.appliance.running import picture
from tests.web.dicomweb.conftest import Place

JANE = {
    "PatientID": "P1",
    "PatientName": "Doe^Jane",
    "StudyDate": "20260228",
    "StudyTime": "101500",
}
YAMADA = {
    "PatientID": "P2",
    "PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう",
    "StudyDate": "20250101",
    "SpecificCharacterSet": "ISO_IR 192",
    "Modality": "MR",
    "SeriesInstanceUID": "1.2.4.7",
}


@pytest.fixture
async def filled(place: Place, tmp_path: Path) -> Place:
    await place.keep(
        picture("1.2.3.1", **JANE),
        picture("1.2.3.2", **JANE, InstanceNumber=2),
        picture("1.2.3.3", **JANE, Modality="SR", SeriesInstanceUID="1.2.3.9"),
        picture("1.2.4.1", "1.2.4", **YAMADA),
        folder=tmp_path,
    )
    return place


def uids(answer: Any, tag: str = "0020000D") -> list[str]:
    return [one[tag]["Value"][0] for one in answer.json()] if answer.status_code == 200 else []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["1.2.3", "1.2.4"]),
        ("PatientID=P1", ["1.2.3"]),
        ("00100020=P2", ["1.2.4"]),
        ("PatientName=doe*", ["1.2.3"]),
        ("PatientName=Doe^Jane", ["1.2.3"]),
        ("PatientName=*%E5%B1%B1%E7%94%B0*", ["1.2.4"]),
        ("PatientName=Yamada^Tarou", ["1.2.4"]),
        ("PatientName=tar&fuzzymatching=true", ["1.2.4"]),
        ("PatientName=tar", []),
        ("StudyDate=20260101-", ["1.2.3"]),
        ("StudyDate=20240101-20251231", ["1.2.4"]),
        ("StudyTime=10", ["1.2.3"]),
        ("StudyInstanceUID=1.2.3,1.2.4", ["1.2.3", "1.2.4"]),
        ("StudyInstanceUID=1.2.3%5C1.2.4", ["1.2.3", "1.2.4"]),
        ("ModalitiesInStudy=MR", ["1.2.4"]),
        ("ModalitiesInStudy=S*", ["1.2.3"]),
        ("limit=1", ["1.2.3"]),
        ("limit=1&offset=1", ["1.2.4"]),
        ("PatientID=nobody", []),
    ],
)
async def test_studies(filled: Place, query: str, found: list[str]) -> None:
    async with filled.client() as client:
        answer = await client.get(f"/studies?{query}")
    assert answer.status_code == (200 if found else 204), answer.text
    assert uids(answer) == found


async def test_what_is_told_of_a_study(filled: Place) -> None:
    async with filled.client() as client:
        answer = await client.get("/studies?PatientID=P2&includefield=StudyDescription")
    assert answer.headers["Content-Type"] == "application/dicom+json"
    [one] = answer.json()
    assert one["00100010"] == {
        "vr": "PN",
        "Value": [
            {
                "Alphabetic": "Yamada^Tarou",
                "Ideographic": "山田^太郎",
                "Phonetic": "やまだ^たろう",
            }
        ],
    }
    assert one["00080061"] == {"vr": "CS", "Value": ["MR"]}
    assert one["00201206"]["Value"] == one["00201208"]["Value"] == [1]
    assert one["00081190"]["Value"] == ["https://arca/dicomweb/studies/1.2.4"]
    assert "00081030" in one
    assert "00080060" not in one


async def test_series_and_instances(filled: Place) -> None:
    async with filled.client() as client:
        series = await client.get("/studies/1.2.3/series")
        assert len(uids(series, "0020000E")) == 2
        [report] = (await client.get("/studies/1.2.3/series?Modality=SR")).json()
        assert report["00201209"]["Value"] == [1]
        assert report["00081190"]["Value"][0].endswith("/studies/1.2.3/series/1.2.3.9")
        assert "00100010" not in report
        everywhere = (await client.get("/series?PatientID=P2")).json()
        assert everywhere[0]["00100020"]["Value"] == ["P2"]
        held = await client.get("/studies/1.2.3/series/1.2.3.9/instances")
        assert uids(held, "00080018") == ["1.2.3.3"]
        assert len((await client.get("/studies/1.2.3/instances")).json()) == 3
        assert len((await client.get("/instances?includefield=all")).json()) == 4
        one = (await client.get("/instances?SOPInstanceUID=1.2.3.2")).json()[0]
        assert one["00200013"] == {"vr": "IS", "Value": [2]}


async def test_no_more_than_the_limit_and_a_warning(filled: Place) -> None:
    filled.web = replace(filled.web, limits=replace(filled.web.limits, most_matches=1))
    async with filled.client() as client:
        answer = await client.get("/studies")
        assert "narrow the search" in answer.headers["Warning"]
        assert uids(answer) == ["1.2.3"]
        answer = await client.get("/studies?limit=1")
        assert "narrow" in answer.headers["Warning"]


async def test_what_is_not_matched_is_said(filled: Place) -> None:
    async with filled.client() as client:
        answer = await client.get("/studies?PatientWeight=70")
        assert answer.headers["Warning"] == (
            '299 arca "These attributes were not matched: PatientWeight"'
        )


@pytest.mark.parametrize(
    "query",
    [
        "Nonsense=1",
        "limit=-1",
        "offset=x",
        "fuzzymatching=maybe",
        "StudyDate=yesterday",
        "StudyTime=noon",
        "StudyInstanceUID=../../etc",
        "includefield=Nonsense",
        "PatientID=1&00100020=2",
        f"PatientID={'x' * 2000}",
        "&".join(f"PatientID={n}" for n in range(300)),
    ],
)
async def test_what_makes_no_sense_is_refused_in_words(filled: Place, query: str) -> None:
    async with filled.client() as client:
        answer = await client.get(f"/studies?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_other_forms_are_refused(filled: Place) -> None:
    async with filled.client(accept='multipart/related; type="application/dicom+xml"') as client:
        answer = await client.get("/studies")
    assert answer.status_code == 406
    assert "application/dicom+json" in answer.json()["error"]
