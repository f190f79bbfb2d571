"""Takes a data set out of blocking chunks, in pieces worth a hop to a thread each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import NamedTuple

import trio

from appliance.network.settings import Outgoing, Throttle

# One hop to a thread and one pass of system calls; most objects are one batch.
_BATCH = 1 << 20


class Batch(NamedTuple):
    """The next pieces of a data set."""

    pieces: list[memoryview]
    last: bool


class Source:
    """The chunks of one object.

    The end of a data set is handed out only when the iterator has ended without an error: who
    verifies what he reads can still object to the whole after its last byte.
    """

    def __init__(self, chunks: Callable[[], Iterator[bytes]]) -> None:
        self._open = chunks
        self._chunks: Iterator[bytes] | None = None
        self._held: list[memoryview] = []

    async def next(self) -> Batch:
        """The next batch, read in a worker thread; raises what the iterator raises."""
        return await trio.to_thread.run_sync(self._pull)

    def _pull(self) -> Batch:
        if self._chunks is None:
            self._chunks = self._open()
        pieces, self._held = self._held, []
        size = sum(map(len, pieces))
        for chunk in self._chunks:
            if not chunk:
                continue
            if size >= _BATCH:
                self._held = [*_odd_end(pieces, size), memoryview(chunk)]
                return Batch(pieces, last=False)
            pieces.append(memoryview(chunk))
            size += len(chunk)
        return Batch(pieces, last=True)


async def send_object(
    outgoing: Outgoing,
    values: Callable[[Sequence[memoryview], bool], Awaitable[None]],
    throttle: Throttle,
) -> int:
    """Hand the data set of an object, batch by batch, to `values(pieces, last)`; its size."""
    source, last, total = Source(outgoing.chunks), False, 0
    while not last:
        pieces, last = await source.next()
        size = sum(map(len, pieces))
        await throttle(size)
        await values(pieces, last)
        total += size
    return total


def _odd_end(pieces: list[memoryview], size: int) -> list[memoryview]:
    """Take the last byte off pieces of odd size: some peers refuse values of odd length."""
    if size % 2 == 0:
        return []
    piece = pieces.pop()
    if len(piece) > 1:
        pieces.append(piece[:-1])
    return [piece[-1:]]
