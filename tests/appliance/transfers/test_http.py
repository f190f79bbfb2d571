from __future__ import annotations

import socket
import threading

import httpx
import pytest

from appliance.network.errors import AssociationFailed
from appliance.transfers import http


async def _get(url: str) -> None:
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        with http.failures(url):
            await client.get(url)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1/", "refused_connection"),
        ("http://no-such-host.invalid/", "unreachable"),
        ("http://[::1", "rejected_permanent"),
    ],
)
async def test_servers_that_are_not_there(url: str, kind: str) -> None:
    with pytest.raises(AssociationFailed) as raised:
        await _get(url)
    assert raised.value.kind == kind
    assert url in str(raised.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ReadTimeout("slow"), "timeout"),
        (httpx.ReadError("reset"), "broken"),
        (httpx.RemoteProtocolError("rubbish"), "not_dicom"),
    ],
)
def test_connections_that_fail_later(error: httpx.TransportError, kind: str) -> None:
    with pytest.raises(AssociationFailed) as raised, http.failures("http://cloud"):
        raise error
    assert raised.value.kind == kind


async def test_tls_where_there_is_none() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        def answer() -> None:
            with listener.accept()[0] as caller:
                caller.recv(100)
                caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(AssociationFailed, match="does not speak TLS") as raised:
            await _get(f"https://127.0.0.1:{port}/")
        thread.join()
    assert raised.value.kind == "tls"


@pytest.mark.parametrize(
    ("code", "kind"),
    [(307, "rejected_permanent"), (501, "rejected_permanent"), (502, "rejected_transient")],
)
def test_codes(code: int, kind: str) -> None:
    assert http.refused("http://cloud", code).kind == kind
