"""Takes the objects of one association in a worker thread, for as long as bytes keep coming.

A hop between threads costs a small object more than its bytes do. So one thread receives,
parses, stores and answers object after object, and the event loop gets the association back
when the peer pauses, wants something else, or has had its turn.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import trio

from appliance import clock
from appliance.dicom import dimse, negotiation
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.events import CommandReceived, DataReceived, Event
from appliance.meter import Meter
from appliance.network.brake import Brake
from appliance.network.channel import IncomingChannel
from appliance.network.conversation import Conversation
from appliance.network.services import Provider, Services, StoreRequest, StoreSink

# After so many seconds the event loop has its look: at the time, at who waits, at a stop.
_TURN = 0.25


@dataclass(slots=True)
class Session:
    """An association being served, and what came over it so far."""

    name: str
    conversation: Conversation
    services: Services
    meter: Meter
    threads: trio.CapacityLimiter
    patience: float  # seconds that a thread waits for bytes
    providers: Mapping[str, Provider] = field(default_factory=dict)  # by SOP class
    negotiated: Mapping[str, bytes] = field(default_factory=dict)  # by SOP class
    may_store: bool = True
    stores_at_caller: Set[str] = frozenset()  # SOP classes it takes over this association
    brake: Brake | None = None  # None: as fast as it comes
    provided_by_caller: Set[str] = frozenset()  # SOP classes it performs for us, and only that
    objects: int = 0
    bytes: int = 0
    channel: IncomingChannel = field(init=False)

    def __post_init__(self) -> None:
        self.channel = IncomingChannel(self.conversation)

    def ahead(self) -> float:
        """Seconds that the caller is ahead of the rate it is allowed."""
        if self.brake is None:
            return 0.0
        return self.brake.pause(self.conversation.received_bytes, clock.monotonic())

    async def slow_down(self) -> None:
        """Let the caller wait as long as it is ahead."""
        if self.brake is not None and (seconds := self.ahead()):
            self.brake.held += seconds
            await trio.sleep(seconds)


class Storing:
    """The C-STOREs of a session; everything here blocks and belongs into a thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._conversation = session.conversation
        self._command: CommandReceived | None = None
        self._sink: StoreSink | None = None
        self._size = 0
        self._until = 0.0

    @property
    def busy(self) -> bool:
        """An object is on its way."""
        return self._sink is not None

    def take(self, event: Event | None) -> Event | None:
        """Go on with `event`, or with what comes next.

        Returns an event that is not about storing; None: see to the connection first.
        """
        self._until = clock.monotonic() + _TURN
        event = event or self._next()
        while event is not None:
            if isinstance(event, DataReceived) and self._sink is not None:
                self._add(event, self._sink)
            elif isinstance(event, CommandReceived) and self.is_store(event):
                self._begin(event)
            else:
                return event
            event = self._next()
        return None

    def is_store(self, event: CommandReceived) -> bool:
        """Whether an object follows that may be kept."""
        if event.command.field != Operation.C_STORE or not event.command.has_data:
            return False
        context = self._conversation.association.contexts[event.context_id]
        return self._session.may_store and negotiation.is_storage(context.abstract_syntax)

    def discard(self) -> None:
        """The object on its way does not come any more."""
        if self._sink is not None:
            self._sink.discard()
            self._sink = None

    def _next(self) -> Event | None:
        conversation = self._conversation
        if conversation.owes or (conversation.stopped and not self.busy):
            return None
        while (event := conversation.association.next_event()) is None:
            over = clock.monotonic() > self._until or self._session.ahead() > 0
            if over or not conversation.receive_now(self._patience()):
                return None
        return event

    def _patience(self) -> float:
        """Nobody sits in a thread that another could use."""
        contested = self._session.threads.statistics().tasks_waiting
        return 0.0 if contested else self._session.patience

    def _begin(self, event: CommandReceived) -> None:
        self._command, self._size = event, 0
        self._sink = self._session.services.store(_request(self._session, event))

    def _add(self, event: DataReceived, sink: StoreSink) -> None:
        if event.fragments:
            sink.write(event.fragments)
            self._size += sum(map(len, event.fragments))
        if event.last:
            self._finish(sink)

    def _finish(self, sink: StoreSink) -> None:
        complete = clock.monotonic()
        answer = sink.finish()
        self._sink = None
        session, command = self._session, self._command
        assert command is not None
        session.objects += 1
        session.bytes += self._size
        raw = dimse.response(
            command.command, answer.status, answer.comment, answer.offending_element
        )
        self._conversation.association.command(command.context_id, raw)
        self._conversation.flush_now()
        session.meter.received_seconds.observe(clock.monotonic() - complete)


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
