from typing import Any

NODE = {"name": "PACS", "ae_title": "PACS", "host": "10.0.0.5", "port": 104}


async def test_the_fields_scripts_rely_on(ask: Any) -> None:
    status, (job,) = await ask("GET", "/queue")
    assert status == 200
    wanted = ("destination", "state", "instances", "sent", "attempts", "next_try", "last_error")
    assert [job[name] for name in wanted] == [
        "PACS",
        "waiting",
        120,
        7,
        2,
        "2026-03-01T12:00:00+00:00",
        "refused",
    ]


async def test_a_part_of_the_queue(ask: Any) -> None:
    assert len((await ask("GET", "/queue?destination=PACS&state=waiting"))[1]) == 1
    assert (await ask("GET", "/queue?destination=X"))[1] == []
    assert (await ask("GET", "/queue?state=sent"))[1] == []


async def test_trying_again(ask: Any) -> None:
    assert await ask("POST", "/queue/17/retry") == (200, {"retried": 1})
    assert await ask("POST", "/queue/retry") == (200, {"retried": 1})
    assert (await ask("POST", "/queue/99/retry"))[0] == 404
    assert (await ask("POST", "/queue/x/retry"))[0] == 404


async def test_pausing(ask: Any) -> None:
    assert (await ask("POST", "/nodes/PACS/pause"))[0] == 404
    await ask("POST", "/nodes", NODE)
    assert (await ask("POST", "/nodes/PACS/pause"))[1]["paused"]
    assert not (await ask("POST", "/nodes/PACS/resume"))[1]["paused"]
