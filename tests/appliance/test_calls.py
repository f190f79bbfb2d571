"""No more associations at once than are allowed; the next waits for its turn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import trio
from trio.testing import MockClock

from appliance.calls import ByNode, Limited
from appliance.network.services import Answer
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node
from appliance.transfers.sender import Context, Line

_NODE = Node("pacs", "PACS", "127.0.0.1", 104)


class _Counting:
    """A sender that counts its open lines."""

    def __init__(self) -> None:
        self.open = self.most = 0

    def accepted(self, context: Context) -> bool:
        return True

    async def store(self, outgoing: Outgoing) -> Answer:
        return Answer(0)

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            yield self
        finally:
            self.open -= 1


async def test_the_next_waits_for_a_free_line(autojump_clock: MockClock) -> None:
    counting = _Counting()
    limited = Limited(counting, 2)

    async def call() -> None:
        async with limited.connect(_NODE, [], None) as line:
            assert line.accepted(("1.2", "1.3"))
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        for _ in range(6):
            nursery.start_soon(call)
    assert (counting.most, counting.open, trio.current_time()) == (2, 0, 3)


async def test_a_node_with_a_url_is_sent_to_over_the_web() -> None:
    dicom, web = _Counting(), _Counting()
    for node in (_NODE, replace(_NODE, url="https://pacs/web")):
        async with ByNode(dicom, web).connect(node, [], None):
            pass
    assert (dicom.most, web.most) == (1, 1)
