from typing import Any


async def test_status(ask: Any) -> None:
    status, answer = await ask("GET", "/status")
    assert (status, answer["well"], answer["status"]["ae_title"]) == (200, True, "ARCA")
    assert answer["status"]["started"] == "2026-03-01T12:00:00+00:00"
    assert answer["status"]["levels"][1] == {
        "name": "receive",
        "promised": 3.0,
        "average": 0.0123,
        "count": 1234,
        "kept": True,
    }


async def test_events(ask: Any) -> None:
    assert len((await ask("GET", "/events"))[1]) == 3
    assert (await ask("GET", "/events?limit=1"))[1] == [
        {
            "at": "2026-03-01T12:00:00+00:00",
            "kind": "conflict",
            "severity": "alarm",
            "text": "object 0 differs",
        }
    ]
