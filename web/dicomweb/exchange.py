"""One request and its answer, without a framework: bodies are counted, and cut when slow."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

import trio

from web.dicomweb.errors import Refused
from web.dicomweb.services import Limits

Receive: TypeAlias = Callable[[], Awaitable[Any]]
Send: TypeAlias = Callable[[Any], Awaitable[None]]
Scope: TypeAlias = Mapping[str, Any]

_LONGEST_QUERY = 16 << 10
_MOST_PARAMETERS = 200


class Disconnected(Exception):
    """The client went away in the middle of its request."""


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str  # below the root of the service
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]  # by name in lower case; several of one name with commas between
    host: str  # who asks
    base: str  # the root of the service as this client reaches it
    body: Body

    def parameter(self, name: str) -> str | None:
        """The last one of that name."""
        return next((value for key, value in reversed(self.query) if key == name), None)


@dataclass
class Answer:
    """What is answered: a body at once, or one that comes piece by piece."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    stream: AsyncGenerator[bytes, None] | None = None


class Body:
    """The body of a request as it comes. Raises `Refused` when it comes too slowly."""

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._ended = False
        self._waited = 0.0  # seconds for the client, since the last judgement
        self._count = 0  # bytes in that time

    async def next(self) -> bytes | None:
        """The next bytes, at least one; None at the end. Raises `Disconnected`."""
        while not self._ended:
            message = await self._message()
            self._ended = not message.get("more_body", False)
            if piece := message.get("body", b""):
                return bytes(piece)
        return None

    async def gone(self) -> None:
        """Return when the client is."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _message(self) -> Any:
        now = trio.current_time()
        with trio.move_on_after(self._limits.patience) as scope:
            message = await self._receive()
        if scope.cancelled_caught:
            words = f"nothing came for {self._limits.patience:g} seconds"
            raise Refused(408, words, close=True)
        if message["type"] == "http.disconnect":
            raise Disconnected
        self._judge(trio.current_time() - now, len(message.get("body", b"")))
        return message

    def _judge(self, waited: float, count: int) -> None:
        """Only the time counts that we waited for the client, not what storing took."""
        self._waited += waited
        self._count += count
        if self._waited < self._limits.patience:
            return
        if self._count < self._limits.slowest * self._waited:
            words = f"{self._count} bytes in {self._waited:.0f} seconds: it is too slow"
            raise Refused(408, words, close=True)
        self._waited, self._count = 0.0, 0


def request_of(scope: Scope, receive: Receive, root: str, limits: Limits) -> Request:
    """Raises `Refused` for what is malformed."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").strip()
        if name in headers and name in _SINGLE:
            raise Refused(400, f"there are two {name} headers")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    if "transfer-encoding" in headers and "content-length" in headers:
        raise Refused(400, "there is both a Content-Length and a Transfer-Encoding")
    client = scope.get("client") or ("", 0)
    return Request(
        method=scope["method"],
        path=scope["path"].removeprefix(root),
        query=_query(scope["query_string"]),
        headers=headers,
        host=str(client[0]),
        base=f"{scope['scheme']}://{_place(scope, headers)}{root}",
        body=Body(receive, limits),
    )


def _place(scope: Scope, headers: Mapping[str, str]) -> str:
    """How the client reaches us. Some leave out the port though it is not the usual one."""
    place = headers.get("host") or headers.get(":authority") or "localhost"
    address, port = scope.get("server") or ("", None)
    return f"{place}:{port}" if place == address and port not in (None, 443) else place


_SINGLE = {"content-length", "host", "authorization", "content-type", "transfer-encoding"}


def _query(raw: bytes) -> tuple[tuple[str, str], ...]:
    if len(raw) > _LONGEST_QUERY:
        raise Refused(414, f"what stands behind the question mark is over {_LONGEST_QUERY} bytes")
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError as error:
        raise Refused(400, f"the query cannot be read: {error}") from error
    return tuple(pairs)


async def deliver(answer: Answer, send: Send, *, head: bool) -> None:
    """Send it; `head` without its body."""
    raw = [
        (name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers.items()
    ]
    if answer.stream is None:
        raw.append((b"content-length", str(len(answer.body)).encode()))
    # What goes wrong before the first piece can still be told with a status of its own.
    first = None if answer.stream is None or head else await anext(answer.stream, None)
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    if answer.stream is not None and first is not None:
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for piece in answer.stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    body = b"" if head else answer.body
    await send({"type": "http.response.body", "body": body, "more_body": False})
