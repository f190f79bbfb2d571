"""Bodies of several parts on their way out, read by our own reader."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from tests.web.dicomweb.test_multipart import read
from web.dicomweb.parts import Part, Parts


@asynccontextmanager
async def content() -> AsyncGenerator[AsyncIterator[bytes], None]:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    yield pieces()


async def test_what_goes_out_comes_back() -> None:
    made = Parts("a/b", [Part("a/b; c=d", content, 6), Part("e/f", content, 6, {"X": "y"})])
    raw = b"".join([piece async for piece in made.stream()])
    assert int(made.headers()["Content-Length"]) == len(raw)
    assert made.headers()["Content-Type"].startswith('multipart/related; type="a/b"; boundary=')
    assert read(raw, boundary=made.boundary) == [
        ({"content-type": "a/b; c=d", "content-length": "6"}, b"onetwo"),
        ({"content-type": "e/f", "x": "y", "content-length": "6"}, b"onetwo"),
    ]


def test_a_length_that_is_not_known() -> None:
    assert "Content-Length" not in Parts("a/b", [Part("a/b", content)]).headers()
