"""Calls a node for storage commitment: to report to it, or to ask it (PS3.4 J.3.2, J.3.3)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio

from appliance.commitment.model import (
    PUSH_MODEL,
    PUSH_MODEL_INSTANCE,
    REQUEST_ACTION,
    Report,
    Request,
)
from appliance.commitment.wire import write_report, write_request
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.items import RoleSelection
from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN, Proposal
from appliance.network import hearing
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.secure import Security
from appliance.network.services import Answer, AssociationReport
from appliance.network.settings import Remote, RequestorSettings
from appliance.nodes.calling import remote_of
from appliance.nodes.model import Node

# Every system takes it (PS3.5 §10.1), so there is nothing to choose.
_PROPOSALS: tuple[Proposal, ...] = ((PUSH_MODEL, (IMPLICIT_LITTLE_ENDIAN,)),)
# We call as the provider, which a caller otherwise is not (PS3.7 D.3.3.4).
_AS_PROVIDER = (RoleSelection(PUSH_MODEL, scu=False, scp=True),)

Hear = Callable[[hearing.Report], Awaitable[Answer]]


@dataclass(frozen=True)
class Calls:
    """Opens associations. Everything raises AssociationFailed."""

    ae_title: str  # ours
    ended: Callable[[AssociationReport], None]
    security: Security | None = None  # of nodes that are called over TLS

    async def report(self, node: Node, calling: str, report: Report) -> Answer:
        """Deliver a report over an association of ours; the node's answer."""
        data = await trio.to_thread.run_sync(write_report, report, IMPLICIT_LITTLE_ENDIAN)
        async with associate(
            self._remote(node, calling),
            _PROPOSALS,
            _settings(node),
            ended=self.ended,
            roles=_AS_PROVIDER,
        ) as association:
            values = report_values(report)
            response = await association.ask_once(
                PUSH_MODEL, Operation.N_EVENT_REPORT, values, data
            )
        return response.answer

    async def ask(
        self,
        node: Node,
        request: Request,
        hear: Hear,
        *,
        taken: Callable[[Answer], Awaitable[bool]],
        seconds: float,
        enough: Callable[[], bool],
    ) -> None:
        """Ask a node to commit itself; `taken` gets its answer and says whether to stay.

        Reports that come within `seconds`, until it is `enough`, go to `hear`.
        """
        async with associate(
            self._remote(node, ""), _PROPOSALS, _settings(node), ended=self.ended
        ) as association:
            association.hearing(hear)
            if await taken(await _ask(association, request)):
                await association.hear(hear, seconds, enough)

    def _remote(self, node: Node, calling: str) -> Remote:
        return remote_of(node, calling or self.ae_title, self.security)


async def _ask(association: OutgoingAssociation, request: Request) -> Answer:
    values: dict[Element, int | str] = {
        Element.REQUESTED_SOP_CLASS_UID: PUSH_MODEL,
        Element.REQUESTED_SOP_INSTANCE_UID: PUSH_MODEL_INSTANCE,
        Element.ACTION_TYPE_ID: REQUEST_ACTION,
    }
    data = write_request(request, IMPLICIT_LITTLE_ENDIAN)
    return (await association.ask_once(PUSH_MODEL, Operation.N_ACTION, values, data)).answer


def report_values(report: Report) -> dict[Element, int | str]:
    """The command elements of an N-EVENT-REPORT-RQ."""
    return {
        Element.AFFECTED_SOP_CLASS_UID: PUSH_MODEL,
        Element.AFFECTED_SOP_INSTANCE_UID: PUSH_MODEL_INSTANCE,
        Element.EVENT_TYPE_ID: report.event_type,
    }


def _settings(node: Node) -> RequestorSettings:
    return RequestorSettings(
        connect_timeout=node.connect_seconds, response_timeout=node.answer_seconds
    )
