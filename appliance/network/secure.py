"""TLS for associations (PS3.15 Annex B.12, the BCP 195 profile): contexts, and a connection."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import trio

from appliance.errors import ConfigError
from appliance.network.connection import Connection

# RFC 9325 §4.2: forward secrecy and authenticated encryption, nothing else. TLS 1.3 has no other.
_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:!aNULL"
# As much is encrypted at a time: a record is 16 KiB, and a call costs more than a copy.
_CHUNK = 256 << 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """Files in PEM: who we are, and whom we believe."""

    certificate: Path
    key: Path
    authorities: Path  # the certificates of those who vouch for others


class Security:
    """Contexts made of credentials; a file that was exchanged counts from the next call on."""

    def __init__(
        self, credentials: Credentials, *, mutual: bool = True, verify_host: bool = True
    ) -> None:
        """`mutual`: callers must show a certificate. `verify_host`: whom we call must show one
        that names its host."""
        self._credentials = credentials
        self._mutual = mutual
        self._verify_host = verify_host
        self._made: dict[bool, tuple[tuple[int, ...], ssl.SSLContext]] = {}

    def server(self) -> ssl.SSLContext:
        """For callers. Raises ConfigError."""
        return self._context(server=True)

    def client(self) -> ssl.SSLContext:
        """For those we call. Raises ConfigError."""
        return self._context(server=False)

    def for_web(self) -> ssl.SSLContext:
        """For web servers: we believe whom the machine believes, and whom we were told to."""
        context = ssl.create_default_context()
        if self._credentials.authorities.exists():
            context.load_verify_locations(self._credentials.authorities)
        return context

    def _context(self, *, server: bool) -> ssl.SSLContext:
        given = self._credentials
        try:
            state = tuple(
                path.stat().st_mtime_ns
                for path in (given.certificate, given.key, given.authorities)
            )
            known = self._made.get(server)
            if known is None or known[0] != state:
                known = self._made[server] = state, self._make(server=server)
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(_words(given, error)) from error
        return known[1]

    def _make(self, *, server: bool) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.check_hostname = self._verify_host and not server
        asked = ssl.CERT_REQUIRED if self._mutual or not server else ssl.CERT_NONE
        context.verify_mode = asked
        context.load_cert_chain(self._credentials.certificate, self._credentials.key)
        context.load_verify_locations(self._credentials.authorities)
        return context


def _words(given: Credentials, error: OSError) -> str:
    names = f"{given.certificate}, {given.key} and {given.authorities}"
    return (
        f"TLS for DICOM cannot be set up with {names}: {error.strerror or error}. "
        "`arca certificate list` shows what is there."
    )


class SecureConnection(Connection):
    """A connection whose bytes are encrypted; `handshake` comes before anything else."""

    def __init__(
        self, sock: socket.socket, context: ssl.SSLContext, host: str | None = None
    ) -> None:
        """`host` is whom we called; None: we were called."""
        super().__init__(sock)
        self._sock: ssl.SSLSocket = context.wrap_socket(
            sock,
            server_side=host is None,
            do_handshake_on_connect=False,
            server_hostname=host,
        )

    async def handshake(self) -> None:
        """Raises OSError, most likely ssl.SSLError, when the two do not come together."""
        while True:
            try:
                return self._sock.do_handshake()
            except ssl.SSLWantReadError:
                await trio.lowlevel.wait_readable(self._sock)
            except ssl.SSLWantWriteError:
                await trio.lowlevel.wait_writable(self._sock)

    def try_receive(self, view: memoryview) -> int | None:
        """A record holds 16 KiB at the most: take as many as are there."""
        total = 0
        while total < len(view):
            try:
                count = self._sock.recv_into(view[total:])
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
                break
            except OSError:
                count = 0
            if not count:
                return self._counted(total)
            total += count
        return self._counted(total) if total else None

    def _counted(self, count: int) -> int:
        self._since_turn += count
        self.received_bytes += count
        return count

    def try_send(self, data: bytes) -> int:
        try:
            return self._sock.send(data) if data else 0
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    async def send(self, pieces: Sequence[bytes | memoryview], stall: float) -> None:
        """See `Connection.send`."""
        for chunk in _chunks(pieces):
            rest = chunk
            while rest:
                with trio.fail_after(stall):
                    rest = rest[await self._send_some(rest) :]

    async def _send_some(self, chunk: memoryview) -> int:
        try:
            return self._sock.send(chunk)
        except ssl.SSLWantReadError:
            await trio.lowlevel.wait_readable(self._sock)
        except ssl.SSLWantWriteError:
            await trio.lowlevel.wait_writable(self._sock)
        return 0

    async def linger(self, seconds: float) -> None:
        """The end of the stream is said first; the peer need not answer that."""
        with suppress(OSError, ValueError):
            self._sock.unwrap()
        await super().linger(seconds)


def _chunks(pieces: Sequence[bytes | memoryview]) -> list[memoryview]:
    """Small pieces joined: each call makes records of its own."""
    chunks: list[memoryview] = []
    small: list[bytes | memoryview] = []
    for piece in pieces:
        if len(piece) < _CHUNK:
            small.append(piece)
            if sum(map(len, small)) < _CHUNK:
                continue
            piece = b""
        chunks += [memoryview(b"".join(small)), memoryview(piece)]
        small = []
    return [chunk for chunk in [*chunks, memoryview(b"".join(small))] if chunk]
