"""Small requests that end an unguarded server, and what must be left after them."""

from __future__ import annotations

import logging
import struct
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import hpack
import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from web.app import build_operator, build_portal
from web.connection import Limits, Settings
from web.doors import unix_listener
from web.headers import RAW
from web.server import serve, serve_operator
from web.services.bundle import Services

WEB_SOCKET = (
    b"GET /%s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
HELLO = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\x04\0\0\0\0\0"
UPGRADE_H2C = (
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
    b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
)


def frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    """RFC 9113 §4.1."""
    return struct.pack(">I", len(body))[1:] + struct.pack(">BBI", kind, flags, stream) + body


def headers(stream: int, *fields: tuple[str, str], end: bool = False) -> bytes:
    return frame(1, 4 | end, stream, hpack.Encoder().encode(list(fields)))


POST = ((":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", "/nothing"))

KILLERS = {
    "a web socket and a stray byte": [WEB_SOCKET % b"", b"\xff"],
    "the same at once": [WEB_SOCKET % b"" + b"\xff"],
    "a web socket on an ordinary page and a stray byte": [WEB_SOCKET % b"status", b"x"],
    "a web socket to nowhere and frames": [WEB_SOCKET % b"none", b"\x81\x85abcdHELLO"],
    "a request with a body nobody reads and more": [
        b"POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGARBAGE\r\n\r\n"
    ],
    "requests whose answers nobody waits for": [b"GET /status HTTP/1.1\r\nHost: x\r\n\r\n" * 9],
    "HTTP/2 data after the answer": [
        HELLO + headers(1, *POST), *[frame(0, 0, 1, b"late")] * 3, frame(0, 1, 1, b"end"),
    ],
    "HTTP/2 CONNECT without a path": [
        HELLO + headers(1, (":method", "CONNECT"), (":authority", "x:1"))
    ],
    "HTTP/2 extended CONNECT": [
        HELLO
        + headers(
            1, (":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "http"),
            (":path", "/"), (":authority", "x"),
        ),
        frame(0, 0, 1, b"\xff"),
    ],
    "HTTP/2 headers upon headers": [HELLO + headers(1, *POST) * 2],
    "HTTP/2 data without a stream": [HELLO + frame(0, 1, 9, b"x")],
    "HTTP/2 resets": [HELLO + b"".join(headers(n, *POST) + frame(3, 0, n, b"\0\0\0\x08")
                                       for n in range(1, 99, 2))],
    "HTTP/2 priority on itself": [HELLO + frame(2, 0, 1, struct.pack(">IB", 1, 0))],
    "an upgrade to h2c and garbage": [UPGRADE_H2C, b"GARBAGE" * 9],
    "an upgrade to h2c and a bad preface": [UPGRADE_H2C + b"\0\1\2"],
    "settings that are no base64": [UPGRADE_H2C.replace(b"AAMAAABkAAQAAP__", b"!")],
    "not HTTP": [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"],
    "a DICOM association": [bytes.fromhex("0100000000d800010000") + b"ARCA".ljust(16) * 2],
    "headers without end": [b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000],
    "a path that is no text": [b"GET /\xff\xfe%ff%00 HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a whole address as path": [b"GET http://y/z HTTP/1.1\r\nHost: x\r\n\r\n"],
    "an asterisk": [b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"],
    "an empty host": [b"GET / HTTP/1.1\r\nHost:\r\n\r\n"],
    "no host": [b"GET / HTTP/1.0\r\n\r\n"],
    "two lengths": [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                    b"Content-Length: 2\r\n\r\nab"],
    "chunks without end": [b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
                           b"FFFFFFFFFFFFFFFF\r\n"],
}  # fmt: skip


# A connection that is forgotten would hold up the stop for longer than any test may take.
STRICT = Limits(grace=3600, linger=0.1)


class Target:
    """The operator's application on a Unix socket, attacked there: the same code as over TLS."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def throw(self, pieces: Sequence[bytes]) -> None:
        """Send each piece once the last one was answered, or nothing came for a while."""
        stream = await trio.open_unix_socket(self.path)
        async with stream:
            for piece in pieces:
                try:
                    await stream.send_all(piece)
                    with trio.move_on_after(0.05):
                        await stream.receive_some(65536)
                except trio.BrokenResourceError:
                    return

    async def answers(self) -> bool:
        stream = await trio.open_unix_socket(self.path)
        async with stream:
            request = b"GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            await stream.send_all(request)
            answer = b"".join([chunk async for chunk in stream])
        return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("pieces", KILLERS.values(), ids=KILLERS)
async def test_one_connection_ends_and_no_other(
    pieces: list[bytes], services: Services, tmp_path: Path
) -> None:
    target, stop = Target(tmp_path / "s"), trio.Event()
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            run = partial(serve_operator, build_operator(services), target.path, stop=stop)
            await nursery.start(partial(run, limits=STRICT))
            neighbour = await trio.open_unix_socket(target.path)
            for _ in range(3):
                await target.throw(pieces)
                assert await target.answers()
            await neighbour.send_all(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await neighbour.receive_some(15)).startswith(b"HTTP/1.1 200")
            await neighbour.aclose()
            stop.set()


async def test_the_portal_survives_them_as_well(
    services: Services, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stop, target = trio.Event(), Target(tmp_path / "s")
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            listener = unix_listener(target.path)
            run = partial(serve, build_portal(services), [listener], stop=stop, limits=STRICT)
            await nursery.start(run)
            for pieces in KILLERS.values():
                await target.throw(pieces)
            stream = await trio.open_unix_socket(target.path)
            await stream.send_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await stream.receive_some(15)).startswith(b"HTTP/1.1 200")
            await stream.aclose()
            stop.set()
    dropped = [one for one in caplog.records if one.name == "web.connection"]
    assert dropped, "none of them kills an unguarded server: the list has grown stale"
    assert all(one.levelno == logging.WARNING and one.exc_info is None for one in dropped)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    start=st.sampled_from([b"", HELLO, WEB_SOCKET % b"status", b"GET / HTTP/1.1\r\n"]),
    pieces=st.lists(st.binary(min_size=1, max_size=64), min_size=1, max_size=2),
)
async def test_nor_does_noise_end_it(start: bytes, pieces: list[bytes], services: Services) -> None:
    with TemporaryDirectory() as folder, trio.fail_after(20):
        target, stop = Target(Path(folder) / "s"), trio.Event()
        async with trio.open_nursery() as nursery:
            run = partial(serve_operator, build_operator(services), target.path, stop=stop)
            await nursery.start(run)
            await target.throw([start + pieces[0], *pieces[1:]])
            assert await target.answers()
            stop.set()


def test_no_name_of_the_server_and_our_headers() -> None:
    sent = Settings(Limits()).response_headers("h2")
    assert [name for name, _ in sent] == [b"date", *[name for name, _ in RAW]]
