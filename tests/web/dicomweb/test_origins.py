"""Pages of other origins."""

from __future__ import annotations

from web.dicomweb.origins import allowed, preflight

HERE = frozenset({"https://viewer.example"})


def test_nobody_unless_named() -> None:
    assert allowed("https://viewer.example", frozenset()) == {}
    assert allowed("https://evil.example", HERE) == {"Vary": "Origin"}
    assert allowed(None, HERE) == {"Vary": "Origin"}
    assert preflight("https://evil.example", HERE) == {"Vary": "Origin"}


def test_who_is_named_may_ask() -> None:
    headers = preflight("https://viewer.example", HERE)
    assert headers["Access-Control-Allow-Origin"] == "https://viewer.example"
    assert "*" not in headers.values()
    assert "Access-Control-Allow-Credentials" not in headers
