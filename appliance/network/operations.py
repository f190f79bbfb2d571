"""What callers may ask for over an association: one function per DIMSE operation.

A further service is a further entry in `_OPERATIONS`; what is not there is answered 0211H.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import trio

from appliance.dicom import dimse, negotiation, statuses
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.events import CommandReceived, DataReceived
from appliance.meter import Meter
from appliance.network.conversation import Conversation
from appliance.network.services import Answer, Services, StoreRequest, StoreSink


@dataclass(slots=True)
class Session:
    """An association being served, and what came over it so far."""

    name: str
    conversation: Conversation
    services: Services
    meter: Meter
    objects: int = 0
    bytes: int = 0


_Operation: TypeAlias = Callable[[Session, CommandReceived], Awaitable[None]]


async def perform(session: Session, event: CommandReceived) -> None:
    """Do what the command asks and answer it."""
    if event.command.is_response:
        raise RemoteProtocolError(
            "An answer came to a question we did not ask", AbortReason.UNEXPECTED_PARAMETER
        )
    operation = _OPERATIONS.get(event.command.field, _unrecognized)
    await operation(session, event)


async def _echo(session: Session, event: CommandReceived) -> None:
    await _skip_data(session, event)
    await _answer(session, event, Answer(statuses.SUCCESS))


async def _cancel(session: Session, event: CommandReceived) -> None:
    # PS3.7 §9.3.2.3: not answered. Nothing that can be cancelled is ever going on.
    await _skip_data(session, event)


async def _unrecognized(session: Session, event: CommandReceived) -> None:
    await _skip_data(session, event)
    await _answer(session, event, Answer(statuses.UNRECOGNIZED_OPERATION))


async def _store(session: Session, event: CommandReceived) -> None:
    context = session.conversation.association.contexts[event.context_id]
    if not event.command.has_data:
        await _answer(session, event, Answer(statuses.MISTYPED_ARGUMENT, "No data set came"))
        return
    if not negotiation.is_storage(context.abstract_syntax):
        await _skip_data(session, event)
        await _answer(session, event, Answer(statuses.SOP_CLASS_NOT_SUPPORTED))
        return
    sink = await session.services.store(_request(session, event))
    try:
        size = await _pour(session, sink)
        complete = trio.current_time()
        answer = await sink.finish()
    except BaseException:
        with trio.CancelScope(shield=True):
            await sink.discard()
        raise
    session.objects += 1
    session.bytes += size
    await _answer(session, event, answer)
    session.meter.received_seconds.observe(trio.current_time() - complete)


def _request(session: Session, event: CommandReceived) -> StoreRequest:
    command = event.command
    context = session.conversation.association.contexts[event.context_id]
    return StoreRequest(
        caller=session.conversation.caller,
        affected_sop_class_uid=command.name(Element.AFFECTED_SOP_CLASS_UID),
        affected_sop_instance_uid=command.name(Element.AFFECTED_SOP_INSTANCE_UID),
        transfer_syntax_uid=context.transfer_syntax,
        move_originator=command.name(Element.MOVE_ORIGINATOR_AE_TITLE) or None,
        association=session.name,
    )


async def _pour(session: Session, sink: StoreSink) -> int:
    """The whole data set into the sink; returns its size."""
    size, last = 0, False
    while not last:
        event = await _next_data(session)
        last = event.last
        if event.fragments:
            await sink.write(event.fragments)
            size += sum(map(len, event.fragments))
    return size


async def _skip_data(session: Session, event: CommandReceived) -> None:
    last = not event.command.has_data
    while not last:
        last = (await _next_data(session)).last


async def _next_data(session: Session) -> DataReceived:
    event = await session.conversation.next_event()
    if not isinstance(event, DataReceived):
        raise RemoteProtocolError(
            "Something else came in the middle of a data set", AbortReason.UNEXPECTED_PDU
        )
    return event


async def _answer(session: Session, event: CommandReceived, answer: Answer) -> None:
    raw = dimse.response(event.command, answer.status, answer.comment, answer.offending_element)
    session.conversation.association.command(event.context_id, raw)
    await session.conversation.flush()


_OPERATIONS: Mapping[int, _Operation] = {
    Operation.C_STORE: _store,
    Operation.C_ECHO: _echo,
    Operation.C_CANCEL: _cancel,
}
