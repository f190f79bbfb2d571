"""Listens for callers and lets each be served by itself."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Sequence
from typing import NamedTuple

import trio

from appliance.errors import ConfigError
from appliance.meter import Meter
from appliance.network.acceptor import Acceptor
from appliance.network.connection import Connection
from appliance.network.gate import Gate
from appliance.network.secure import SecureConnection, Security
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
    security: Security | None = None,
    task_status: trio.TaskStatus[list[Address]] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve callers until cancelled; reports the addresses it listens on, those for TLS last.

    `security` goes with `settings.secure_port`.

    When cancelled it takes no more callers, ends idle associations and lets objects on their
    way arrive for at most `settings.grace` seconds; what has not arrived is not acknowledged.
    Raises ConfigError when the address cannot be listened on.
    """
    doors: list[Door] = []
    try:
        doors += [Door(one, None) for one in await _open(settings.address, settings.port)]
        if security is not None and settings.secure_port is not None:
            security.server()
            secure = await _open(settings.address, settings.secure_port)
            doors += [Door(one, security) for one in secure]
        task_status.started([door.socket.getsockname()[:2] for door in doors])
        await _Reception(settings, services, meter).run(doors)
    finally:
        for door in doors:
            door.socket.close()  # those that were never waited for


class Door(NamedTuple):
    """A socket that callers come to, and how they must show who they are."""

    socket: socket.socket
    security: Security | None


async def _open(address: str, port: int) -> list[socket.socket]:
    listeners: list[socket.socket] = []
    try:
        found = await trio.socket.getaddrinfo(
            address or None,
            port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        for family, *_, where in found:
            listeners.append(_bound(family, where))
    except OSError as error:
        for listener in listeners:
            listener.close()
        raise ConfigError(
            f"[dicom] cannot listen on {address} port {port}: "
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


def _connection(caller: socket.socket, security: Security | None) -> Connection:
    return SecureConnection(caller, security.server()) if security else Connection(caller)


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

    async def run(self, entrances: Sequence[Door]) -> None:
        # Callers live in a shielded scope: a cancellation reaches them as `stop`, with a grace.
        async with trio.open_nursery() as doors:
            with trio.CancelScope(shield=True) as shelter:
                async with trio.open_nursery() as callers:
                    for entrance in entrances:
                        doors.start_soon(self._welcome, entrance, callers)
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

    async def _welcome(self, door: Door, callers: trio.Nursery) -> None:
        try:
            while True:
                await trio.lowlevel.wait_readable(door.socket)
                if not self._take(door, callers):
                    await trio.sleep(_PAUSE)
        finally:
            trio.lowlevel.notify_closing(door.socket)
            door.socket.close()

    def _take(self, door: Door, callers: trio.Nursery) -> bool:
        """Take one caller; False: the machine has no room for it now."""
        try:
            caller, address = door.socket.accept()
            connection = _connection(caller, door.security)
        except ConfigError as error:  # the files of TLS are not there any more
            log.error("no caller can be taken over TLS: %s", error)
            caller.close()
            return True
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
