"""Sends over DICOMweb: STOW-RS (PS3.18 §10.5), one object per request, in one stream."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from appliance import clock
from appliance.dicom import statuses
from appliance.dicom.part10 import file_header
from appliance.meter import Meter
from appliance.network.sending import Source
from appliance.network.services import Answer
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node
from appliance.transfers import http
from appliance.transfers.sender import Context, Line

# Followed by 128 bits of chance: no data set holds it.
_BOUNDARY = "arca-{name}"
_LARGEST_ANSWER = 1 << 20


class Stow:
    """See `sender.Sender`, for nodes that have a URL: the base that "/studies" is put behind."""

    def __init__(self, trusted: Callable[[], ssl.SSLContext], meter: Meter | None = None) -> None:
        """`trusted` makes the context in which servers are believed."""
        self._trusted = trusted
        self._meter = meter

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        """A web server takes objects of any class; what it does not like it says of each one."""
        headers = {"Authorization": f"Bearer {node.token}"} if node.token else {}
        async with httpx.AsyncClient(
            headers={**headers, "Accept": "application/dicom+json"},
            verify=self._trusted(),
            timeout=_timeout(node),
            trust_env=False,
        ) as client:
            line = _Line(client, node.url.rstrip("/") + "/studies", throttle, self._meter)
            await line.knock()
            yield line


class _Line:
    """See `sender.Line`."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, throttle: Throttle | None, meter: Meter | None
    ) -> None:
        self._client = client
        self._url = url
        self._throttle = throttle or _unthrottled
        self._meter = meter
        self._complete = 0.0  # when the last byte was handed over

    def accepted(self, context: Context) -> bool:
        return True

    async def knock(self) -> None:
        """Whether it is there and lets us in, before anything is taken from the store."""
        with http.failures(self._url):
            answer = await self._client.options(self._url)
        if answer.status_code in (401, 403):
            raise http.refused(self._url, answer.status_code)

    async def store(self, outgoing: Outgoing) -> Answer:
        boundary = _BOUNDARY.format(name=clock.fresh_name())
        head, tail = _head(boundary, outgoing), f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Content-Length": str(len(head) + outgoing.length + len(tail)),
        }
        with http.failures(self._url):
            async with self._client.stream(
                "POST", self._url, headers=headers, content=self._body(head, outgoing, tail)
            ) as response:
                answer = _meaning(self._url, response, await _bounded(response))
        self._observe()
        return answer

    def _observe(self) -> None:
        if self._meter is not None:
            self._meter.sent_seconds.observe(clock.monotonic() - self._complete)

    async def _body(self, head: bytes, outgoing: Outgoing, tail: bytes) -> AsyncIterator[bytes]:
        source, last = Source(outgoing.chunks), False
        yield head
        while not last:
            pieces, last = await source.next()
            await self._throttle(sum(map(len, pieces)))
            for piece in pieces:
                yield bytes(piece)
        yield tail
        self._complete = clock.monotonic()


def _head(boundary: str, outgoing: Outgoing) -> bytes:
    """The one part's headers, and the beginning of the file."""
    syntax = outgoing.transfer_syntax_uid
    kind = f"Content-Type: application/dicom; transfer-syntax={syntax}"
    file = file_header(outgoing.sop_class_uid, outgoing.sop_instance_uid, syntax)
    return f"--{boundary}\r\n{kind}\r\n\r\n".encode() + file


async def _bounded(response: httpx.Response) -> bytes:
    body, announced = bytearray(), response.headers.get("Content-Length", "0")
    too_long = http.nonsense(str(response.url), "an answer of more than 1 MiB")
    if not announced.isdigit() or int(announced) > _LARGEST_ANSWER:
        raise too_long
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > _LARGEST_ANSWER:
            raise too_long
    return bytes(body)


def _meaning(url: str, response: httpx.Response, body: bytes) -> Answer:
    """What became of the object, as a C-STORE would have answered (PS3.18 Table I.2-2)."""
    code = response.status_code
    if code in (200, 202, 409):
        reason, words = _failure(body)
        if code == 409 and not reason:
            return Answer(statuses.PROCESSING_FAILURE, "HTTP 409 without a reason")
        return Answer(reason, words)
    if code in (400, 413, 415):
        return Answer(statuses.CANNOT_UNDERSTAND, f"HTTP {code} {response.reason_phrase}")
    raise http.refused(url, code)


def _failure(body: bytes) -> tuple[int, str]:
    """Failure Reason (0008,1197) of the first failed object; 0 when none failed.

    A server that answers 200 without saying what became of the object has stored it.
    """
    try:
        answer: Any = json.loads(body) if body else {}
        answer = answer[0] if isinstance(answer, list) and answer else answer
        failed = answer.get("00081198", {}).get("Value") or []
        reason = failed[0].get("00081197", {}).get("Value", [0x0110])[0] if failed else 0
        return int(reason), "it says so in Failed SOP Sequence" if failed else ""
    except (ValueError, AttributeError, TypeError, LookupError):
        return 0, ""


def _timeout(node: Node) -> httpx.Timeout:
    return httpx.Timeout(node.answer_seconds, connect=node.connect_seconds)


async def _unthrottled(size: int) -> None:
    """Send as fast as the server takes it."""
