"""The door of DICOMweb in front of the portal: who comes in, and how everything ends in words."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import trio

from appliance.errors import ApplianceError, BadRequest, UnknownName
from storage.errors import StoreError
from web.dicomweb.capabilities import capabilities
from web.dicomweb.errors import Refused
from web.dicomweb.exchange import (
    Answer,
    Disconnected,
    Receive,
    Request,
    Scope,
    Send,
    deliver,
    request_of,
)
from web.dicomweb.lockout import Lockout
from web.dicomweb.origins import allowed, preflight
from web.dicomweb.resources import find_handler
from web.dicomweb.routes import target_of
from web.dicomweb.services import Dicomweb, Holder, Unacceptable
from web.headers import CACHE_CONTROL

log = logging.getLogger(__name__)

ROOT = "/dicomweb"
Application: TypeAlias = Callable[[Any, Receive, Send], Awaitable[None]]

_STATUS: dict[type[Exception], int] = {
    Unacceptable: 406,
    BadRequest: 400,
    UnknownName: 404,
    StoreError: 503,
    ApplianceError: 409,
}


class Door:
    """An ASGI application: below `ROOT` it answers itself, the rest is the portal's."""

    def __init__(self, portal: Application, web: Dicomweb) -> None:
        self._portal, self._web = portal, web
        self._lockout = Lockout()
        self._turns = trio.CapacityLimiter(web.limits.at_once)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or not (path == ROOT or path.startswith(f"{ROOT}/")):
            return await self._portal(scope, receive, send)
        return await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1") or None
        sent = _Started(send)
        try:
            request = request_of(scope, receive, ROOT, self._web.limits)
            answer = await self._handled(request, origin, sent)
        except Disconnected:
            return
        except Exception as error:
            if sent.started:
                raise  # the answer is under way: only the end of the connection tells
            answer = _in_words(error, closing=not scope["http_version"].startswith("2"))
        if answer is not None:
            await deliver(self._dressed(answer, origin), sent, head=scope["method"] == "HEAD")

    async def _handled(self, request: Request, origin: str | None, send: Send) -> Answer | None:
        """The answer; None when it was streamed, while we listened for the client to go."""
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            return Answer(204, preflight(origin, self._web.origins))
        holder = await self._identified(request)
        if self._turns.available_tokens < 1:
            raise Refused(503, "too many requests at once; try again", {"Retry-After": "2"})
        async with self._turns:
            answer = await self._permitted(request, holder)
            if answer.stream is None:
                return answer
            await self._stream(request, self._dressed(answer, origin), send)
            return None

    async def _stream(self, request: Request, answer: Answer, send: Send) -> None:
        assert answer.stream is not None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_until_gone, request, nursery.cancel_scope)
            async with aclosing(answer.stream):
                await deliver(answer, send, head=request.method == "HEAD")
            nursery.cancel_scope.cancel()

    async def _permitted(self, request: Request, holder: Holder) -> Answer:
        target = target_of(request.path)
        if request.method == "OPTIONS" or target.kind == "capabilities":
            return capabilities(request)
        handler, right = find_handler(request.method, target)
        if right not in holder.rights:
            raise Refused(
                403,
                f"the token {holder.name} may not {right}; it may {_listed(holder)}",
                close=request.method == "POST",
            )
        return await handler(self._web, request, target, holder)

    async def _identified(self, request: Request) -> Holder:
        now = trio.current_time()
        if wait := self._lockout.wait(request.host, now):
            seconds = str(math.ceil(wait))
            raise Refused(
                429,
                f"too many wrong tokens came from {request.host}; wait {seconds} seconds",
                {"Retry-After": seconds},
                close=True,
            )
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not secret:
            raise Refused(401, _HOW, {"WWW-Authenticate": 'Bearer realm="arca"'}, close=True)
        holder = await self._web.access.identify(secret.strip())
        if holder is None:
            failures = self._lockout.failed(request.host, now)
            if failures % 6 == 0:
                self._web.access.denied(request.host, failures)
            wrong = 'Bearer realm="arca", error="invalid_token"'
            text = "this token is not known, or it has expired"
            raise Refused(401, text, {"WWW-Authenticate": wrong}, close=True)
        self._lockout.succeeded(request.host)
        return holder

    def _dressed(self, answer: Answer, origin: str | None) -> Answer:
        answer.headers.setdefault("Cache-Control", CACHE_CONTROL)
        for name, value in allowed(origin, self._web.origins).items():
            answer.headers.setdefault(name, value)
        return answer


class _Started:
    """Remembers whether an answer has begun."""

    def __init__(self, send: Send) -> None:
        self._send, self.started = send, False

    async def __call__(self, message: Any) -> None:
        self.started = True
        await self._send(message)


_HOW = "a service token is needed: `Authorization: Bearer …`; `arca token add` makes one"


async def _until_gone(request: Request, scope: trio.CancelScope) -> None:
    await request.body.gone()
    scope.cancel()


def _in_words(error: Exception, *, closing: bool) -> Answer:
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    if isinstance(error, Refused):
        return _told(error.status, str(error), error.headers, close=error.close and closing)
    known = (code for kind, code in _STATUS.items() if isinstance(error, kind))
    if (status := next(known, None)) is not None:
        return _told(status, str(error))
    log.error("a request to %s failed", ROOT, exc_info=error)
    return _told(500, "something went wrong inside the appliance; its log says what")


def _listed(holder: Holder) -> str:
    return ", ".join(sorted(holder.rights))


def _told(
    status: int, text: str, headers: dict[str, str] | None = None, *, close: bool = False
) -> Answer:
    made = {"Content-Type": "application/json", **(headers or {})}
    if close:
        made["Connection"] = "close"
    return Answer(status, made, json.dumps({"error": text}).encode())
