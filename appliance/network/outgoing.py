"""What can be done over an association that a remote system accepted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

import trio
from pydicom.dataset import Dataset

from appliance.dicom import dimse, negotiation
from appliance.dicom.dataset import encode
from appliance.dicom.dimse import Element
from appliance.dicom.events import CommandReceived
from appliance.dicom.negotiation import Context
from appliance.meter import Meter
from appliance.network import diagnosis
from appliance.network.call import Call
from appliance.network.dialling import failure
from appliance.network.fetching import Fetching
from appliance.network.hearing import Hearing, Report
from appliance.network.inquiry import Inquiry, Response
from appliance.network.sending import send_object
from appliance.network.services import Answer, StoreRequest, StoreSink
from appliance.network.settings import Outgoing, Remote, Throttle


class OutgoingAssociation:
    """An association that a remote system accepted. One operation at a time."""

    def __init__(self, call: Call, remote: Remote, meter: Meter | None, throttle: Throttle) -> None:
        self.objects = 0
        self.bytes = 0
        self._call = call
        self._remote = remote
        self._meter = meter
        self._throttle = throttle
        self._message_id = 0
        self._contexts = {
            (context.abstract_syntax, context.transfer_syntax): context
            for context in call.association.contexts.values()
        }

    def serve(self, answering: Callable[[CommandReceived], Awaitable[None]]) -> None:
        """Let what the peer asks meanwhile be answered; else it is declined."""
        self._call.serve = answering

    def fetching(self, store: Callable[[StoreRequest], StoreSink]) -> Fetching:
        """Keep the objects that the peer sends over this association (C-GET)."""
        fetching = Fetching(self._call, self._remote, store)
        self._call.serve = fetching
        return fetching

    async def hear(
        self,
        answer: Callable[[Report], Awaitable[Answer]],
        seconds: float,
        enough: Callable[[], bool],
    ) -> None:
        """Answer the peer's N-EVENT-REPORTs until it is `enough`, for at most so long.

        Set `hearing` before a request whose report may overtake its answer.
        """
        self.hearing(answer)
        await self._call.attend(seconds, enough)

    def hearing(self, answer: Callable[[Report], Awaitable[Answer]]) -> None:
        """Let the peer's N-EVENT-REPORTs be answered, whenever they come."""
        self._call.serve = Hearing(self._call, answer)

    def negotiated(self, sop_class_uid: str) -> bytes:
        """What the peer answered to extended negotiation; b"" for nothing."""
        return self._call.extended.get(sop_class_uid, b"")

    def accepted(self, sop_class_uid: str, transfer_syntax_uid: str) -> bool:
        """Whether objects of that class may be sent in that transfer syntax."""
        return (sop_class_uid, transfer_syntax_uid) in self._contexts

    async def echo(self) -> int:
        """C-ECHO; returns the status, 0 for success."""
        context = self._any_context(negotiation.VERIFICATION)
        message_id = self._next_message_id()
        raw = dimse.echo_request(message_id, negotiation.VERIFICATION)
        self._call.association.command(context.context_id, raw)
        await self._call.flush()
        return Answer.read(await self._call.response(message_id)).status

    async def store(self, outgoing: Outgoing) -> Answer:
        """C-STORE; returns the peer's answer.

        Raises AssociationFailed: of kind "no_context" it leaves the association usable. What
        `outgoing.chunks` raises comes through and ends the association without its last byte.
        """
        context = self._context(outgoing.sop_class_uid, outgoing.transfer_syntax_uid)
        message_id = self._next_message_id()
        try:
            await self._send(outgoing, context, message_id)
        except BaseException:
            self._call.association.abort()
            raise
        complete = trio.current_time()
        answer = Answer.read(await self._call.response(message_id))
        if self._meter:
            self._meter.sent_seconds.observe(trio.current_time() - complete)
        self.objects += 1
        return answer

    async def ask(
        self,
        sop_class_uid: str,
        field: int,
        values: Mapping[Element, int | str],
        dataset: Dataset | bytes | None = None,
    ) -> Inquiry:
        """Send any request; its answers come from the inquiry, and must all be taken.

        Bytes are a data set in the transfer syntax of the first context for the SOP class.
        Raises AssociationFailed: of kind "no_context" it leaves the association usable.
        """
        context = self._any_context(sop_class_uid)
        message_id = self._next_message_id()
        numbered = {**values, Element.MESSAGE_ID: message_id}
        raw = dimse.message(field, numbered, has_data=dataset is not None)
        association = self._call.association
        association.command(context.context_id, raw)
        pieces: list[bytes | memoryview] = [association.outgoing()]
        if dataset is not None:
            encoded = (
                dataset if isinstance(dataset, bytes) else encode(dataset, context.transfer_syntax)
            )
            said = association.values(context.context_id, [memoryview(encoded)], last=True)
            pieces += said
        await self._call.send(pieces)
        return Inquiry(self._call, context, message_id)

    async def ask_once(
        self,
        sop_class_uid: str,
        field: int,
        values: Mapping[Element, int | str],
        dataset: Dataset | bytes | None = None,
    ) -> Response:
        """As `ask`, for what is answered once: every N- service."""
        return await (await self.ask(sop_class_uid, field, values, dataset)).next()

    async def _send(self, outgoing: Outgoing, context: Context, message_id: int) -> None:
        association = self._call.association
        association.command(
            context.context_id,
            dimse.store_request(
                message_id,
                outgoing.sop_class_uid,
                outgoing.sop_instance_uid,
                outgoing.move_originator,
            ),
        )

        async def values(pieces: Sequence[memoryview], last: bool) -> None:
            said = association.values(context.context_id, pieces, last=last)
            await self._call.send([association.outgoing(), *said])
            self.bytes += sum(map(len, pieces))
            if not last:
                self._call.overhear()

        await send_object(outgoing, values, self._throttle)

    def _context(self, abstract_syntax: str, transfer_syntax: str) -> Context:
        context = self._contexts.get((abstract_syntax, transfer_syntax))
        if context is None:
            raise failure(diagnosis.no_context(self._remote, [abstract_syntax], [transfer_syntax]))
        return context

    def _any_context(self, wanted: str) -> Context:
        for (abstract_syntax, _), context in self._contexts.items():
            if abstract_syntax == wanted:
                return context
        raise failure(diagnosis.no_context(self._remote, [wanted]))

    def _next_message_id(self) -> int:
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id
