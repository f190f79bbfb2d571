from typing import Any

ITEM = {
    "at": "2026-11-30 09:30",
    "fields": {"modality": "CT", "patient_id": "P1"},
    "station_ae_titles": ["CT1"],
}


async def test_items(ask: Any) -> None:
    status, made = await ask("POST", "/worklist", ITEM)
    assert (status, made["id"], made["station_ae_titles"]) == (201, 1, ["CT1"])
    assert (await ask("GET", "/worklist?search=p1&limit=5"))[1] == [made]
    assert (await ask("GET", "/worklist?search=nobody&all=1"))[1] == []
    assert (await ask("GET", "/worklist/1"))[1]["00100020"]["Value"] == ["P1"]
    assert await ask("DELETE", "/worklist/1") == (200, {"removed": 1})
    assert (await ask("DELETE", "/worklist/1"))[0] == 404
    assert (await ask("POST", "/worklist", ITEM | {"fields": {}}))[0] == 400
    assert (await ask("POST", "/worklist", ITEM | {"fields": {"modality": 7}}))[0] == 400
    assert (await ask("POST", "/worklist", ITEM | {"fields": "CT"}))[0] == 400


async def test_files_and_what_was_performed(ask: Any) -> None:
    status, taken = await ask("POST", "/worklist/import", {"path": "/files"})
    assert (status, taken["added"], taken["problems"]) == (200, 1, [])
    assert (await ask("POST", "/worklist/import", {"path": "files"}))[0] == 400
    _, (one,) = await ask("GET", "/worklist/performed?limit=9")
    assert (one["uid"], one["scheduled"]) == ("1.2.9", True)


async def test_copies(ask: Any, memory: Any) -> None:
    assert (await ask("POST", "/worklist/copies", {"node": "ris"}))[0] == 404
    memory.nodes["ris"] = None
    assert (await ask("POST", "/worklist/copies", {"node": "ris"}))[1]["removed"] == 2
    _, made = await ask("POST", "/worklist/copies", {"node": "ris", "every_seconds": 60})
    assert await ask("GET", "/worklist/copies") == (200, [made])
    assert await ask("DELETE", "/worklist/copies/ris") == (200, {"removed": "ris"})
    assert (await ask("DELETE", "/worklist/copies/ris"))[0] == 404
