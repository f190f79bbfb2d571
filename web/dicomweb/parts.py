"""Bodies of several parts on their way out (RFC 2387, PS3.18 8.6.1.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from appliance.clock import fresh_name

_END = b"\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its headers, and its bytes once it is its turn."""

    kind: str  # its Content-Type
    content: Callable[[], AbstractAsyncContextManager[AsyncIterator[bytes]]]
    size: int | None = None  # bytes, when they are known before
    headers: Mapping[str, str] = field(default_factory=dict)


class Parts:
    """Several parts as one stream."""

    def __init__(self, inner: str, parts: Sequence[Part]) -> None:
        # 128 bits of chance: no byte of an object can be taken for it.
        self.boundary = f"arca-{fresh_name()}"
        self._inner, self._parts = inner, parts

    def headers(self) -> dict[str, str]:
        made = {
            "Content-Type": f'multipart/related; type="{self._inner}"; boundary={self.boundary}'
        }
        sizes = [part.size for part in self._parts]
        known = [size for size in sizes if size is not None]
        if len(known) == len(sizes):
            frame = sum(len(self._head(part)) + len(_END) for part in self._parts)
            made["Content-Length"] = str(sum(known) + frame + len(self._end()))
        return made

    async def stream(self) -> AsyncGenerator[bytes, None]:
        for part in self._parts:
            yield self._head(part)
            async with part.content() as pieces:
                async for piece in pieces:
                    yield piece
            yield _END
        yield self._end()

    def _head(self, part: Part) -> bytes:
        lines = {"Content-Type": part.kind, **part.headers}
        if part.size is not None:
            lines["Content-Length"] = str(part.size)
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        return f"--{self.boundary}\r\n{text}\r\n".encode("latin-1")

    def _end(self) -> bytes:
        return f"--{self.boundary}--\r\n".encode()
