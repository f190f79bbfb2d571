import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from quart import Response
from quart_trio import QuartTrio

from appliance.errors import ConfigError
from web.app import build_operator, build_portal
from web.connection import Limits
from web.doors import tls_context, tls_listener
from web.headers import SECURITY
from web.server import WebSettings, serve, serve_operator, serve_portal
from web.services.bundle import Services


def clock() -> datetime:
    # The client checks the certificate's dates against the real time of day.
    return datetime.now(UTC)  # noqa: TID251


@dataclass
class Served:
    port: int
    settings: WebSettings
    stop: trio.Event

    def client(self, **options: Any) -> httpx.AsyncClient:
        trust = ssl.create_default_context(cafile=str(self.settings.certificate))
        base = f"https://localhost:{self.port}"
        return httpx.AsyncClient(base_url=base, verify=trust, **options)


@pytest.fixture
def settings(tmp_path: Path) -> WebSettings:
    folder = tmp_path / "web"
    return WebSettings(
        "127.0.0.1", 0, folder / "certificate.pem", folder / "key.pem", own_certificate=True
    )


Serving = Callable[..., Any]


@pytest.fixture
def serving(settings: WebSettings, services: Services) -> Serving:
    @asynccontextmanager
    async def served(
        app: QuartTrio | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
    ) -> AsyncIterator[Served]:
        stop = trio.Event()
        portal = app or build_portal(services)
        run = partial(serve_portal, portal, settings, clock=clock, stop=stop, limits=limits)
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                yield Served(await nursery.start(run), settings, stop)
                stop.set()

    return served


async def test_the_portal_over_tls(serving: Serving) -> None:
    async with serving() as served, served.client() as client:
        answer = await client.get("/")
        assert (answer.status_code, "ARCA" in answer.text) == (200, True)
        assert (await client.get("/healthz")).json()["status"] == "ok"
        assert (await client.get("/metrics")).status_code == 200


async def test_every_answer_carries_every_header_once(serving: Serving, services: Services) -> None:
    app = build_portal(services)
    addresses = [str(rule) for rule in app.url_map.iter_rules()]
    async with serving(app) as served, served.client() as client:
        for address in [*addresses, "/static/status.css", "/nothing", "/nodes", "/status"]:
            for method in ("GET", "HEAD", "POST", "OPTIONS"):
                answer = await client.request(method, address)
                _require_headers(answer.headers, f"{method} {address}")


def _require_headers(headers: httpx.Headers, what: str) -> None:
    for name, value in SECURITY.items():
        assert headers.get_list(name) == [value], (name, what)
    assert "server" not in headers
    assert len(headers.get_list("cache-control")) == 1


