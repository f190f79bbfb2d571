"""What the queue asks of whoever speaks to destinations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from appliance.errors import PeerError
from appliance.network.services import Answer
from appliance.nodes.model import Node

Context: TypeAlias = tuple[str, str]  # SOP class, transfer syntax


class Undelivered(PeerError):
    """An association failed, or never came about; the text is the diagnosis in plain words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(words)
        self.kind = kind  # refused_connection, timeout, rejected_permanent, no_context …


@dataclass(frozen=True, slots=True)
class Parcel:
    """An object ready to be sent, as it is stored."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    length: int  # bytes of the data set
    chunks: Callable[[], Iterator[bytes]]  # blocking; raises `StoreError` instead of its last chunk

    @property
    def context(self) -> Context:
        return self.sop_class_uid, self.transfer_syntax_uid


class Line(Protocol):
    """An open association with a destination. One caller at a time."""

    def accepted(self, context: Context) -> bool:
        """Whether the destination takes such objects over this association."""

    async def store(self, parcel: Parcel) -> Answer:
        """Send an object; the destination's answer.

        Raises `Undelivered` when the association failed, and the `StoreError` of the
        chunks after breaking the association off. Neither leaves it usable.
        """


class Sender(Protocol):
    """Opens associations."""

    def connect(self, node: Node, contexts: Sequence[Context]) -> AbstractAsyncContextManager[Line]:
        """Propose at most 128 contexts to a node; released at the end. Raises `Undelivered`."""
