"""Moves bytes between our association and the system we called; failures come out in words."""

from __future__ import annotations

from collections.abc import Iterable

import trio

from appliance.dicom import dimse, statuses
from appliance.dicom.association import Association
from appliance.dicom.dimse import Command, Element
from appliance.dicom.errors import AbortReason, RemoteProtocolError
from appliance.dicom.events import (
    Aborted,
    AssociateAccepted,
    AssociateRejected,
    CommandReceived,
    ConnectionLost,
    Event,
    ReleaseConfirmed,
    ReleaseRequested,
)
from appliance.dicom.pdu import AssociateRequest
from appliance.dicom.states import State
from appliance.network import diagnosis
from appliance.network.connection import Connection
from appliance.network.dialling import failure
from appliance.network.settings import Remote, RequestorSettings


class Call:
    """One association that we asked for. Everything raises AssociationFailed."""

    def __init__(self, connection: Connection, remote: Remote, settings: RequestorSettings) -> None:
        self.association = Association("requestor", settings.max_pdu)
        self._connection = connection
        self._remote = remote
        self._settings = settings

    async def open(self, request: AssociateRequest) -> None:
        """Until the peer has accepted."""
        self.association.request(request)
        await self.flush()
        waiting = self._settings.associate_timeout
        event = await self._event_within(waiting, "the answer to the association request")
        if isinstance(event, AssociateRejected):
            raise failure(diagnosis.rejected(self._remote, event.answer))
        assert isinstance(event, AssociateAccepted)  # nothing else may come here

    async def response(self, message_id: int) -> Command:
        """The answer to the request of that number."""
        waiting = self._settings.response_timeout
        deadline = trio.current_time() + waiting
        while True:
            left = deadline - trio.current_time()
            event = await self._event_within(left, "the answer to our message")
            if isinstance(event, ReleaseRequested):
                self.association.reply_release()
                await self.flush()
                raise failure(diagnosis.released_early(self._remote))
            if isinstance(event, CommandReceived):
                if event.command.is_response:
                    return self._matching(event.command, message_id)
                await self._decline(event)

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

    async def close(self) -> None:
        """Release; whatever the peer makes of it, all that was to be said is said."""
        if self.association.state == State.ESTABLISHED:
            self.association.release()
            await self.flush()
            while not isinstance(await self._released(), ReleaseConfirmed):
                pass

    def hang_up(self) -> None:
        """End at once, with an A-ABORT when there is somebody to tell."""
        self.association.abort()
        self._connection.send_now(self.association.outgoing())
        self._connection.close()

    async def _released(self) -> Event:
        return await self._event_within(self._settings.release_timeout, "the release")

    async def _event_within(self, seconds: float, waited_for: str) -> Event:
        try:
            with trio.fail_after(max(seconds, 0)):
                return await self._next_event()
        except trio.TooSlowError:
            raise failure(diagnosis.silent(self._remote, waited_for)) from None
        except RemoteProtocolError as error:
            raise failure(diagnosis.peer_broke_protocol(self._remote, error)) from error

    async def _next_event(self) -> Event:
        while (event := self.association.next_event()) is None:
            view = self.association.writable()
            count = self._connection.try_receive(view)
            if count is None:
                await self._connection.readable()
            else:
                self.association.received(count)
        if isinstance(event, Aborted):
            raise failure(diagnosis.peer_aborted(self._remote, event.source, event.reason))
        if isinstance(event, ConnectionLost):
            raise failure(diagnosis.peer_hung_up(self._remote, established=self._established))
        return event
