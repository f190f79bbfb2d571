"""What the queue asks of whoever speaks to destinations."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

from appliance.network.services import Answer
from appliance.network.settings import Outgoing, Throttle
from appliance.nodes.model import Node

Context: TypeAlias = tuple[str, str]  # SOP class, transfer syntax


def context_of(outgoing: Outgoing) -> Context:
    """The presentation context that an object needs: it is sent as it is stored."""
    return outgoing.sop_class_uid, outgoing.transfer_syntax_uid


class Line(Protocol):
    """An open association with a destination. One caller at a time."""

    def accepted(self, context: Context) -> bool:
        """Whether the destination takes such objects over this association."""

    async def store(self, outgoing: Outgoing) -> Answer:
        """Send an object; the destination's answer.

        Raises `AssociationFailed` when the association failed, and the `StoreError` of the
        chunks after breaking the association off. Neither leaves it usable.
        """


class Sender(Protocol):
    """Opens associations."""

    def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AbstractAsyncContextManager[Line]:
        """Propose at most 128 contexts to a node; released at the end.

        `throttle` is awaited with the number of bytes before they go.
        Raises `AssociationFailed`.
        """
