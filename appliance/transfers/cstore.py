"""Sends over DICOM associations (PS3.4 Annex B)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from appliance.meter import Meter
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.secure import Security
from appliance.network.services import Answer, AssociationReport
from appliance.network.settings import Outgoing, RequestorSettings, Throttle
from appliance.nodes.calling import remote_of
from appliance.nodes.model import Node
from appliance.transfers.sender import Context, Line


class CStore:
    """See `sender.Sender`."""

    def __init__(
        self,
        ae_title: str,
        meter: Meter | None = None,
        ended: Callable[[AssociationReport], None] | None = None,
        security: Security | None = None,
    ) -> None:
        """`ae_title` is ours; `ended` is told how each association went; `security` serves
        nodes that are called over TLS."""
        self._security = security
        self._ae_title = ae_title
        self._meter = meter
        self._ended = ended

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        """One context for each pair: the destination must not choose what we do not have."""
        remote = remote_of(node, self._ae_title, self._security)
        async with associate(
            remote,
            [(sop_class, (transfer_syntax,)) for sop_class, transfer_syntax in contexts],
            _settings(node),
            meter=self._meter,
            ended=self._ended,
            throttle=throttle,
        ) as association:
            yield _Line(association)


class _Line:
    """See `sender.Line`."""

    def __init__(self, association: OutgoingAssociation) -> None:
        self._association = association

    def accepted(self, context: Context) -> bool:
        return self._association.accepted(*context)

    async def store(self, outgoing: Outgoing) -> Answer:
        return await self._association.store(outgoing)


def _settings(node: Node) -> RequestorSettings:
    return RequestorSettings(
        connect_timeout=node.connect_seconds,
        response_timeout=node.answer_seconds,
        stall_timeout=node.answer_seconds,
    )
