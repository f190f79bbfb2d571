import json
from typing import Any

import pytest

from appliance.errors import ApplianceError
from web.app import build_operator
from web.services.bundle import Services


async def test_the_fields_scripts_rely_on(ask: Any) -> None:
    status, (first, second) = await ask("GET", "/studies")
    assert status == 200
    assert first["patient_id"] == "P1"
    assert first["patient_name"] == "Doe^Jane"
    assert first["study_uid"] == "1.2.3"
    assert first["study_date"] == "2026-02-28"
    assert first["modalities"] == ["CT", "SR"]
    assert first["instances"] == 120
    assert (first["complete"], second["complete"]) == (True, False)


async def test_searching_and_limits(ask: Any) -> None:
    assert len((await ask("GET", "/studies?search=jane"))[1]) == 1
    assert len((await ask("GET", "/studies?limit=1"))[1]) == 1
    assert len((await ask("GET", "/studies?limit=0"))[1]) == 2
    assert (await ask("GET", "/studies?limit=x"))[0] == 400


async def test_sending(ask: Any, memory: Any) -> None:
    assert (await ask("POST", "/studies/1.2.3/send", {"node": "PACS"}))[0] == 404
    memory.nodes["PACS"] = None
    status, job = await ask("POST", "/studies/1.2.3/send", {"node": "PACS", "priority": 5})
    assert (status, job["id"], job["priority"], job["next_try"]) == (
        200,
        18,
        5,
        "2026-03-01T12:00:00+00:00",
    )
    assert (await ask("POST", "/studies/9/send", {"node": "PACS"}))[0] == 404


async def lines(services: Services, path: str) -> list[dict[str, Any]]:
    answer = await build_operator(services).test_client().post("/import", json={"path": path})
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in (await answer.get_data()).splitlines()]


async def test_an_import_reports_line_by_line(services: Services) -> None:
    reports = await lines(services, "/media/cd")
    assert [one["files"] for one in reports] == [1, 2, 2]
    assert reports[1]["current"] == "/media/cd/b.dcm"
    assert reports[2]["done"]


@pytest.mark.parametrize(
    ("failure", "told"),
    [(ApplianceError("the disk is full"), "the disk is full"), (OSError("x"), "its log says what")],
)
async def test_an_import_that_fails_says_so_in_its_last_line(
    services: Services, memory: Any, failure: Exception, told: str
) -> None:
    memory.failure = failure
    (last,) = await lines(services, "/media/cd")
    assert told in last["error"]


async def test_an_import_wants_an_absolute_path(ask: Any) -> None:
    assert (await ask("POST", "/import", {"path": "cd"}))[0] == 400
