"""What callers may ask for over an association: one function per DIMSE operation.

A further service is a further entry in `_OPERATIONS`; what is not there is answered 0211H.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TypeAlias

import trio

from appliance.dicom import dimse, negotiation, statuses
from appliance.dicom.dimse import Operation
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.events import CommandReceived, DataReceived, Event
from appliance.network.services import Answer
from appliance.network.storing import Session, Storing

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
    await _take_objects(session, event)


async def _take_objects(session: Session, event: Event | None) -> None:
    """Until no object is on its way and the peer wants something else, or pauses."""
    conversation, storing = session.conversation, Storing(session)
    try:
        while True:
            work = partial(storing.take, event)
            event = await trio.to_thread.run_sync(work, limiter=session.threads)
            await conversation.flush()
            if event is not None:
                conversation.put_back(event)
            if not storing.busy:
                return
            event = await _more_data(session)
    finally:
        if storing.busy:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(storing.discard)


async def _more_data(session: Session) -> DataReceived:
    """What comes next of a data set, as long as that takes."""
    event = await session.conversation.next_event()
    if not isinstance(event, DataReceived):
        raise RemoteProtocolError(
            "Something else came in the middle of a data set", AbortReason.UNEXPECTED_PDU
        )
    return event


async def _skip_data(session: Session, event: CommandReceived) -> None:
    last = not event.command.has_data
    while not last:
        last = (await _more_data(session)).last


async def _answer(session: Session, event: CommandReceived, answer: Answer) -> None:
    raw = dimse.response(event.command, answer.status, answer.comment, answer.offending_element)
    session.conversation.association.command(event.context_id, raw)
    await session.conversation.flush()


_OPERATIONS: Mapping[int, _Operation] = {
    Operation.C_STORE: _store,
    Operation.C_ECHO: _echo,
    Operation.C_CANCEL: _cancel,
}
