"""WADO-RS: frames, large values, pictures, against rooms that really work."""

from __future__ import annotations

from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.web.dicomweb.conftest import Place

NATIVE = "application/octet-stream"


def address(one: pydicom.Dataset) -> str:
    return (
        f"/studies/{one.StudyInstanceUID}/series/{one.SeriesInstanceUID}"
        f"/instances/{one.SOPInstanceUID}"
    )


def parts(answer: httpx.Response) -> list[Any]:
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    return list(BytesParser().parsebytes(head + answer.content).get_payload())


async def kept(place: Place, name: str) -> pydicom.Dataset:
    path = get_testdata_file(name)
    await place.rooms.intake.import_file(Path(str(path)))
    await place.indexed()
    return pydicom.dcmread(str(path))


async def test_frames_that_are_stored_plain(place: Place) -> None:
    one = await kept(place, "CT_small.dcm")
    async with place.client() as client:
        answer = await client.get(f"{address(one)}/frames/1")
        [frame] = parts(answer)
        assert frame.get_payload(decode=True) == one.PixelData
        assert frame["Content-Type"] == f"{NATIVE}; transfer-syntax=1.2.840.10008.1.2.1"
        alone = await client.get(f"{address(one)}/frames/1", headers={"Accept": NATIVE})
        assert alone.content == one.PixelData
        assert (await client.get(f"{address(one)}/frames/2")).status_code == 404


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ('multipart/related; type="image/jp2"', "image/jp2"),
        ('multipart/related; type="application/octet-stream"; transfer-syntax=*', "image/jp2"),
        ('multipart/related; type="application/octet-stream"', NATIVE),
        ("*/*", NATIVE),
        ('multipart/related; type="image/jls"; q=1, image/jp2;q=0.5', "image/jp2"),
    ],
)
async def test_frames_that_are_stored_compressed(place: Place, accept: str, kind: str) -> None:
    one = await kept(place, "MR_small_jp2klossless.dcm")
    async with place.client(accept=accept) as client:
        answer = await client.get(f"{address(one)}/frames/1")
    assert answer.status_code == 200, answer.text
    content = answer.content if "multipart" not in answer.headers["Content-Type"] else None
    [raw] = [content] if content else [one.get_payload(decode=True) for one in parts(answer)]
    assert kind in answer.headers["Content-Type"]
    if kind == NATIVE:
        assert raw == one.pixel_array.tobytes()
    else:
        assert raw in one.PixelData


async def test_frames_in_a_form_that_cannot_be_had(place: Place) -> None:
    one = await kept(place, "MR_small_jp2klossless.dcm")
    async with place.client(accept='multipart/related; type="image/jls"') as client:
        answer = await client.get(f"{address(one)}/frames/1")
    assert answer.status_code == 406
    assert "image/jp2" in answer.json()["error"]


async def test_another_transfer_syntax(place: Place) -> None:
    one = await kept(place, "MR_small_jp2klossless.dcm")
    for accept in (
        "application/dicom",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
        "application/dicom; transfer-syntax=1.2.840.10008.1.2.5",
    ):
        async with place.client(accept=accept) as client:
            answer = await client.get(address(one))
        assert answer.status_code == 200, answer.text
        made = pydicom.dcmread(BytesIO(answer.content))
        wanted = accept.partition("syntax=")[2] or "1.2.840.10008.1.2.1"
        assert made.file_meta.TransferSyntaxUID == wanted
        assert (made.pixel_array == one.pixel_array).all()


async def test_pictures(place: Place) -> None:
    one = await kept(place, "CT_small.dcm")
    async with place.client(accept="image/png, image/jpeg;q=0.5") as client:
        answer = await client.get(f"{address(one)}/rendered?viewport=64,64&window=40,400,linear")
        assert (answer.headers["Content-Type"], answer.content[:4]) == ("image/png", b"\x89PNG")
        answer = await client.get(f"{address(one)}/frames/1/rendered")
        assert answer.status_code == 200
        answer = await client.get(f"/studies/{one.StudyInstanceUID}/thumbnail?accept=image/jpeg")
        assert (answer.headers["Content-Type"], answer.content[:2]) == ("image/jpeg", b"\xff\xd8")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("viewport=0,0", 400),
        ("viewport=99999,1", 400),
        ("window=1", 400),
        ("window=a,b", 400),
        ("window=40,0", 400),
        ("window=40,400,wavy", 400),
        ("quality=101", 400),
        ("accept=image/gif", 406),
    ],
)
async def test_pictures_that_make_no_sense(place: Place, query: str, status: int) -> None:
    one = await kept(place, "CT_small.dcm")
    async with place.client(accept="image/jpeg") as client:
        answer = await client.get(f"{address(one)}/rendered?{query}")
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True)


async def test_of_what_is_no_image_there_is_no_picture(place: Place) -> None:
    one = await kept(place, "reportsi.dcm")
    async with place.client(accept="image/jpeg") as client:
        answer = await client.get(f"{address(one)}/rendered")
        assert answer.status_code == 406
        answer = await client.get(f"/studies/{one.StudyInstanceUID}/rendered")
        assert answer.status_code == 406


async def test_bulk_data(place: Place) -> None:
    one = await kept(place, "CT_small.dcm")
    place_of = f"{address(one)}/bulkdata"
    async with place.client() as client:
        assert (await client.get(f"{place_of}/7FE00010")).content == one.PixelData
        assert (await client.get(f"{place_of}/00100010")).status_code == 404
        answer = await client.get(
            f"{place_of}/7FE00010", headers={"Accept": f'multipart/related; type="{NATIVE}"'}
        )
        assert parts(answer)[0].get_payload(decode=True) == one.PixelData
    packed = await kept(place, "MR_small_jp2klossless.dcm")
    accept = {"Accept": 'multipart/related; type="image/jp2"'}
    async with place.client() as client:
        answer = await client.get(f"{address(packed)}/bulkdata/7FE00010", headers=accept)
        assert parts(answer)[0]["Content-Type"].startswith("image/jp2")
