from typing import Any


async def test_tokens(ask: Any) -> None:
    status, made = await ask("POST", "/tokens", {"name": "viewer", "may": ["search"]})
    assert (status, made["token"]["rights"]) == (201, ["search"])
    assert made["secret"].startswith("arca_")
    assert await ask("GET", "/tokens") == (200, [made["token"]])
    assert (await ask("POST", "/tokens", {"name": "viewer"}))[0] == 409
    assert (await ask("POST", "/tokens", {"name": "x", "may": ["fly"]}))[0] == 400
    assert await ask("DELETE", "/tokens/viewer") == (200, {"removed": "viewer"})
    assert (await ask("DELETE", "/tokens/viewer"))[0] == 404
