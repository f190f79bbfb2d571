"""The sockets the web listens on: TLS for people, a Unix socket for the operator."""

from __future__ import annotations

import os
import socket
import ssl
import stat
from pathlib import Path

import trio

from appliance.errors import ConfigError

_BACKLOG = 100
# sockaddr_un holds 108 bytes with the closing zero.
_LONGEST_SOCKET_PATH = 107


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 with forward secrecy and authenticated encryption, or 1.3.

    Raises `ConfigError` when the two files do not fit together.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["h2", "http/1.1"])
    load_pair(context, certificate, key)
    return context


def load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Present these from the next connection on. Raises `ConfigError`."""
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        text = f"web.certificate = {certificate}, web.key = {key}: cannot be used: {error}"
        raise ConfigError(text) from error


def tls_listener(
    address: str, port: int, context: ssl.SSLContext
) -> trio.SSLListener[trio.SocketStream]:
    """Listen for TLS. Raises `ConfigError` when the address cannot be had."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        bound = socket.create_server((address, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        text = f"web.address = {address}, web.port = {port}: cannot listen there: {error.strerror}"
        raise ConfigError(text) from error
    listener = trio.SocketListener(trio.socket.from_stdlib_socket(bound))
    return trio.SSLListener(listener, context, https_compatible=True)


def listening_port(listener: trio.SSLListener[trio.SocketStream]) -> int:
    """The port it got: what the kernel chose when 0 was asked for."""
    inner = listener.transport_listener
    assert isinstance(inner, trio.SocketListener)
    port: int = inner.socket.getsockname()[1]
    return port


def unix_listener(path: Path) -> trio.SocketListener:
    """Listen on a socket that only our own user can open (0600, in a folder made 0700).

    Raises `ConfigError` when the path is too long, its folder open to others, or another
    process answers there.
    """
    if len(os.fsencode(path)) > _LONGEST_SOCKET_PATH:
        raise ConfigError(
            f"control.socket = {path}: longer than {_LONGEST_SOCKET_PATH} bytes; "
            "give a shorter path"
        )
    try:
        _guard_folder(path.parent)
        _clear(path)
        return trio.SocketListener(trio.socket.from_stdlib_socket(_bound(path)))
    except OSError as error:
        raise ConfigError(f"control.socket = {path}: {error.strerror}") from error


def _bound(path: Path) -> socket.socket:
    """Nobody can connect before `listen`, so there is no moment with a wider mode."""
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        bound.bind(os.fspath(path))
        path.chmod(0o600)
        bound.listen(_BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound


def _guard_folder(folder: Path) -> None:
    """Whoever may write there could put a socket of their own in place of ours."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mode = folder.stat().st_mode
    if mode & 0o022 and not mode & stat.S_ISVTX:
        raise ConfigError(
            f"control.socket: others may write in {folder}; run `chmod go-w {folder}`"
        )


def _clear(path: Path) -> None:
    """Take away what a killed process left; never a living one's socket."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"control.socket = {path}: something else is there already")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        if probe.connect_ex(os.fspath(path)) == 0:
            raise ConfigError(f"control.socket = {path}: another process answers there already")
    path.unlink()
