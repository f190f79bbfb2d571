"""Which handler answers which request, and which right it takes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Answer, Request
from web.dicomweb.pictures import bulkdata, frames, rendered, thumbnail
from web.dicomweb.retrieve import metadata, objects
from web.dicomweb.routes import Target
from web.dicomweb.search import search
from web.dicomweb.services import Dicomweb, Holder
from web.dicomweb.store import store

Handler: TypeAlias = Callable[[Dicomweb, Request, Target, Holder], Awaitable[Answer]]

_READING: dict[str, tuple[Handler, str]] = {
    "search study": (search, "search"),
    "search series": (search, "search"),
    "search instance": (search, "search"),
    "objects": (objects, "retrieve"),
    "metadata": (metadata, "retrieve"),
    "frames": (frames, "retrieve"),
    "bulkdata": (bulkdata, "retrieve"),
    "rendered": (rendered, "retrieve"),
    "thumbnail": (thumbnail, "retrieve"),
}
_STORING: dict[str, tuple[Handler, str]] = {
    "search study": (store, "store"),
    "objects": (store, "store"),
}


def find_handler(method: str, target: Target) -> tuple[Handler, str]:
    """Raises `Refused` 405 with what is allowed instead."""
    reading, storing = _READING.get(target.kind), _storing(target)
    if method in ("GET", "HEAD") and reading is not None:
        return reading
    if method == "POST" and storing is not None:
        return storing
    allow = (["GET", "HEAD"] if reading else []) + (["POST"] if storing else []) + ["OPTIONS"]
    raise Refused(
        405, f"{method} is not for this resource", {"Allow": ", ".join(allow)}, close=True
    )


def _storing(target: Target) -> tuple[Handler, str] | None:
    return None if target.series else _STORING.get(target.kind)
