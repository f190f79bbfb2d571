"""STOW-RS against rooms that really work."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest

from appliance.dicom.part10 import file_header
from tests.appliance.running import EXPLICIT, Picture, picture
from tests.web.dicomweb.conftest import Place

KIND = 'multipart/related; type="application/dicom"; boundary=B'


def whole(one: Picture) -> bytes:
    return file_header(one.sop_class, one.instance, EXPLICIT) + one.content


def body(*contents: bytes, end: bytes = b"\r\n--B--\r\n") -> bytes:
    head = b"\r\n--B\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + one for one in contents) + end


class Pieces(httpx.AsyncByteStream):
    """A body that is no generator: nobody has to read it to its end."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = iter(pieces)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            return piece
        raise StopAsyncIteration


async def sent(
    place: Place, raw: bytes, path: str = "/studies", kind: str = KIND
) -> httpx.Response:
    async with place.client() as client:
        request = client.build_request("POST", path, headers={"Content-Type": kind})
        request.stream = Pieces([raw])
        return await client.send(request)


def listed(answer: httpx.Response, tag: str, inside: str) -> list[Any]:
    items = answer.json().get(tag, {"Value": []})["Value"]
    return [one[inside]["Value"][0] for one in items]


async def test_objects_are_kept_as_they_came(place: Place) -> None:
    pictures = [picture("1.2.3.1"), picture("1.2.3.2")]
    answer = await sent(place, body(*map(whole, pictures)))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/dicom+json"
    assert listed(answer, "00081199", "00081155") == ["1.2.3.1", "1.2.3.2"]
    for one in pictures:
        [entry] = place.rooms.volume.find(one.instance)
        with place.rooms.volume.open(entry.sha256) as reader:
            assert b"".join(reader.chunks(content_only=True)) == one.content
        assert entry.notes["via"] == "dicomweb"
        assert entry.notes["source"] == "viewer"
    await place.indexed()
    async with place.client(accept="application/dicom") as client:
        for address in listed(answer, "00081199", "00081190"):
            assert (await client.get(address)).status_code == 200
    [event, *_] = await place.rooms.journal.latest(kind="access.used")
    assert (event.text, event.subject) == ("viewer used DICOMweb: retrieve", "1.2.3")


async def test_to_a_study(place: Place) -> None:
    raw = body(whole(picture("1.2.3.1")), whole(picture("1.9.1", "1.9")))
    answer = await sent(place, raw, "/studies/1.2.3")
    assert answer.status_code == 202
    assert answer.json()["00081190"]["Value"] == ["https://arca/dicomweb/studies/1.2.3"]
    assert listed(answer, "00081199", "00081155") == ["1.2.3.1"]
    assert listed(answer, "00081198", "00081197") == [0xA901]
    assert not place.rooms.volume.find("1.9.1")


async def test_the_same_again_is_success(place: Place) -> None:
    raw = body(whole(picture("1.2.3.1")))
    for _ in range(2):
        assert (await sent(place, raw)).status_code == 200
    assert len(place.rooms.volume.find("1.2.3.1")) == 1


async def test_other_content_under_the_same_uid_is_kept_with_a_warning(place: Place) -> None:
    await sent(place, body(whole(picture("1.2.3.1"))))
    answer = await sent(place, body(whole(picture("1.2.3.1", PatientName="Other"))))
    assert answer.status_code == 202
    assert listed(answer, "00081199", "00081196") == [0xB000]
    assert "both are kept" in answer.headers["Warning"]
    assert len(place.rooms.volume.find("1.2.3.1")) == 2


async def test_parts_that_are_no_objects(place: Place) -> None:
    good = whole(picture("1.2.3.1"))
    liar = picture("1.2.3.2")
    contents = [b"", b"no DICOM at all" * 20, good[:140], whole(replace(liar, instance="1.2.3.9"))]
    answer = await sent(place, body(*contents))
    assert answer.status_code == 409
    assert listed(answer, "00081198", "00081197") == [0xC000, 0xC000, 0xC000, 0xA900]
    answer = await sent(place, body(good, b"rubbish"))
    assert answer.status_code == 202


