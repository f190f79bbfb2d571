"""Answers the N-EVENT-REPORTs that a remote system sends over an association of ours."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from appliance.dicom import dimse
from appliance.dicom.dimse import Command, Operation
from appliance.dicom.events import CommandReceived
from appliance.dicom.negotiation import Context
from appliance.network.call import Call
from appliance.network.services import Answer


@dataclass(frozen=True, slots=True)
class Report:
    """What the peer reports."""

    command: Command
    context: Context
    raw: bytes  # its data set, in the context's transfer syntax


class Hearing:
    """See `OutgoingAssociation.hear`."""

    def __init__(self, call: Call, answer: Callable[[Report], Awaitable[Answer]]) -> None:
        self._call = call
        self._answer = answer

    async def __call__(self, event: CommandReceived) -> None:
        """Answer a report; decline anything else."""
        if event.command.field != Operation.N_EVENT_REPORT:
            await self._call.decline(event)
            return
        context = self._call.association.contexts[event.context_id]
        raw = await self._call.data(event)
        answer = await self._answer(Report(event.command, context, raw))
        said = dimse.response(
            event.command, answer.status, answer.comment, answer.offending_element
        )
        self._call.association.command(event.context_id, said)
        await self._call.flush()
