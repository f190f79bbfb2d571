"""WADO-RS: whole objects and metadata, against rooms that really work."""

from __future__ import annotations

import json
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest

from appliance.dicom.part10 import file_header
from tests.appliance.running import EXPLICIT, Picture, picture
from tests.web.dicomweb.conftest import Place

ONE = "/studies/1.2.3/series/1.2.3.7/instances/1.2.3.1"
NAMED = {"SeriesInstanceUID": "1.2.3.7", "PatientName": "Doe^Jane"}


def whole(one: Picture) -> bytes:
    return file_header(one.sop_class, one.instance, EXPLICIT) + one.content


def damage(path: Path) -> None:
    path.chmod(0o600)
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)


def parts(answer: httpx.Response) -> list[Any]:
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    return list(BytesParser().parsebytes(head + answer.content).get_payload())


@pytest.fixture
def pictures() -> list[Picture]:
    return [picture("1.2.3.1", **NAMED), picture("1.2.3.2", **NAMED, InstanceNumber=2)]


@pytest.fixture
async def filled(place: Place, pictures: list[Picture], tmp_path: Path) -> Place:
    await place.keep(*pictures, folder=tmp_path)
    return place


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        'multipart/related; type="application/dicom"',
        'multipart/related; type="application/dicom"; transfer-syntax=*',
        f'multipart/related; type="application/dicom"; transfer-syntax={EXPLICIT}',
        'text/html, multipart/related; type="application/dicom"; q=0.5',
    ],
)
async def test_a_study_comes_as_it_was_stored(
    filled: Place, pictures: list[Picture], accept: str
) -> None:
    async with filled.client(accept=accept) as client:
        answer = await client.get("/studies/1.2.3")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"])
    found = parts(answer)
    assert [one.get_payload(decode=True) for one in found] == [whole(one) for one in pictures]
    assert found[0]["Content-Type"] == f"application/dicom; transfer-syntax={EXPLICIT}"


async def test_one_object_alone(filled: Place, pictures: list[Picture]) -> None:
    async with filled.client(accept="application/dicom; transfer-syntax=*") as client:
        answer = await client.get(ONE)
        assert answer.content == whole(pictures[0])
        assert answer.headers["Content-Type"] == f"application/dicom; transfer-syntax={EXPLICIT}"
        tag = answer.headers["ETag"]
        again = await client.get(ONE, headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        head = await client.head(ONE)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(answer.content))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-5", -5, None)],
)
async def test_a_part_of_it(
    filled: Place, pictures: list[Picture], asked: str, start: int, stop: int | None
) -> None:
    async with filled.client(accept="application/dicom") as client:
        answer = await client.get(ONE, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, whole(pictures[0])[start:stop])
    assert answer.headers["Content-Range"].endswith(f"/{len(whole(pictures[0]))}")


async def test_ranges_that_are_none(filled: Place, pictures: list[Picture]) -> None:
    async with filled.client(accept="application/dicom") as client:
        answer = await client.get(ONE, headers={"Range": "bytes=99999999-"})
        assert answer.status_code == 416
        for asked in ("bytes=0-1,5-6", "lines=1-2", "bytes=-", "bytes=x-y"):
            answer = await client.get(ONE, headers={"Range": asked})
            assert (answer.status_code, answer.content) == (200, whole(pictures[0])), asked


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html", 406),
        ("application/dicom", 406),  # a study is no single object
        ('multipart/related; type="image/jpeg"', 406),
        ('multipart/related; type="application/dicom"; transfer-syntax=1.2.3.4', 406),
        ("nonsense", 400),
        ("*/*; q=2", 400),
        ("a/b," * 100, 400),
    ],
)
async def test_what_cannot_be_had_is_refused_in_words(
    filled: Place, accept: str, status: int
) -> None:
    async with filled.client(accept=accept) as client:
        answer = await client.get("/studies/1.2.3")
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


async def test_the_address_may_say_what_is_accepted(filled: Place) -> None:
    async with filled.client(accept="text/html") as client:
        answer = await client.get(ONE, params={"accept": "application/dicom"})
    assert answer.status_code == 200


async def test_what_is_not_kept(filled: Place) -> None:
    async with filled.client() as client:
        for path in ("/studies/9.9", "/studies/1.2.3/series/9", ONE[:-1] + "9"):
            for more in ("", "/metadata"):
                assert (await client.get(path + more)).status_code == 404


async def test_metadata_has_everything_but_the_pixels(
    filled: Place, pictures: list[Picture]
) -> None:
    async with filled.client() as client:
        answer = await client.get("/studies/1.2.3/metadata")
        assert answer.headers["Content-Type"] == "application/dicom+json"
        first, second = answer.json()
        assert first["7FE00010"] == {
            "vr": "OW",
            "BulkDataURI": f"https://arca/dicomweb{ONE}/bulkdata/7FE00010",
        }
        assert second["00080018"]["Value"] == ["1.2.3.2"]
        original = pydicom.dcmread(BytesIO(whole(pictures[0])))
        read = pydicom.Dataset.from_json(json.dumps(first), lambda *_: original.PixelData)
        del original[0xFFFCFFFC]  # padding behind the pixels (PS3.10 7.2)
        for element in original:
            assert read[element.tag].value == element.value, element
        [alone] = (await client.get(f"{ONE}/metadata")).json()
        assert alone == first
        pixels = await client.get(first["7FE00010"]["BulkDataURI"])
        assert pixels.content == original.PixelData
        assert pixels.headers["Content-Type"] == "application/octet-stream"
        part = await client.get(first["7FE00010"]["BulkDataURI"], headers={"Range": "bytes=2-5"})
        assert (part.status_code, part.content) == (206, original.PixelData[2:6])


async def test_of_two_contents_under_one_uid_the_first_is_given(
    filled: Place, pictures: list[Picture], tmp_path: Path
) -> None:
    await filled.keep(picture("1.2.3.1", **NAMED, InstanceNumber=9), folder=tmp_path)
    async with filled.client(accept="application/dicom") as client:
        assert (await client.get(ONE)).content == whole(pictures[0])
        assert (
            len((await client.get("/studies/1.2.3/metadata", headers={"Accept": "*/*"})).json())
            == 2
        )


async def test_a_damaged_object_does_not_end_as_if_it_were_whole(filled: Place) -> None:
    [one, *_] = await filled.web.retrieval.instances("1.2.3")
    entry = filled.rooms.volume.entry(one.sha256)
    assert entry is not None
    damage(Path(filled.rooms.volume.layout.absolute(entry.path)))
    async with filled.client(accept="application/dicom") as client:
        answer = await client.get(ONE)
    assert answer.status_code == 503
    assert "restore it from a copy" in answer.json()["error"]
