"""One connection of the web server, which keeps its troubles to itself.

Hypercorn lets what one connection raises end the whole server: a web socket request
with a stray byte behind it, HTTP/2 data after the answer, or CONNECT without a path is
enough. It also forgets connections: some between the end of their output and their
closing, some for ever.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TypeAlias

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from web.headers import RAW

log = logging.getLogger(__name__)

Stream: TypeAlias = "trio.SSLStream[trio.SocketStream] | trio.SocketStream"

_LARGEST_MESSAGE = 64 * 1024  # of a web socket, until something here speaks through one


@dataclass(frozen=True, slots=True)
class Limits:
    """What one door bears; seconds."""

    connections: int = 256
    handshake: float = 10.0
    idle: float = 15.0
    write: float = 60.0  # for one piece of an answer that the peer does not read
    linger: float = 2.0  # for what is left of a connection once its socket is closed
    grace: float = 5.0  # for answers under way when we stop


class Settings(Config):
    """Hypercorn's settings as we want them, and our headers on whatever it sends."""

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self.errorlog = logging.getLogger("web.hypercorn")
        self.include_server_header = False
        self.keep_alive_timeout = limits.idle
        self.ssl_handshake_timeout = limits.handshake
        self.websocket_max_message_size = _LARGEST_MESSAGE

    def response_headers(self, protocol: str) -> list[tuple[bytes, bytes]]:
        return [*super().response_headers(protocol), *RAW]


class Connection(TCPServer):
    """Hypercorn's, guarded: its failure, its end and its writing are bounded by us."""

    def __init__(
        self,
        app: ASGIWrapper,
        config: Config,
        context: WorkerContext,
        stream: Stream,
        limits: Limits,
    ) -> None:
        super().__init__(app, config, context, ConnectionState({}), stream)  # type: ignore[arg-type]
        self._limits = limits
        self._scope = trio.CancelScope()

    async def run(self) -> None:
        try:
            with self._scope:
                await super().run()
        except* Exception as group:  # noqa: BLE001 - the connection's edge: only this one may end
            log.warning("dropped a connection: %s", ", ".join(_leaves(group)))

    async def protocol_send(self, event: Event) -> None:
        if not isinstance(event, RawData):
            return await super().protocol_send(event)
        async with self.send_lock:
            try:
                await self._write(event.data)
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                await self.protocol.handle(Closed())
                self._end_soon()

    async def _write(self, data: bytes) -> None:
        """Half a frame spoils the stream for its other requests: shielded, yet not for ever."""
        with trio.move_on_after(self._limits.write, shield=True) as scope:
            await self.stream.send_all(data)
        if scope.cancelled_caught:
            await trio.aclose_forcefully(self.stream)

    async def _close(self) -> None:
        # quart-trio cancels around this; unshielded, the socket would stay open.
        with trio.CancelScope(shield=True):
            await super()._close()
        self._end_soon()

    def _end_soon(self) -> None:
        # A request behind one whose answer the peer did not wait for leaves hypercorn
        # waiting for a turn that never comes.
        self._scope.deadline = min(self._scope.deadline, trio.current_time() + self._limits.linger)


def _leaves(group: BaseExceptionGroup[Exception]) -> list[str]:
    words: list[str] = []
    for error in group.exceptions:
        words += _leaves(error) if isinstance(error, BaseExceptionGroup) else [repr(error)]
    return words
