"""Connects to a remote system, or says in words why not."""

from __future__ import annotations

import socket

import trio

from appliance.network import diagnosis
from appliance.network.connection import Connection
from appliance.network.diagnosis import Finding
from appliance.network.distrust import callee_untrusted
from appliance.network.errors import AssociationFailed
from appliance.network.secure import SecureConnection, Security
from appliance.network.settings import Remote


async def dial(remote: Remote, seconds: float) -> Connection:
    """A connection to `remote` within `seconds`; raises AssociationFailed."""
    try:
        with trio.fail_after(seconds):
            sock = await _first_that_answers(remote)
    except trio.TooSlowError:
        raise failure(diagnosis.connect_timed_out(remote, seconds)) from None
    if remote.security is None:
        return Connection(sock)
    return await _secured(sock, remote, remote.security, seconds)


async def _secured(
    sock: socket.socket, remote: Remote, security: Security, seconds: float
) -> Connection:
    who = f"{remote.ae_title} at {remote.host}:{remote.port}"
    try:
        connection = SecureConnection(sock, security.client(), remote.host)
    except BaseException:
        sock.close()
        raise
    try:
        with trio.fail_after(seconds):
            await connection.handshake()
    except BaseException as error:
        connection.close()
        if isinstance(error, OSError):
            raise AssociationFailed("tls", callee_untrusted(who, error)) from error
        if isinstance(error, trio.TooSlowError):
            words = (
                f"{who} did not answer over TLS within {seconds:g} s; it may not speak TLS there."
            )
            raise AssociationFailed("tls", words) from None
        raise
    return connection


def failure(finding: Finding) -> AssociationFailed:
    return AssociationFailed(finding.kind, finding.text)


async def _first_that_answers(remote: Remote) -> socket.socket:
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


async def _connect(family: int, address: object, source: str) -> socket.socket:
    sock = trio.socket.socket(family, socket.SOCK_STREAM)
    try:
        if source:
            await sock.bind((source, 0))
        await sock.connect(address)
        return socket.socket(fileno=sock.detach())
    except BaseException:
        sock.close()
        raise
