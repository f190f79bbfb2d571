"""One association without its connection: bytes in, events out, and the other way round.

    view = association.writable()      received(count)      while event := next_event(): …
    accept / reject / command / values / release / abort    then send what `outgoing()` returns

The owner waits for `timer` and calls `timed_out`; it closes the connection when `closing`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from appliance.dicom import dimse, events, negotiation, pdu
from appliance.dicom.errors import AbortReason, AbortSource, LocalProtocolError, RemoteProtocolError
from appliance.dicom.framing import CommandSet, ControlPdu, DataFragments, Frame, Framing
from appliance.dicom.machine import RECEIVED, Machine, Role
from appliance.dicom.negotiation import Context
from appliance.dicom.pdu import COMMAND, LAST, PDV_OVERHEAD, Kind
from appliance.dicom.states import Event, Send, State

# Of the variable field of P-DATA: longer ones gain nothing (PS3.8 Annex D.1).
MAXIMUM_LENGTH = 256 << 10
# A peer that takes less than this per PDU could not even be sent a UID in one piece.
_LEAST_MAXIMUM_LENGTH = 64


class Timer(Enum):
    """What is being waited for; how long is the owner's business."""

    NONE = "nothing of the peer"
    ARTIM = "the association request, or the end of the connection"  # PS3.8 §9.1.5
    ANSWER = "the answer to our association request"
    MESSAGE = "the next message"
    DATA = "the rest of a data set"
    RELEASE = "the answer to our release request"


_TIMERS = {State.AWAITING_ANSWER: Timer.ANSWER, State.AWAITING_RELEASE: Timer.RELEASE}


