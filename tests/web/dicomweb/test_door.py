"""Who comes in, and how everything ends in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.web.dicomweb.conftest import Place


async def test_nobody_comes_in_without_a_token(place: Place) -> None:
    for path in ("", "/", "/studies", "/studies/1.2.3", "/nonsense"):
        for method in ("GET", "HEAD", "POST", "OPTIONS", "DELETE"):
            async with place.client(token="") as client:
                answer = await client.request(method, path)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("given", ["Basic dTpw", "Bearer", "Bearer ", "Bearer  x y", "bearer"])
async def test_other_ways_to_identify_are_refused(place: Place, given: str) -> None:
    async with place.client(token="", authorization=given) as client:
        assert (await client.get("/studies")).status_code == 401


async def test_a_right_that_lacks(place: Place) -> None:
    _, secret = await place.rooms.access.add("modest", ["store"], None)
    async with place.client(secret) as client:
        answer = await client.get("/studies")
        assert answer.status_code == 403
        assert answer.json()["error"] == "the token modest may not search; it may store"
        assert (await client.get("/studies/1.2.3")).status_code == 403
    _, secret = await place.rooms.access.add("reader", ["search"], None)
    async with place.client(secret) as client:
        assert (await client.post("/studies", content=b"x")).status_code == 403


async def test_guessing_is_slowed_down(place: Place) -> None:
    async with place.client("wrong") as client:
        answers = [(await client.get("/studies")).status_code for _ in range(8)]
        assert answers == [401] * 6 + [429] * 2
        answer = await client.get("/studies")
        assert int(answer.headers["Retry-After"]) >= 1
    events = await place.rooms.journal.latest(kind="access.denied")
    assert len(events) == 1


async def test_what_is_there_and_what_is_not(place: Place) -> None:
    async with place.client() as client:
        assert (await client.get("/nonsense")).status_code == 404
        answer = await client.put("/studies", content=b"")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, POST, OPTIONS")
        answer = await client.post("/studies/1.2/metadata", content=b"")
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
        assert (await client.get("https://arca/elsewhere")).status_code == 418


@pytest.mark.parametrize(
    "path",
    [
        "/studies/..%2f..%2fetc%2fpasswd",
        "/studies/%2e%2e/metadata",
        "/studies/1.2.3/series/*",
        "/studies/" + "1" * 65,
        "/studies/1.2.3'%20or%201=1",
        "/studies/1.2%00",
        "/studies/1.2/series/1.2/instances/1.2/frames/0",
        "/studies/1.2/series/1.2/instances/1.2/frames/1,,2",
        "/studies/1.2/series/1.2/instances/1.2/bulkdata/..",
    ],
)
async def test_what_is_no_uid_leads_nowhere(place: Place, path: str) -> None:
    async with place.client() as client:
        answer = await client.get(f"https://arca/dicomweb{path}")
    assert answer.status_code in (400, 404), answer.text
    assert answer.json()["error"]


async def test_every_answer_is_not_to_be_kept(place: Place) -> None:
    async with place.client() as client:
        for path in ("/", "/studies", "/nonsense"):
            assert (await client.get(path)).headers["Cache-Control"] == "no-store"


async def test_capabilities(place: Place) -> None:
    async with place.client() as client:
        for answer in (await client.options("/"), await client.get("/")):
            assert answer.status_code == 200
            assert answer.headers["Content-Type"] == "application/vnd.sun.wadl+xml"
            assert "SearchForStudies" in answer.text
        assert (await client.get("/", headers={"Accept": "text/html"})).status_code == 406


async def test_no_other_origin_unless_it_is_named(place: Place) -> None:
    asked = {"Origin": "https://viewer.example", "Access-Control-Request-Method": "GET"}
    async with place.client(token="") as client:
        answer = await client.options("/studies", headers=asked)
        assert "Access-Control-Allow-Origin" not in answer.headers
    place.web = replace(place.web, origins=frozenset({"https://viewer.example"}))
    async with place.client(token="") as client:
        answer = await client.options("/studies", headers=asked)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://viewer.example"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
        other = await client.options(
            "/studies", headers={**asked, "Origin": "https://evil.example"}
        )
        assert "Access-Control-Allow-Origin" not in other.headers
    async with place.client(origin="https://viewer.example") as client:
        answer = await client.get("/studies")
        assert answer.headers["Access-Control-Allow-Origin"] == "https://viewer.example"
        assert answer.headers["Vary"] == "Origin"


async def test_uses_are_in_the_journal(place: Place) -> None:
    async with place.client() as client:
        await client.get("/studies")
    [event] = await place.rooms.journal.latest(kind="access.used")
    assert event.details == {"token": "viewer", "host": "127.0.0.1"}
