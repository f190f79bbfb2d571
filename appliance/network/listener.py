"""Listens for callers and lets each be served by itself."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Sequence

import trio

from appliance.errors import ConfigError
from appliance.meter import Meter
from appliance.network.acceptor import Acceptor
from appliance.network.connection import Connection
from appliance.network.gate import Gate
from appliance.network.services import Services
from appliance.network.settings import ListenerSettings

log = logging.getLogger(__name__)

# Callers the kernel holds until we take them; its own limit (somaxconn) is 4096 since Linux 5.4.
_BACKLOG = 1024
# The process or the machine has no descriptor or memory left: others must end first.
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_PAUSE = 0.1

Address = tuple[str, int]


async def listen(
    settings: ListenerSettings,
    services: Services,
    meter: Meter,
    *,
    task_status: trio.TaskStatus[list[Address]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve callers until cancelled; reports the addresses it listens on.

    When cancelled it takes no more callers, ends idle associations and lets objects on their
    way arrive for at most `settings.grace` seconds; what has not arrived is not acknowledged.
    Raises ConfigError when the address cannot be listened on.
    """
    listeners = await _open(settings)
    try:
        task_status.started([listener.getsockname()[:2] for listener in listeners])
        await _Reception(settings, services, meter).run(listeners)
    finally:
        for listener in listeners:
            listener.close()  # those that were never waited for


async def _open(settings: ListenerSettings) -> list[socket.socket]:
    listeners: list[socket.socket] = []
    try:
        found = await trio.socket.getaddrinfo(
            settings.address or None,
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        for family, *_, address in found:
            listeners.append(_bound(family, address))
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigError(
            f"[dicom] cannot listen on {settings.address} port {settings.port}: "
            f"{error.strerror or error}. Choose another port, or end the program that uses it."
        ) from error
    return listeners


def _bound(family: int, address: tuple[object, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


class _Reception:
    """All callers of one listener."""

    def __init__(self, settings: ListenerSettings, services: Services, meter: Meter) -> None:
        self._settings = settings
        self._services = services
        self._meter = meter
        self._gate = Gate(
            settings.max_associations,
            settings.max_associations_per_peer,
            settings.max_waiting_per_peer,
        )
        self._threads = trio.CapacityLimiter(settings.threads)
        self._open: set[Acceptor] = set()

    async def run(self, listeners: Sequence[socket.socket]) -> None:
        # Callers live in a shielded scope: a cancellation reaches them as `stop`, with a grace.
        async with trio.open_nursery() as doors:
            with trio.CancelScope(shield=True) as shelter:
                async with trio.open_nursery() as callers:
                    for listener in listeners:
                        doors.start_soon(self._welcome, listener, callers)
                    with trio.CancelScope() as opening:
                        doors.start_soon(self._when_cancelled, opening, shelter)
                        await trio.sleep_forever()

    async def _when_cancelled(self, opening: trio.CancelScope, shelter: trio.CancelScope) -> None:
        try:
            await trio.sleep_forever()
        finally:
            opening.cancel()
            shelter.deadline = trio.current_time() + self._settings.grace
            for acceptor in self._open:
                acceptor.stop()

    async def _welcome(self, listener: socket.socket, callers: trio.Nursery) -> None:
        try:
            while True:
                await trio.lowlevel.wait_readable(listener)
                if not self._take(listener, callers):
                    await trio.sleep(_PAUSE)
        finally:
            trio.lowlevel.notify_closing(listener)
            listener.close()

    def _take(self, listener: socket.socket, callers: trio.Nursery) -> bool:
        """Take one caller; False: the machine has no room for it now."""
        try:
            caller, address = listener.accept()
            connection = Connection(caller)
        except OSError as error:  # also: the caller is gone again
            if error.errno in _EXHAUSTED:
                log.error("no caller can be taken now: %s", error.strerror)
            return error.errno not in _EXHAUSTED
        callers.start_soon(self._serve, connection, address[:2])
        return True

    async def _serve(self, connection: Connection, address: Address) -> None:
        acceptor = Acceptor(
            connection,
            address,
            self._settings,
            self._services,
            self._meter,
            self._gate,
            self._threads,
        )
        self._open.add(acceptor)
        try:
            await acceptor.run()
        finally:
            self._open.discard(acceptor)