class Association:
    """Either side of an association (PS3.8 §9.2)."""

    def __init__(self, role: Role, maximum_length: int = MAXIMUM_LENGTH) -> None:
        self.contexts: Mapping[int, Context] = {}  # the accepted ones, by ID
        self._peer_maximum_length = MAXIMUM_LENGTH
        self._request: pdu.AssociateRequest | None = None
        self._lost = False
        self._outgoing = bytearray()
        self._machine = Machine(role)
        self._framing = Framing(maximum_length, self._machine.permit)
        if role == "acceptor":
            self._machine.step(Event.TRANSPORT_INDICATED)

    @property
    def state(self) -> State:
        return self._machine.state

    @property
    def closing(self) -> bool:
        """Close the connection once `outgoing` is sent."""
        return self._machine.closing

    @property
    def timer(self) -> Timer:
        if self._machine.artim:
            return Timer.ARTIM
        if self.state == State.ESTABLISHED:
            return Timer.MESSAGE if self._framing.between_messages else Timer.DATA
        return _TIMERS.get(self.state, Timer.NONE)

    def timed_out(self) -> None:
        """The time for `timer` is over."""
        if self._machine.artim:
            self._machine.step(Event.ARTIM_EXPIRED)
        else:
            self.abort()

    def writable(self) -> memoryview:
        """Where to receive the next bytes; fragments of earlier events are overwritten."""
        return self._framing.writable()

    def received(self, count: int) -> None:
        """So many bytes were put into `writable()`; 0: the peer closed the connection."""
        if count == 0:
            self._lost = True
        elif not self._machine.ended:  # else AA-6: ignored
            self._framing.received(count)

    def next_event(self) -> events.Event | None:
        """The next event, or None: receive more.

        Raises RemoteProtocolError; the A-ABORT that answers it is in `outgoing` then.
        """
        try:
            while not self._machine.ended and (frame := self._framing.next_frame()):
                if event := self._translate(frame):
                    return event
        except RemoteProtocolError as error:
            self._break_off(error)
            raise
        return self._connection_lost() if self._lost else None

    def outgoing(self) -> bytes:
        """Bytes to send now; they are handed out once."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def request(self, request: pdu.AssociateRequest) -> None:
        """Ask for the association; the connection is there already."""
        self._request = request
        self._machine.step(Event.ASSOCIATE_REQUEST)
        self._send(Event.TRANSPORT_CONFIRMED, request)

    def accept(self, answer: pdu.AssociateAccept) -> None:
        """Take up the association that was requested, as `answer` says."""
        if self._request is None:
            raise LocalProtocolError("There is no request to accept")
        try:
            self._establish(answer, self._request.user.maximum_length)
        except RemoteProtocolError as error:
            self._break_off(error)
            raise
        self._send(Event.ACCEPT, answer)

    def reject(self, answer: pdu.AssociateReject) -> None:
        """Decline the association; also before the request has come, if it must be."""
        if self.state == State.TRANSPORT_OPEN:
            self._machine.turn_away()
            self._outgoing += pdu.encode(answer)
        else:
            self._send(Event.REJECT, answer)

    def command(self, context_id: int, raw: bytes) -> None:
        """Send a command set."""
        for piece in self.values(context_id, [memoryview(raw)], COMMAND, last=True):
            self._outgoing += piece

    def values(
        self, context_id: int, chunks: Sequence[memoryview], control: int = 0, *, last: bool
    ) -> Iterator[bytes | memoryview]:
        """P-DATA for `chunks`, to be sent in order: headers, and views of the chunks.

        Only the end of the chunks makes a value of odd length, which some peers refuse.
        """
        self._machine.step(Event.DATA_REQUEST)
        most = (self._peer_maximum_length - PDV_OVERHEAD) & ~1
        left = sum(map(len, chunks))
        rest = iter(chunks)
        piece = memoryview(b"")
        while True:
            size = min(left, most)
            left -= size
            flags = control | LAST if last and not left else control
            yield pdu.pdata_header(context_id, flags, size)
            while size:
                piece = piece or next(rest)
                yield piece[:size]
                size, piece = size - min(size, len(piece)), piece[size:]
            if not left:
                return

    def release(self) -> None:
        """Ask the peer to end in peace."""
        self._send(Event.RELEASE_REQUEST, pdu.ReleaseRequest())

    def reply_release(self) -> None:
        """Agree to the peer's release."""
        self._send(Event.RELEASE_REPLY, pdu.ReleaseReply())

    def abort(
        self,
        source: AbortSource = AbortSource.SERVICE_USER,
        reason: AbortReason = AbortReason.NOT_SPECIFIED,
    ) -> None:
        """End at once; nothing happens when it has ended already."""
        if self._machine.ended:
            return
        if self.state == State.TRANSPORT_OPEN:
            self._machine.turn_away()
            self._outgoing += pdu.encode(pdu.Abort(source, reason))
        else:
            self._send(Event.ABORT_REQUEST, pdu.Abort(source, reason))

    def _send(self, event: Event, message: pdu.Pdu) -> None:
        self._machine.step(event)
        self._outgoing += pdu.encode(message)

    def _translate(self, frame: Frame) -> events.Event | None:
        match frame:
            case DataFragments(context_id, fragments, last):
                self._machine.step(Event.DATA_RECEIVED)
                return events.DataReceived(context_id, fragments, last)
            case CommandSet(context_id, raw):
                self._machine.step(Event.DATA_RECEIVED)
                command = dimse.decode(raw)
                if command.has_data:
                    self._framing.expect_data(context_id)
                return events.CommandReceived(context_id, command)
            case ControlPdu(kind, body):
                return self._control(kind, pdu.decode(kind, body))

    def _control(self, kind: int, message: pdu.Pdu) -> events.Event | None:
        before = self.state
        if isinstance(message, pdu.AssociateAccept):
            self._establish(message, message.user.maximum_length)
        self._machine.step(RECEIVED[Kind(kind)])
        match message:
            case pdu.AssociateRequest():
                self._request = message
                return events.AssociateRequested(message)
            case pdu.AssociateAccept():
                return events.AssociateAccepted(message)
            case pdu.AssociateReject():
                return events.AssociateRejected(message)
            case pdu.Abort(source, reason):
                return events.Aborted(source, reason)
            case pdu.ReleaseRequest():
                return self._release_requested()
            case pdu.ReleaseReply():
                return self._release_replied(before)

    def _release_requested(self) -> events.Event | None:
        if self.state == State.ESTABLISHED or self.state == State.AWAITING_LOCAL_RELEASE:
            return events.ReleaseRequested()
        if self.state == State.COLLISION_REQUESTOR_LOCAL:
            self.reply_release()
        return None  # a collision: we wanted to end anyway

    def _release_replied(self, before: State) -> events.Event:
        if before == State.COLLISION_ACCEPTOR_REMOTE:
            self.reply_release()
        return events.ReleaseConfirmed()

    def _establish(self, answer: pdu.AssociateAccept, peer_maximum_length: int) -> None:
        assert self._request is not None
        self.contexts = negotiation.accepted(self._request.contexts, answer.contexts)
        self._framing.contexts = self.contexts
        if peer_maximum_length:
            self._peer_maximum_length = min(peer_maximum_length, MAXIMUM_LENGTH)
        if self._peer_maximum_length < _LEAST_MAXIMUM_LENGTH:
            raise RemoteProtocolError(
                f"The peer takes only {peer_maximum_length} bytes in a P-DATA PDU"
            )

    def _break_off(self, error: RemoteProtocolError) -> None:
        action = self._machine.step(Event.INVALID_PDU)
        if action.send == Send.USER_ABORT:  # AA-1: there is no association yet
            message = pdu.Abort(AbortSource.SERVICE_USER, AbortReason.NOT_SPECIFIED)
        else:
            message = pdu.Abort(AbortSource.SERVICE_PROVIDER, error.reason)
        self._outgoing += pdu.encode(message)

    def _connection_lost(self) -> events.Event | None:
        if self.state == State.IDLE:
            return None
        expected = self.state == State.AWAITING_CLOSE
        self._machine.step(Event.TRANSPORT_CLOSED)
        return events.ConnectionLost(expected)
