"""What callers may ask for over an association: one function per DIMSE operation.

C-ECHO and C-STORE are the listener's own; everything else is a `services.Provider`. What nobody
provides is answered 0211H.
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
from appliance.network.dialogue import IncomingDialogue
from appliance.network.services import Answer, Provider
from appliance.network.storing import Session, Storing

# Of anything but an object: a storage commitment of 10,000 instances is 1.3 MB.
_LONGEST_DATA_SET = 8 << 20

_Operation: TypeAlias = Callable[[Session, CommandReceived], Awaitable[None]]


async def perform(session: Session, event: CommandReceived) -> None:
    """Do what the command asks and answer it."""
    if event.command.is_response:
        raise RemoteProtocolError(
            "An answer came to a question we did not ask", AbortReason.UNEXPECTED_PARAMETER
        )
    operation = _provided if _provider(session, event) else _OPERATIONS.get(event.command.field)
    await (operation or _unrecognized)(session, event)


async def _echo(session: Session, event: CommandReceived) -> None:
    await _skip_data(session, event)
    await _answer(session, event, Answer(statuses.SUCCESS))


async def _cancel(session: Session, event: CommandReceived) -> None:
    # PS3.7 §9.3.2.3: not answered. Nothing that can be cancelled is ever going on.
    await _skip_data(session, event)


def _provider(session: Session, event: CommandReceived) -> Provider | None:
    context = session.conversation.association.contexts[event.context_id]
    provider = session.providers.get(context.abstract_syntax)
    return provider if provider and event.command.field in provider.operations else None


async def _provided(session: Session, event: CommandReceived) -> None:
    provider = _provider(session, event)
    assert provider is not None
    dataset = await _gather(session, event)
    if dataset is None:
        words = f"The data set is longer than {_LONGEST_DATA_SET} bytes"
        await _answer(session, event, Answer(statuses.RESOURCE_LIMITATION, words))
    else:
        await provider.handle(IncomingDialogue(session, event, dataset))


async def _gather(session: Session, event: CommandReceived) -> bytes | None:
    """The data set that belongs to a command; None when it is too long, and passed over."""
    gathered, last = bytearray(), not event.command.has_data
    size = 0
    while not last:
        part = await _more_data(session)
        last = part.last
        size += sum(map(len, part.fragments))
        if size <= _LONGEST_DATA_SET:
            gathered += b"".join(part.fragments)
    return bytes(gathered) if size <= _LONGEST_DATA_SET else None


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
    if not session.may_store:
        await _skip_data(session, event)
        words = "This system may not store here"
        await _answer(session, event, Answer(statuses.NOT_AUTHORIZED, words))
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
            await session.slow_down()
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
