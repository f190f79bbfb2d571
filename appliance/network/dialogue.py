"""The listener's side of `services.Dialogue`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from appliance.dicom import dimse
from appliance.dicom.dimse import Command, Element, Operation
from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.events import Aborted, CommandReceived, ConnectionLost, Event
from appliance.dicom.negotiation import Context
from appliance.network.channel import answer_to
from appliance.network.sending import send_object
from appliance.network.services import Answer, Caller, Channel
from appliance.network.settings import Outgoing
from appliance.network.storing import Session

_NOTHING: Mapping[Element, int | str] = {}


class IncomingDialogue:
    """See `services.Dialogue`."""

    def __init__(self, session: Session, event: CommandReceived, dataset: bytes) -> None:
        self.command: Command = event.command
        self.context: Context = session.conversation.association.contexts[event.context_id]
        self.dataset = dataset
        self.negotiated = session.negotiated.get(self.context.abstract_syntax, b"")
        self._session = session
        self._conversation = session.conversation
        self._cancelled = False
        self._message_id = 0

    @property
    def caller(self) -> Caller:
        return self._conversation.caller

    @property
    def association(self) -> str:
        return self._session.name

    @property
    def channel(self) -> Channel:
        return self._session.channel

    async def answer(
        self,
        status: int,
        comment: str = "",
        *,
        dataset: bytes = b"",
        offending_element: Sequence[int] = (),
        values: Mapping[Element, int | str] = _NOTHING,
    ) -> None:
        raw = dimse.response(
            self.command,
            status,
            comment,
            offending_element,
            has_data=bool(dataset),
            values=values,
        )
        data = [memoryview(dataset)] if dataset else []
        await self._conversation.say(self.context.context_id, raw, data)

    def cancelled(self) -> bool:
        if not self._cancelled and (event := self._conversation.overhear()) is not None:
            self._cancelled = self._means_the_end(event)
        return self._cancelled

    def takes(self, sop_class_uid: str, transfer_syntax_uid: str) -> bool:
        return self._context_for(sop_class_uid, transfer_syntax_uid) is not None

    async def store(self, outgoing: Outgoing) -> Answer:
        context = self._context_for(outgoing.sop_class_uid, outgoing.transfer_syntax_uid)
        assert context is not None
        raw = dimse.store_request(
            self._next_message_id(),
            outgoing.sop_class_uid,
            outgoing.sop_instance_uid,
            outgoing.move_originator,
        )
        association = self._conversation.association
        association.command(context.context_id, raw)

        async def values(pieces: Sequence[memoryview], last: bool) -> None:
            said = association.values(context.context_id, pieces, last=last)
            await self._conversation.send([association.outgoing(), *said])

        await send_object(outgoing, values, _unthrottled)
        return await self._answer_to_store()

    async def _answer_to_store(self) -> Answer:
        """A C-CANCEL may come before it (PS3.7 §9.3.3.3)."""
        self._conversation.await_message()
        while True:
            event = await self._conversation.next_event()
            if not isinstance(event, CommandReceived):
                raise RemoteProtocolError("Something else came instead of the answer to a C-STORE")
            if event.command.is_response:
                return answer_to(self._message_id, event.command)
            if not self._is_cancel(event):
                raise RemoteProtocolError("A request came instead of the answer to a C-STORE")
            self._cancelled = True

    def _means_the_end(self, event: Event) -> bool:
        if isinstance(event, CommandReceived) and self._is_cancel(event):
            self._conversation.take_back()
            return True
        return isinstance(event, Aborted | ConnectionLost)

    def _is_cancel(self, event: CommandReceived) -> bool:
        return event.command.field == Operation.C_CANCEL and not event.command.has_data

    def _context_for(self, sop_class_uid: str, transfer_syntax_uid: str) -> Context | None:
        if sop_class_uid not in self._session.stores_at_caller:
            return None
        wanted = (sop_class_uid, transfer_syntax_uid)
        contexts = self._conversation.association.contexts.values()
        return next((c for c in contexts if (c.abstract_syntax, c.transfer_syntax) == wanted), None)

    def _next_message_id(self) -> int:
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id


async def _unthrottled(size: int) -> None:
    """Over the caller's own association there is no limit but its own."""
