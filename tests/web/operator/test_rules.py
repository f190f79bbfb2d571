from typing import Any

RULE = {"name": "all", "when": "true", "to": "PACS"}


async def test_rules(ask: Any, memory: Any) -> None:
    assert (await ask("POST", "/rules", RULE))[0] == 404
    memory.nodes["PACS"] = None
    status, made = await ask("POST", "/rules", RULE)
    assert (status, made["per"], made["priority"], made["window"]) == (201, "instance", 0, None)
    assert await ask("GET", "/rules") == (200, [made])
    status, answer = await ask("POST", "/rules", RULE | {"when": "f("})
    assert (status, answer) == (400, {"error": "when = f(: a parenthesis is not closed"})
    assert await ask("DELETE", "/rules/all") == (200, {"removed": "all"})
    assert (await ask("DELETE", "/rules/all"))[0] == 404


async def test_a_dry_run(ask: Any) -> None:
    status, trials = await ask("POST", "/rules/test", {"when": "false"})
    assert (status, [one["study_uid"] for one in trials]) == (200, ["1.2.3", "1.2.4"])
    _, (trial,) = await ask("POST", "/rules/test", {"study": "1.2.4", "when": "false"})
    assert trial["explanation"] == "false is false"
    assert (await ask("POST", "/rules/test", {}))[1] == []
