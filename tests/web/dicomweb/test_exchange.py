"""Bodies are counted, and cut when slow; requests that could be read in two ways are refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Body, Disconnected, request_of
from web.dicomweb.services import Limits

LIMITS = Limits(patience=30, slowest=100)


def body(*pieces: tuple[float, bytes], end: bool = True) -> Body:
    """Each piece comes after so many seconds."""
    waiting = iter([*pieces, *([(0.0, b"")] if end else [])])
    left = [len(pieces) + end]

    async def receive() -> Any:
        left[0] -= 1
        for seconds, data in waiting:
            await trio.sleep(seconds)
            return {"type": "http.request", "body": data, "more_body": bool(left[0])}
        return {"type": "http.disconnect"}

    return Body(receive, LIMITS)


async def read(one: Body) -> bytes:
    found = b""
    while (piece := await one.next()) is not None:
        found += piece
    return found


async def test_a_body_comes_whole(autojump_clock: MockClock) -> None:
    assert await read(body((0, b"a"), (29, b""), (20, b"b" * 9000), (29, b"c"))) == (
        b"a" + b"b" * 9000 + b"c"
    )


@pytest.mark.parametrize(
    "pieces", [[(31.0, b"late")], [(5.0, b"drip")] * 20, [(0.0, b"x" * 999), *[(9.0, b"y")] * 9]]
)
async def test_a_slow_body_is_cut(
    autojump_clock: MockClock, pieces: Sequence[tuple[float, bytes]]
) -> None:
    with pytest.raises(Refused) as refused:
        await read(body(*pieces))
    assert refused.value.status == 408


async def test_time_that_we_need_ourselves_does_not_count(autojump_clock: MockClock) -> None:
    one = body(*[(0.1, b"x" * 50)] * 10)
    for _ in range(10):
        assert await one.next()
        await trio.sleep(100)
    assert await one.next() is None


async def test_a_client_that_goes(autojump_clock: MockClock) -> None:
    one = body(end=False)
    with pytest.raises(Disconnected):
        await one.next()


def scope(*headers: tuple[bytes, bytes], query: bytes = b"") -> dict[str, Any]:
    return {
        "method": "GET",
        "path": "/dicomweb/studies",
        "query_string": query,
        "headers": list(headers),
        "client": ("10.0.0.7", 1),
        "scheme": "https",
    }


def test_a_request() -> None:
    given = scope(
        (b"Host", b"arca:8443"), (b"Accept", b"a/b"), (b"accept", b"c/d"), query=b"a=1&a=2"
    )
    request = request_of(given, None, "/dicomweb", LIMITS)  # type: ignore[arg-type]
    assert (request.path, request.host) == ("/studies", "10.0.0.7")
    assert request.base == "https://arca:8443/dicomweb"
    assert request.headers["accept"] == "a/b, c/d"
    assert request.parameter("a") == "2"


@pytest.mark.parametrize(
    ("given", "status"),
    [
        (scope((b"content-length", b"5"), (b"transfer-encoding", b"chunked")), 400),
        (scope((b"content-length", b"5"), (b"content-length", b"6")), 400),
        (scope((b"authorization", b"a"), (b"authorization", b"b")), 400),
        (scope(query=b"a=1&" * 10_000), 414),
        (scope(query=b"a=\xff"), 400),
    ],
)
def test_what_could_be_read_in_two_ways(given: dict[str, Any], status: int) -> None:
    with pytest.raises(Refused) as refused:
        request_of(given, None, "/dicomweb", LIMITS)  # type: ignore[arg-type]
    assert refused.value.status == status
