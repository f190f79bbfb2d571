"""Viewers that were loaded from somewhere else (CORS): nobody, unless they are named."""

from __future__ import annotations

from collections.abc import Set

_METHODS = "GET, HEAD, POST, OPTIONS"
_HEADERS = "Accept, Authorization, Content-Type, Range, If-None-Match"
_EXPOSED = "Content-Range, ETag, Warning, Content-Location, Retry-After"


def allowed(origin: str | None, origins: Set[str]) -> dict[str, str]:
    """What lets a browser hand the answer to a page of `origin`; nothing for others."""
    if not origins:
        return {}
    if origin is None or origin not in origins:
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
        "Vary": "Origin",
    }


def preflight(origin: str | None, origins: Set[str]) -> dict[str, str]:
    """The answer to a browser that asks before it asks."""
    headers = allowed(origin, origins)
    if "Access-Control-Allow-Origin" in headers:
        headers |= {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": "600",
        }
    return headers
