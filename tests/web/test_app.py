import logging
from typing import Any

import pytest
from quart.testing.utils import sentinel
from quart_trio import QuartTrio

from appliance.errors import ApplianceError, BadRequest, NameTaken, PeerError, UnknownName
from web.app import build_operator, build_portal
from web.services.bundle import Services

OPEN = {"/", "/healthz", "/metrics", "/static/<path:filename>"}


def rules(app: QuartTrio) -> set[str]:
    return {str(rule) for rule in app.url_map.iter_rules()}


def test_the_portal_has_its_open_pages_and_nothing_else(services: Services) -> None:
    assert rules(build_portal(services)) == OPEN
    assert not rules(build_operator(services)) & OPEN


async def test_no_route_of_the_operator_answers_on_the_portal(services: Services) -> None:
    portal = build_portal(services).test_client()
    for rule in build_operator(services).url_map.iter_rules():
        address = str(rule).replace("<int:", "<").replace("<path:", "<")
        address = address.replace("<name>", "PACS").replace("<job>", "1")
        address = address.replace("<study_uid>", "1.2.3")
        for method in rule.methods or ():
            answer = await portal.open(address, method=method, json=sentinel)
            assert answer.status_code == 404, (method, address)


async def test_every_answer_is_not_to_be_kept(services: Services) -> None:
    for app in (build_portal(services), build_operator(services)):
        client = app.test_client()
        for rule in app.url_map.iter_rules():
            for method in ("GET", "POST", "DELETE"):
                answer = await client.open(str(rule), method=method, json=sentinel)
                assert answer.headers["Cache-Control"].startswith("no-"), (method, rule)
                assert "Server" not in answer.headers


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadRequest("no sense"), 400),
        (UnknownName("no such"), 404),
        (NameTaken("taken"), 409),
        (PeerError("they refuse"), 502),
        (ApplianceError("cannot now"), 409),
    ],
)
async def test_an_error_is_told_in_its_own_words(
    services: Services, memory: Any, error: ApplianceError, status: int
) -> None:
    memory.failure = error
    answer = await build_operator(services).test_client().get("/status")
    assert (answer.status_code, await answer.get_json()) == (status, {"error": str(error)})


@pytest.mark.parametrize(
    "error",
    [RuntimeError("Doe^Jane"), ExceptionGroup("several", [ValueError("Doe^Jane")])],
)
async def test_an_unexpected_error_is_logged_and_not_told(
    services: Services, memory: Any, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    memory.failure = error
    for app in (build_operator(services), build_portal(services)):
        address = "/" if app.config["DOOR"] == "portal" else "/status"
        answer = await app.test_client().get(address)
        assert answer.status_code == 500
        assert "Doe" not in await answer.get_data(as_text=True)
        assert "Traceback" not in await answer.get_data(as_text=True)
    failures = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert [one.exc_info is not None for one in failures] == [True, True]


async def test_an_error_out_of_a_nursery_is_told_as_well(services: Services, memory: Any) -> None:
    memory.failure = ExceptionGroup("nursery", [UnknownName("there is no node X")])
    answer = await build_operator(services).test_client().get("/status")
    assert (answer.status_code, await answer.get_json()) == (404, {"error": "there is no node X"})


async def test_what_is_not_there_and_what_may_not_be_done(services: Services) -> None:
    client = build_portal(services).test_client()
    answer = await client.get("/nodes")
    assert (answer.status_code, await answer.get_json()) == (404, {"error": "Not Found"})
    answer = await client.post("/healthz")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


async def test_a_body_has_a_limit(services: Services) -> None:
    client = build_operator(services).test_client()
    answer = await client.post("/nodes", data=b"{" + b" " * 70_000)
    assert answer.status_code == 413
