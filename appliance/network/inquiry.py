"""A request we sent and the answers that come to it, one or many."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from appliance.dicom import dimse, statuses
from appliance.dicom.dataset import decode
from appliance.dicom.dimse import Command, Element, Operation
from appliance.dicom.negotiation import Context
from appliance.network.call import Call
from appliance.network.services import Answer


@dataclass(frozen=True, slots=True)
class Response:
    """One answer."""

    answer: Answer
    command: Command
    raw: bytes  # its data set, as it came
    context: Context

    @property
    def pending(self) -> bool:
        """More answers follow."""
        return statuses.category(self.answer.status) == "pending"

    @property
    def dataset(self) -> Dataset:
        """Its data set; an empty one when none came. Raises DatasetError."""
        return decode(self.raw, self.context.transfer_syntax)


class Inquiry:
    """Take answers with `next` until one is not pending; everything raises AssociationFailed."""

    def __init__(self, call: Call, context: Context, message_id: int) -> None:
        self.context = context
        self._call = call
        self._message_id = message_id

    async def next(self) -> Response:
        """The next answer; how long it may take is the requestor's setting."""
        command, raw = await self._call.reply(self._message_id)
        return Response(Answer.read(command), command, raw, self.context)

    async def cancel(self) -> None:
        """Ask for no more (PS3.7 §9.3.2.3); the last answer is still to be taken."""
        values = {Element.MESSAGE_ID_BEING_RESPONDED_TO: self._message_id}
        raw = dimse.message(Operation.C_CANCEL, values, has_data=False)
        self._call.association.command(self.context.context_id, raw)
        await self._call.flush()
