from typing import Any

NODE = {"name": "PA/CS 1", "ae_title": "PACS", "host": "10.0.0.5", "port": 104}


async def test_the_registry(ask: Any) -> None:
    status, made = await ask("POST", "/nodes", NODE)
    assert (status, made["paused"], made["max_associations"]) == (201, False, 2)
    assert await ask("GET", "/nodes") == (200, [made])
    assert (await ask("POST", "/nodes", NODE))[0] == 409
    assert (await ask("POST", "/nodes", NODE | {"port": "x"}))[0] == 400
    assert await ask("DELETE", "/nodes/PA%2FCS%201") == (200, {"removed": "PA/CS 1"})
    assert (await ask("DELETE", "/nodes/PACS"))[0] == 404


async def test_a_change(ask: Any) -> None:
    await ask("POST", "/nodes", NODE)
    body = {"port": 105, "services": ["store", "find"], "token": "secret"}
    status, made = await ask("PATCH", "/nodes/PA%2FCS%201", body)
    assert (status, made["port"], made["services"]) == (200, 105, ["store", "find"])
    assert (made["has_token"], "token" in made) == (True, False)
    assert (await ask("PATCH", "/nodes/PA%2FCS%201", {"services": [1]}))[0] == 400
    assert (await ask("PATCH", "/nodes/X", {"port": 1}))[0] == 404


async def test_an_echo_that_fails_is_an_answer(ask: Any) -> None:
    await ask("POST", "/nodes", NODE | {"port": 11})
    status, answer = await ask("POST", "/nodes/PA%2FCS%201/echo")
    assert (status, answer["ok"]) == (200, False)
    assert "check the port" in answer["diagnosis"]
    assert (await ask("POST", "/nodes/X/echo"))[0] == 404


async def test_who_waits_to_be_admitted(ask: Any) -> None:
    _, (caller,) = await ask("GET", "/callers")
    assert (caller["calling_ae_title"], caller["calls"]) == ("MR2", 3)
    body = {"ae_title": "MR2", "host": "10.0.0.9"}
    assert (await ask("POST", "/callers/admit", body))[0] == 404
    assert await ask("POST", "/callers/admit", {"ae_title": "MR2"}) == (200, caller)
    assert await ask("GET", "/callers") == (200, [])


async def test_associations(ask: Any) -> None:
    _, (one,) = await ask("GET", "/associations")
    assert (one["outcome"], one["direction"]) == ("rejected", "in")
    assert await ask("GET", "/associations?peer=nobody") == (200, [])


async def test_the_doctor_knows_the_node_first(ask: Any) -> None:
    assert (await ask("POST", "/nodes/X/doctor"))[0] == 404
