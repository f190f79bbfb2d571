"""How many associations we open at the same time, to all nodes together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from appliance.network.settings import Throttle
from appliance.nodes.model import Node
from appliance.transfers.sender import Context, Line, Sender


class Limited:
    """A `transfers.sender.Sender` with so many lines to the outside."""

    def __init__(self, sender: Sender, lines: int) -> None:
        self._sender = sender
        self._lines = trio.CapacityLimiter(lines)

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        """Waits for a free line."""
        async with self._lines, self._sender.connect(node, contexts, throttle) as line:
            yield line
