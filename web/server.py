"""Serves the two applications, each on its own sockets, until it is told to stop."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.worker_context import WorkerContext
from quart_trio import QuartTrio

from appliance.clock import Clock
from appliance.errors import ConfigError
from web.certificate import ensure_certificate
from web.connection import Connection, Limits, Settings, Stream
from web.doors import listening_port, load_pair, tls_context, tls_listener, unix_listener

log = logging.getLogger(__name__)

Listener: TypeAlias = "trio.SSLListener[trio.SocketStream] | trio.SocketListener"

_USUAL = Limits()
_DAY = 86400.0


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the portal listens, and with which certificate."""

    address: str
    port: int
    certificate: Path
    key: Path
    own_certificate: bool  # False: the operator gave one, so none is made
    host_names: tuple[str, ...] = ()  # for the one we make
    refresh: float = _DAY  # seconds between looks at the files


class _Door:
    """The connections of one server."""

    def __init__(self, app: QuartTrio, config: Config, limits: Limits) -> None:
        self._app, self._config, self._limits = ASGIWrapper(app), config, limits
        self._context = WorkerContext(None)
        self._open: set[Stream] = set()
        self._left = trio.Event()

    async def admit(self, stream: Stream) -> None:
        """Serve one connection; beyond the limit it is closed at once."""
        if len(self._open) >= self._limits.connections:
            return
        self._open.add(stream)
        try:
            await Connection(self._app, self._config, self._context, stream, self._limits).run()
        finally:
            self._open.discard(stream)
            self._left.set()

    async def drain(self) -> None:
        """Let answers under way finish for `grace` seconds, then cut."""
        await self._context.terminated.set()
        with trio.move_on_after(self._limits.grace):
            while self._open:
                self._left = trio.Event()
                await self._left.wait()
        for stream in tuple(self._open):
            await trio.aclose_forcefully(stream)


async def serve(
    app: QuartTrio,
    listeners: Sequence[Listener],
    *,
    stop: trio.Event,
    limits: Limits = _USUAL,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve `app` until `stop`, then end gracefully. An `app` is served only once."""
    if app.config["DOOR"] == "operator" and not all(map(_is_unix, listeners)):
        raise ValueError("the operator's application is served on Unix sockets only")
    config = Settings(limits)
    lifespan = Lifespan(ASGIWrapper(app), config, {})
    async with trio.open_nursery() as nursery:
        await nursery.start(lifespan.handle_lifespan)
        await lifespan.wait_for_startup()
        await _serve_connections(_Door(app, config, limits), listeners, stop, task_status)
        await lifespan.wait_for_shutdown()
        nursery.cancel_scope.cancel()


async def _serve_connections(
    door: _Door,
    listeners: Sequence[Listener],
    stop: trio.Event,
    task_status: trio.TaskStatus[None],
) -> None:
    async with trio.open_nursery() as connections:
        async with trio.open_nursery() as accepting:
            accept = partial(trio.serve_listeners, door.admit, handler_nursery=connections)
            await accepting.start(accept, listeners)
            task_status.started()
            await stop.wait()
            accepting.cancel_scope.cancel()
        await door.drain()
        connections.cancel_scope.cancel()


def _is_unix(listener: Listener) -> bool:
    return isinstance(listener, trio.SocketListener) and (
        listener.socket.family == trio.socket.AF_UNIX
    )


async def serve_operator(
    app: QuartTrio,
    path: Path,
    *,
    stop: trio.Event,
    limits: Limits = _USUAL,
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the operator's application on the Unix socket `path`. Raises `ConfigError`."""
    listener = unix_listener(path)
    try:
        async with listener:
            await serve(app, [listener], stop=stop, limits=limits, task_status=task_status)
    finally:
        path.unlink(missing_ok=True)  # noqa: ASYNC240 - at once, even when cancelled


async def serve_portal(
    app: QuartTrio,
    settings: WebSettings,
    *,
    clock: Clock,
    stop: trio.Event,
    limits: Limits = _USUAL,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve the portal over TLS; starts with the port it got. Raises `ConfigError`."""
    await trio.to_thread.run_sync(_own_certificate, settings, clock)
    context = tls_context(settings.certificate, settings.key)
    listener = tls_listener(settings.address, settings.port, context)
    port = listening_port(listener)
    async with listener, trio.open_nursery() as nursery:
        nursery.start_soon(_keep_fresh, context, settings, clock)
        async with trio.open_nursery() as serving:
            await serving.start(partial(serve, app, [listener], stop=stop, limits=limits))
            task_status.started(port)
        nursery.cancel_scope.cancel()


def _own_certificate(settings: WebSettings, clock: Clock) -> None:
    if settings.own_certificate:
        ensure_certificate(
            settings.certificate, settings.key, host_names=settings.host_names, now=clock()
        )


async def _keep_fresh(context: ssl.SSLContext, settings: WebSettings, clock: Clock) -> None:
    """Renew ours when its end is near, and pick up one that the operator replaced."""
    while True:
        await trio.sleep(settings.refresh)
        try:
            await trio.to_thread.run_sync(_own_certificate, settings, clock)
            load_pair(context, settings.certificate, settings.key)
        except ConfigError as error:
            log.error("the portal keeps its old certificate: %s", error)
