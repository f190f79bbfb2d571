"""Which way we send, and how many at the same time to all nodes together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import trio

from appliance.network.settings import Throttle
from appliance.nodes.model import Node
from appliance.transfers.sender import Context, Line, Sender


class ByNode:
    """A `transfers.sender.Sender` that takes the way a node wants: DICOM, or DICOMweb."""

    def __init__(self, dicom: Sender, web: Sender) -> None:
        self._dicom = dicom
        self._web = web

    def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AbstractAsyncContextManager[Line]:
        """By DICOMweb to nodes that have a URL."""
        return (self._web if node.url else self._dicom).connect(node, contexts, throttle)


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