async def test_deflated_bombs_and_bad_headers_are_refused(place: Place) -> None:
    import zlib

    syntax = "1.2.840.10008.1.2.1.99"
    bomb = zlib.compressobj(wbits=-15)
    content = bomb.compress(b"\x09\x00\x10\x00UN\0\0\0\0\0\x7f" + bytes(64 << 20)) + bomb.flush()
    raw = file_header("1.2.840.10008.5.1.4.1.1.2", "1.2.3.1", syntax) + content
    answer = await sent(place, body(raw))
    assert answer.status_code == 409
    assert listed(answer, "00081198", "00081197") == [0xC000]


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        (b"", KIND, 400),
        (b"no boundary at all", KIND, 400),
        (b"\r\n--B--\r\n", KIND, 400),
        (body(b"x", end=b""), KIND, 400),
        (b"\r\n--B\r\nContent-Type: multipart/mixed; boundary=C\r\n\r\n\r\n--B--", KIND, 400),
        (b"\r\n--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--", KIND, 415),
        (
            b"\r\n--B\r\nContent-Type: application/dicom\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\nx\r\n--B--",
            KIND,
            415,
        ),
        (b"\r\n--B\r\nContent-Type application/dicom\r\n\r\nx\r\n--B--", KIND, 400),
        (b"\r\n--B\r\nX: a\rY: b\r\n\r\nx\r\n--B--", KIND, 400),
        (b"\r\n--B\r\n" + b"X: y\r\n" * 9000 + b"\r\nx\r\n--B--", KIND, 400),
        (b"x" * 100_000, KIND, 400),
        (body(b"x"), "application/dicom", 415),
        (body(b"x"), "text/html", 415),
        (body(b"x"), 'multipart/related; type="application/dicom+json"; boundary=B', 415),
        (body(b"x"), 'multipart/related; type="application/dicom"', 400),
        (body(b"x"), 'multipart/related; boundary="' + "b" * 201 + '"', 400),
    ],
)
async def test_bodies_that_are_refused_in_words(
    place: Place, raw: bytes, kind: str, status: int
) -> None:
    answer = await sent(place, raw, kind=kind)
    assert (answer.status_code, bool(answer.json()["error"])) == (status, True), answer.text
    assert place.rooms.volume.last() == 1  # its first line, and nothing else


async def test_limits(place: Place) -> None:
    one = whole(picture("1.2.3.1"))
    place.web = replace(place.web, limits=replace(place.web.limits, largest_object=1000))
    answer = await sent(place, body(b"\0" * 70_000))
    assert answer.status_code == 413
    place.web = replace(
        place.web, limits=replace(place.web.limits, largest_object=1 << 20, most_parts=1)
    )
    answer = await sent(place, body(one, one))
    assert answer.status_code == 413
    assert answer.json()["error"].endswith("1 objects before that are kept")


async def test_a_body_that_is_cut_leaves_nothing_half(place: Place) -> None:
    first, second = whole(picture("1.2.3.1")), whole(picture("1.2.3.2"))
    raw = body(first, second)
    answer = await sent(place, raw[: len(raw) - 5000])
    assert answer.status_code == 400
    assert "1 objects before that are kept" in answer.json()["error"]
    assert len(place.rooms.volume.find("1.2.3.1")) == 1
    assert not place.rooms.volume.find("1.2.3.2")


async def test_many_conflicts_over_one_connection(place: Place) -> None:
    contents = [whole(picture("1.2.3.1", InstanceNumber=number)) for number in range(50)]
    answer = await sent(place, body(*contents))
    assert answer.status_code == 202
    assert len(place.rooms.volume.find("1.2.3.1")) == 50