async def test_a_request_that_never_reaches_the_application_gets_them_too(serving: Serving) -> None:
    async with serving() as served:
        answer = await _raw(served, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
    head = answer.decode().lower()
    assert head.startswith("http/1.1 400")
    assert "x-frame-options: deny" in head
    assert "server:" not in head


async def test_the_operator_is_refused_a_door_to_the_network(
    settings: WebSettings, services: Services, serving: Serving
) -> None:
    async with serving():  # makes the certificate
        context = tls_context(settings.certificate, settings.key)
    listener = tls_listener("127.0.0.1", 0, context)
    async with listener:
        with pytest.raises(ValueError, match="Unix sockets only"):
            await serve(build_operator(services), [listener], stop=trio.Event())
    with pytest.raises(ExceptionGroup) as caught:
        async with serving(build_operator(services)):
            pass
    assert caught.group_contains(ValueError, match="Unix sockets only")


async def test_the_operator_on_its_unix_socket(tmp_path: Path, services: Services) -> None:
    path, stop = tmp_path / "control.sock", trio.Event()
    async with trio.open_nursery() as nursery:
        await nursery.start(partial(serve_operator, build_operator(services), path, stop=stop))
        wires = httpx.AsyncHTTPTransport(uds=str(path))
        async with httpx.AsyncClient(transport=wires, base_url="http://arca") as client:
            answer = await client.get("/status")
            assert answer.json()["status"]["ae_title"] == "ARCA"
            _require_headers(answer.headers, "/status")
        stop.set()
    assert not path.exists()


async def test_an_operators_certificate_that_is_missing(
    settings: WebSettings, services: Services
) -> None:
    theirs = replace(settings, own_certificate=False)
    with pytest.raises(ConfigError, match="cannot be used"):
        await serve_portal(build_portal(services), theirs, clock=clock, stop=trio.Event())
    assert not settings.certificate.exists()


async def test_a_certificate_near_its_end_is_replaced_while_serving(
    settings: WebSettings, services: Services
) -> None:
    stop, moments = trio.Event(), [clock() - timedelta(days=390)]
    often = replace(settings, refresh=0.01)
    run = partial(serve_portal, build_portal(services), often, stop=stop)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            port = await nursery.start(partial(run, clock=lambda: moments[-1]))
            first = settings.certificate.read_bytes()
            moments.append(clock())
            served = Served(port, settings, stop)
            while await _presented(served) == ssl.PEM_cert_to_DER_cert(first.decode()):
                pass
            stop.set()


async def _presented(served: Served) -> bytes:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    stream = await trio.open_ssl_over_tcp_stream(
        "localhost", served.port, ssl_context=context, https_compatible=True
    )
    async with stream:
        await stream.do_handshake()
        shown: bytes = stream.getpeercert(binary_form=True)
    return shown


async def _raw(served: Served, *pieces: bytes, protocol: str = "http/1.1") -> bytes:
    """What comes back for bytes sent as they are, up to the end of the stream."""
    context = ssl.create_default_context(cafile=str(served.settings.certificate))
    context.set_alpn_protocols([protocol])
    stream = await trio.open_ssl_over_tcp_stream(
        "localhost", served.port, ssl_context=context, https_compatible=True
    )
    answer = b""
    async with stream:
        for piece in pieces:
            await stream.send_all(piece)
            if piece is not pieces[-1]:
                answer += await stream.receive_some(65536)
        with trio.move_on_after(1):
            async for chunk in stream:
                answer += chunk
    return answer


async def test_the_end_of_the_stream_follows_connection_close(serving: Serving) -> None:
    async with serving() as served:
        with trio.fail_after(5):
            request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            context = ssl.create_default_context(cafile=str(served.settings.certificate))
            stream = await trio.open_ssl_over_tcp_stream(
                "localhost", served.port, ssl_context=context, https_compatible=True
            )
            await stream.send_all(request)
            answer = b"".join([chunk async for chunk in stream])
            await stream.aclose()
    assert answer.endswith(b'{"status":"ok","failing":[]}\n')


async def test_the_limit_on_connections(serving: Serving) -> None:
    limits = Limits(connections=1)
    async with serving(limits=limits) as served, served.client() as client:
        assert (await client.get("/healthz")).status_code == 200
        async with served.client() as other:
            with pytest.raises(httpx.TransportError):
                await other.get("/healthz")
        assert (await client.get("/healthz")).status_code == 200


@pytest.fixture
def slow(services: Services) -> QuartTrio:
    """The portal with two more pages: one that waits, one without end."""
    app = build_portal(services)
    app.asked, app.go_on = trio.Event(), trio.Event()  # type: ignore[attr-defined]

    @app.get("/slow")
    async def waiting() -> str:
        app.asked.set()  # type: ignore[attr-defined]
        await app.go_on.wait()  # type: ignore[attr-defined]
        return "done"

    @app.get("/endless")
    async def endless() -> Any:
        async def chunks() -> AsyncIterator[bytes]:
            while True:
                yield bytes(1 << 20)

        app.asked.set()  # type: ignore[attr-defined]
        response = Response(chunks())
        response.timeout = None
        return response

    return app


async def test_an_answer_under_way_is_finished_at_a_stop(serving: Serving, slow: Any) -> None:
    answers: list[str] = []

    async def ask(client: httpx.AsyncClient) -> None:
        answers.append((await client.get("/slow")).text)

    async with serving(slow) as served, served.client() as client, trio.open_nursery() as nursery:
        nursery.start_soon(ask, client)
        await slow.asked.wait()
        served.stop.set()
        slow.go_on.set()
    assert answers == ["done"]


@pytest.mark.parametrize("address", ["/slow", "/endless"])
async def test_a_stop_does_not_wait_for_ever(serving: Serving, slow: Any, address: str) -> None:
    async with serving(slow, Limits(grace=0.1)) as served:
        context = ssl.create_default_context(cafile=str(served.settings.certificate))
        stream = await trio.open_ssl_over_tcp_stream(
            "localhost", served.port, ssl_context=context, https_compatible=True
        )
        await stream.send_all(f"GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await slow.asked.wait()
        served.stop.set()
        # nobody reads: the answer without end is stuck in the middle of a write
    await trio.aclose_forcefully(stream)


async def test_a_peer_that_does_not_read_is_cut(serving: Serving, slow: Any) -> None:
    async with serving(slow, Limits(connections=1, write=0.1)) as served:
        context = ssl.create_default_context(cafile=str(served.settings.certificate))
        stream = await trio.open_ssl_over_tcp_stream(
            "localhost", served.port, ssl_context=context, https_compatible=True
        )
        await stream.send_all(b"GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await slow.asked.wait()
        while True:  # the only place is free again once it has been cut
            async with served.client() as client:
                try:
                    assert (await client.get("/healthz")).status_code == 200
                except httpx.TransportError:
                    await trio.sleep(0.02)
                else:
                    break
        await trio.aclose_forcefully(stream)
