"""Parts of one body, and whether the client has it already (RFC 9110 13.1.2, 14)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Answer, Request

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

Open = Callable[[int, int], AbstractAsyncContextManager[AsyncIterator[bytes]]]


def ranged(
    request: Request, kind: str, tag: str, size: int, whole: Open, part: Open | None = None
) -> Answer:
    """The whole of it, or the one range that was asked for; both get start and length."""
    headers = {"Content-Type": kind, "ETag": f'"{tag}"', "Accept-Ranges": "bytes"}
    if _known(request, tag):
        return Answer(304, {"ETag": f'"{tag}"'})
    span = _span(request, tag, size)
    if span is None:
        headers["Content-Length"] = str(size)
        return Answer(200, headers, stream=_stream(whole, 0, size))
    start, length = span
    headers["Content-Length"] = str(length)
    headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    return Answer(206, headers, stream=_stream(part or whole, start, length))


def _known(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or f'"{tag}"' in known


def _span(request: Request, tag: str, size: int) -> tuple[int, int] | None:
    """Start and length; None for all of it, also when several ranges are asked for."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or request.headers.get("if-range", f'"{tag}"') != f'"{tag}"':
        return None
    first, last = asked.groups()
    if not first and not last:
        return None
    start = int(first) if first else max(size - int(last), 0)
    stop = min(int(last) + 1, size) if first and last else size
    if start >= size or stop <= start:
        raise Refused(416, f"it has {size} bytes", {"Content-Range": f"bytes */{size}"})
    return start, stop - start


async def _stream(opened: Open, start: int, length: int) -> AsyncGenerator[bytes, None]:
    async with opened(start, length) as pieces:
        async for piece in pieces:
            yield piece
