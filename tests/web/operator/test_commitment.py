from typing import Any


async def test_the_fields_scripts_rely_on(ask: Any) -> None:
    status, (one,) = await ask("GET", "/commitment")
    assert status == 200
    wanted = ("transaction_uid", "direction", "peer", "state", "instances", "failed", "closed")
    assert [one[name] for name in wanted] == [
        "2.25.1",
        "in",
        "CT1",
        "reported",
        12,
        2,
        "2026-03-01T12:00:00+00:00",
    ]
