import json
from typing import Any

from web.app import build_operator
from web.services.bundle import Services

NODE = {"name": "PACS", "ae_title": "PACS", "host": "10.0.0.5", "port": 104}


async def test_asking(ask: Any) -> None:
    await ask("POST", "/nodes", NODE)
    status, (one,) = await ask("POST", "/nodes/PACS/query", {"patient_id": "P1"})
    assert (status, one["study_uid"], one["instances"], one["here"]) == (200, "1.2.3", 3, 1)
    assert await ask("POST", "/nodes/PACS/query", {"patient_id": "nobody"}) == (200, [])
    assert (await ask("POST", "/nodes/PACS/query", {"patient": "P1"}))[0] == 400
    assert (await ask("POST", "/nodes/X/query", {}))[0] == 404


async def test_bringing(services: Services) -> None:
    client = build_operator(services).test_client()
    await client.post("/nodes", json=NODE)
    answer = await client.post("/nodes/PACS/retrieve", json={"studies": ["1.2.3", "1.2.4"]})
    steps = [json.loads(line) for line in (await answer.get_data()).splitlines()]
    assert [one["state"] for one in steps] == ["", "partial", "", "complete"]
    assert steps[1]["missing"] == ["1.2.3.3"]
    bad = await client.post("/nodes/PACS/retrieve", json={"studies": ["1"], "method": "fly"})
    assert bad.status_code == 400
    lost = await client.post("/nodes/X/retrieve", json={"studies": ["1"]})
    assert "error" in json.loads(await lost.get_data())
