"""Connects to a remote system, or says in words why not."""

from __future__ import annotations

import socket

import trio

from appliance.network import diagnosis
from appliance.network.connection import Connection
from appliance.network.diagnosis import Finding
from appliance.network.errors import AssociationFailed
from appliance.network.settings import Remote


async def dial(remote: Remote, seconds: float) -> Connection:
    """A connection to `remote` within `seconds`; raises AssociationFailed."""
    try:
        with trio.fail_after(seconds):
            return await _first_that_answers(remote)
    except trio.TooSlowError:
        raise failure(diagnosis.connect_timed_out(remote, seconds)) from None


def failure(finding: Finding) -> AssociationFailed:
    return AssociationFailed(finding.kind, finding.text)


async def _first_that_answers(remote: Remote) -> Connection:
    try:
        found = await trio.socket.getaddrinfo(remote.host, remote.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a name that cannot even be asked for
        raise failure(diagnosis.unknown_host(remote)) from None
    refusal = OSError("no address")
    for family, *_, address in found:
        try:
            return await _connect(family, address, remote.source)
        except OSError as error:
            refusal = error
    raise failure(diagnosis.not_connected(remote, refusal))


async def _connect(family: int, address: object, source: str) -> Connection:
    sock = trio.socket.socket(family, socket.SOCK_STREAM)
    try:
        if source:
            await sock.bind((source, 0))
        await sock.connect(address)
        return Connection(socket.socket(fileno=sock.detach()))
    except BaseException:
        sock.close()
        raise
