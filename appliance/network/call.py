"""Moves bytes between our association and the system we called; failures come out in words."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping

import trio

from appliance.dicom import dimse, statuses
from appliance.dicom.association import Association
from appliance.dicom.dimse import Command, Element
from appliance.dicom.errors import RemoteProtocolError
from appliance.dicom.events import (
    Aborted,
    AssociateAccepted,
    AssociateRejected,
    CommandReceived,
    ConnectionLost,
    DataReceived,
    Event,
    ReleaseConfirmed,
    ReleaseRequested,
)
from appliance.dicom.pdu import AssociateRequest
from appliance.dicom.states import State
from appliance.network import diagnosis
from appliance.network.connection import Connection
from appliance.network.dialling import failure
from appliance.network.errors import AssociationFailed
from appliance.network.settings import Remote, RequestorSettings

# Of anything but an object.
_LONGEST_DATA_SET = 16 << 20


class Call:
    """One association that we asked for. Everything raises AssociationFailed."""

    def __init__(self, connection: Connection, remote: Remote, settings: RequestorSettings) -> None:
        self.association = Association("requestor", settings.max_pdu)
        self._connection = connection
        self._remote = remote
        self._settings = settings
        self._early: Event | None = None  # what came before it was waited for
        self.extended: Mapping[str, bytes] = {}  # the peer's answers, by SOP class
        self.serve: Callable[[CommandReceived], Awaitable[None]] = self.decline

    async def open(self, request: AssociateRequest) -> None:
        """Until the peer has accepted."""
        self.association.request(request)
        await self.flush()
        event = await self._event_after(
            self._settings.associate_timeout, "the answer to the association request"
        )
        if isinstance(event, AssociateRejected):
            raise failure(diagnosis.rejected(self._remote, event.answer))
        assert isinstance(event, AssociateAccepted)  # nothing else may come here
        told = event.answer.user.extended
        self.extended = {one.sop_class_uid: one.information for one in told}

    async def response(self, message_id: int) -> Command:
        """The answer to the request of that number, without its data set."""
        return (await self.reply(message_id))[0]

    async def reply(self, message_id: int) -> tuple[Command, bytes]:
        """The answer to the request of that number, and the data set that came with it.

        What the peer asks meanwhile is answered by `serve`.
        """
        seconds = self._settings.response_timeout
        while True:
            event = await self._event_after(seconds, "the answer to our message")
            if isinstance(event, ReleaseRequested):
                self.association.reply_release()
                await self.flush()
                raise failure(diagnosis.peer_hung_up(self._remote, established=True))
            if isinstance(event, CommandReceived):
                if event.command.is_response:
                    command = self._matching(event.command, message_id)
                    return command, await self.data(event)
                await self.serve(event)

    async def attend(self, seconds: float, enough: Callable[[], bool]) -> None:
        """Serve what the peer asks until it is `enough`, it wants to end, or time is over."""
        deadline = trio.current_time() + seconds
        while not enough():
            event: Event | None = None
            with trio.CancelScope(deadline=deadline):
                event = await self._event(math.inf, "its requests", seconds)
            if isinstance(event, ReleaseRequested):
                self.association.reply_release()
                await self.flush()
            if not isinstance(event, CommandReceived):
                return
            if event.command.is_response:
                error = RemoteProtocolError("an answer came to a question we did not ask")
                raise failure(diagnosis.peer_broke_protocol(self._remote, error))
            await self.serve(event)

    async def data(self, event: CommandReceived) -> bytes:
        """The whole data set that belongs to a command; b"" when none does."""
        gathered = bytearray()
        while event.command.has_data:
            part = await self.fragments()
            gathered += b"".join(part.fragments)
            if len(gathered) > _LONGEST_DATA_SET:
                words = f"it sent an answer of more than {_LONGEST_DATA_SET} bytes"
                raise failure(
                    diagnosis.peer_broke_protocol(self._remote, RemoteProtocolError(words))
                )
            if part.last:
                break
        return bytes(gathered)

    async def fragments(self) -> DataReceived:
        """The next bytes of a data set; they are good until the next call."""
        event = await self._event_after(self._settings.response_timeout, "the rest of a data set")
        if not isinstance(event, DataReceived):
            error = RemoteProtocolError("something else came in the middle of a data set")
            raise failure(diagnosis.peer_broke_protocol(self._remote, error))
        return event

    async def flush(self) -> None:
        """Send what the association has to say."""
        await self.send([self.association.outgoing()])

    async def send(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Send P-DATA; what the peer said meanwhile explains a failure."""
        try:
            await self._connection.send(list(pieces), self._settings.stall_timeout)
        except trio.TooSlowError:
            seconds = self._settings.stall_timeout
            raise failure(diagnosis.stalled(self._remote, seconds)) from None
        except OSError:
            raise self._last_words() from None

    def overhear(self) -> None:
        """Notice, without waiting, that the peer has given up on what we are sending."""
        if self._early or not self._receive():
            return
        try:
            self._early = self._heard()
        except RemoteProtocolError as error:
            raise failure(diagnosis.peer_broke_protocol(self._remote, error)) from error

    async def close(self) -> None:
        """Release; whatever the peer makes of that, all has been said."""
        if self.association.state == State.ESTABLISHED:
            self.association.release()
            await self.flush()
            seconds = self._settings.release_timeout
            deadline = trio.current_time() + seconds
            while not isinstance(
                await self._event(deadline, "the answer to our release", seconds), ReleaseConfirmed
            ):
                pass

    def hang_up(self) -> None:
        """End at once, with an A-ABORT when there is somebody to tell."""
        self.association.abort()
        self._connection.send_now(self.association.outgoing())
        self._connection.close()

    async def _event_after(self, seconds: float, waited_for: str) -> Event:
        return await self._event(trio.current_time() + seconds, waited_for, seconds)

    async def _event(self, deadline: float, waited_for: str, seconds: float) -> Event:
        try:
            with trio.fail_at(deadline):
                while (event := self._early or self._heard()) is None:
                    if not self._receive():
                        await self._connection.readable()
        except trio.TooSlowError:
            raise failure(diagnosis.silent(self._remote, waited_for, seconds)) from None
        except RemoteProtocolError as error:
            raise failure(diagnosis.peer_broke_protocol(self._remote, error)) from error
        self._early = None
        return event

    def _receive(self) -> bool:
        count = self._connection.try_receive(self.association.writable())
        if count is not None:
            self.association.received(count)
        return count is not None

    def _heard(self) -> Event | None:
        event = self.association.next_event()
        if isinstance(event, Aborted):
            raise failure(diagnosis.peer_aborted(self._remote, event.source, event.reason))
        if isinstance(event, ConnectionLost):
            established = bool(self.association.contexts)
            raise failure(diagnosis.peer_hung_up(self._remote, established=established))
        return event

    def _last_words(self) -> AssociationFailed:
        """Why the peer closed while we were sending, if it said so."""
        try:
            while self._receive() and not self._heard():
                pass
        except AssociationFailed as words:
            return words
        except RemoteProtocolError as error:
            return failure(diagnosis.peer_broke_protocol(self._remote, error))
        return failure(diagnosis.peer_hung_up(self._remote, established=True))

    def _matching(self, command: Command, message_id: int) -> Command:
        if command.number(Element.MESSAGE_ID_BEING_RESPONDED_TO) != message_id:
            error = RemoteProtocolError("it answered another message than the one it was sent")
            raise failure(diagnosis.peer_broke_protocol(self._remote, error))
        return command

    async def decline(self, event: CommandReceived) -> None:
        """Answer what the peer asks and we do not do."""
        await self.data(event)
        raw = dimse.response(event.command, statuses.UNRECOGNIZED_OPERATION)
        self.association.command(event.context_id, raw)
        await self.flush()
