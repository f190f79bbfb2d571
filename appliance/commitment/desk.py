"""Answers what comes over associations: requests to us, and reports on requests of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import trio

from appliance import clock
from appliance.commitment import requests
from appliance.commitment.asking import Asking
from appliance.commitment.model import PUSH_MODEL_INSTANCE, REQUEST_ACTION, Request, objection
from appliance.commitment.packing import pack
from appliance.commitment.reporting import Reporting
from appliance.commitment.requests import Kept
from appliance.commitment.wire import read_request
from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.dicom.dataset import DatasetError
from appliance.dicom.dimse import Command, Element, Operation
from appliance.network.services import Answer, Dialogue

# Lists that are being read at the same time: each may be some ten megabytes.
_READERS = 2


class Desk:
    """N-ACTION and N-EVENT-REPORT of the Storage Commitment Push Model (PS3.4 J.3)."""

    def __init__(
        self,
        database: Database,
        reporting: Reporting,
        asking: Asking,
        came: Callable[[], None],
        now: clock.Clock,
    ) -> None:
        """`came` is called when a request is to be verified."""
        self._database = database
        self._reporting = reporting
        self._asking = asking
        self._came = came
        self._now = now
        self._readers = trio.CapacityLimiter(_READERS)

    async def handle(self, dialogue: Dialogue) -> None:
        if dialogue.command.field == Operation.N_EVENT_REPORT:
            answer = await self._asking.take(dialogue.dataset, dialogue.context.transfer_syntax)
            event = dialogue.command.number(Element.EVENT_TYPE_ID)
            values = {} if event is None else {Element.EVENT_TYPE_ID: event}
            await dialogue.answer(answer.status, answer.comment, values=values)
            return
        answer = refusal(dialogue.command) or await self._keep(dialogue)
        await dialogue.answer(answer.status, answer.comment)
        self._came()
        self._reporting.due()

    async def _keep(self, dialogue: Dialogue) -> Answer:
        """Success only once the request is durable."""
        read = partial(_read, dialogue.dataset, dialogue.context.transfer_syntax)
        try:
            found = await trio.to_thread.run_sync(read, limiter=self._readers)
        except DatasetError as error:
            return Answer(statuses.INVALID_ARGUMENT, str(error))
        if isinstance(found, str):
            return Answer(statuses.INVALID_ARGUMENT, found)
        kept, number = await self._database.run(requests.keep, *found, dialogue.caller, self._now())
        if kept is Kept.FULL:
            return Answer(statuses.RESOURCE_LIMITATION, "Too many commitments are open; ask later")
        self._reporting.came_over(number, dialogue.channel)
        return Answer(statuses.SUCCESS)


def _read(raw: bytes, transfer_syntax_uid: str) -> tuple[Request, bytes, str] | str:
    """A request with its list as it is kept, or what is wrong with it. Blocking."""
    request = read_request(raw, transfer_syntax_uid)
    if wrong := objection(request):
        return wrong
    return request, pack(request.references), request.content


def refusal(command: Command) -> Answer | None:
    """Why a command is not what can be asked here (PS3.4 J.3.2.1, PS3.7 §10.1.4.1.10)."""
    if command.name(Element.REQUESTED_SOP_INSTANCE_UID) != PUSH_MODEL_INSTANCE:
        return Answer(statuses.NO_SUCH_INSTANCE, "Ask the well-known instance")
    if command.number(Element.ACTION_TYPE_ID) != REQUEST_ACTION:
        return Answer(statuses.NO_SUCH_ACTION, "Only action type 1 is known here")
    if not command.has_data:
        return Answer(statuses.MISTYPED_ARGUMENT, "No data set came")
    return None
