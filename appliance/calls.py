"""How we call remote systems: for the queue, and to see whether they are there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from appliance import clock
from appliance.config import DicomSection
from appliance.dicom import statuses
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import VERIFICATION, associate
from appliance.network.services import Answer, AssociationReport
from appliance.network.settings import Outgoing, Remote, RequestorSettings, Throttle
from appliance.nodes.model import Echo, Node
from appliance.transfers.sender import Context, Line


@dataclass(frozen=True)
class _Line:
    """See `transfers.sender.Line`."""

    association: OutgoingAssociation

    def accepted(self, context: Context) -> bool:
        return self.association.accepted(*context)

    async def store(self, outgoing: Outgoing) -> Answer:
        return await self.association.store(outgoing)


class Calls:
    """Opens associations under our AE title; see also `transfers.sender.Sender`."""

    def __init__(self, settings: DicomSection, meter: Meter) -> None:
        self._settings = settings
        self._meter = meter
        self._limit = trio.CapacityLimiter(settings.concurrent_tasks)
        self._ended: Callable[[AssociationReport], None] = lambda _: None

    def reports_to(self, ended: Callable[[AssociationReport], None]) -> None:
        """Who is told how each call went."""
        self._ended = ended

    async def echo(self, node: Node, calling_ae_title: str) -> Echo:
        """C-ECHO; never raises for what the peer does."""
        began = clock.monotonic()
        remote = Remote(node.ae_title, node.host, node.port, calling_ae_title)
        try:
            async with associate(
                remote, [VERIFICATION], _patience(node), meter=self._meter, ended=self._ended
            ) as association:
                status = await association.echo()
        except AssociationFailed as failure:
            return Echo(ok=False, seconds=clock.monotonic() - began, diagnosis=str(failure))
        words = "" if status == statuses.SUCCESS else f"{node.name} answered C-ECHO {status:04X}"
        return Echo(ok=not words, seconds=clock.monotonic() - began, diagnosis=words)

    @asynccontextmanager
    async def connect(
        self, node: Node, contexts: Sequence[Context], throttle: Throttle | None
    ) -> AsyncIterator[Line]:
        """See `transfers.sender.Sender`; waits while as many tasks run as are allowed."""
        title = node.calling_ae_title or self._settings.ae_title
        remote = Remote(node.ae_title, node.host, node.port, title)
        proposals = [(sop_class, (syntax,)) for sop_class, syntax in contexts]
        async with (
            self._limit,
            associate(
                remote,
                proposals,
                _patience(node),
                meter=self._meter,
                ended=self._ended,
                throttle=throttle or _unthrottled,
            ) as association,
        ):
            yield _Line(association)


async def _unthrottled(_: int) -> None:
    """As fast as the peer takes it."""


def _patience(node: Node) -> RequestorSettings:
    return RequestorSettings(
        connect_timeout=node.connect_seconds, response_timeout=node.answer_seconds
    )
