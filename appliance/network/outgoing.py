"""What can be done over an association that a remote system accepted."""

from __future__ import annotations

import trio

from appliance.dicom import dimse, negotiation, statuses
from appliance.dicom.dimse import Command, Element
from appliance.dicom.negotiation import Context
from appliance.meter import Meter
from appliance.network import diagnosis
from appliance.network.call import Call
from appliance.network.dialling import failure
from appliance.network.sending import Source
from appliance.network.services import Answer
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

    def accepted(self, sop_class_uid: str, transfer_syntax_uid: str) -> bool:
        """Whether objects of that class may be sent in that transfer syntax."""
        return (sop_class_uid, transfer_syntax_uid) in self._contexts

    async def echo(self) -> int:
        """C-ECHO; returns the status, 0 for success."""
        context = self._verification()
        message_id = self._next_message_id()
        raw = dimse.echo_request(message_id, negotiation.VERIFICATION)
        self._call.association.command(context.context_id, raw)
        await self._call.flush()
        return _answer(await self._call.response(message_id)).status

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
        answer = _answer(await self._call.response(message_id))
        if self._meter:
            self._meter.sent_seconds.observe(trio.current_time() - complete)
        self.objects += 1
        return answer

    async def _send(self, outgoing: Outgoing, context: Context, message_id: int) -> None:
        raw = dimse.store_request(
            message_id,
            outgoing.sop_class_uid,
            outgoing.sop_instance_uid,
            outgoing.move_originator,
        )
        association, source, last = self._call.association, Source(outgoing.chunks), False
        while not last:
            pieces, last = await source.next()
            size = sum(map(len, pieces))
            await self._throttle(size)
            if raw:
                association.command(context.context_id, raw)
                raw = b""
            else:
                self._call.overhear()
            values = association.values(context.context_id, pieces, last=last)
            await self._call.send([association.outgoing(), *values])
            self.bytes += size

    def _context(self, abstract_syntax: str, transfer_syntax: str) -> Context:
        context = self._contexts.get((abstract_syntax, transfer_syntax))
        if context is None:
            raise failure(diagnosis.no_context(self._remote, [abstract_syntax], [transfer_syntax]))
        return context

    def _verification(self) -> Context:
        for (abstract_syntax, _), context in self._contexts.items():
            if abstract_syntax == negotiation.VERIFICATION:
                return context
        raise failure(diagnosis.no_context(self._remote, [negotiation.VERIFICATION]))

    def _next_message_id(self) -> int:
        self._message_id = self._message_id % 0xFFFF + 1
        return self._message_id


def _answer(command: Command) -> Answer:
    offending = command.elements.get(Element.OFFENDING_ELEMENT, b"")
    tags = (
        int.from_bytes(offending[at : at + 2], "little") << 16
        | int.from_bytes(offending[at + 2 : at + 4], "little")
        for at in range(0, len(offending) - 3, 4)
    )
    status = command.number(Element.STATUS)
    if status is None:
        return Answer(statuses.PROCESSING_FAILURE, "The answer came without a status")
    return Answer(status, command.name(Element.ERROR_COMMENT), tuple(tags))
