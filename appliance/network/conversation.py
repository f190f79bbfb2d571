"""Moves bytes between a caller's connection and its association, and watches the clock."""

from __future__ import annotations

from collections.abc import Sequence

import trio

from appliance import clock
from appliance.dicom.association import Association, Timer
from appliance.dicom.events import Aborted, ConnectionLost, Event
from appliance.dicom.pdu import AssociateReject
from appliance.network import diagnosis
from appliance.network.connection import Connection
from appliance.network.distrust import caller_untrusted
from appliance.network.ending import Ended
from appliance.network.pace import Pace
from appliance.network.services import Caller
from appliance.network.settings import ListenerSettings

# PS3.8 Table 9-21: transient; service provider (presentation); congestion, or local limit.
CONGESTION = AssociateReject(2, 3, 1)
LOCAL_LIMIT = AssociateReject(2, 3, 2)

_STOPPED = "Arca was stopped; what had been answered is kept, and the caller may call again."
_CROWDED_OUT = "Too many connections of this address waited without asking for an association."


class Conversation:
    """One caller, event by event. Every failure to go on is an Ended or a RemoteProtocolError."""

    def __init__(
        self, connection: Connection, settings: ListenerSettings, host: str, port: int
    ) -> None:
        self.association = Association("acceptor", settings.max_pdu)
        self.caller = Caller("", "", host, port)
        self._connection = connection
        self._settings = settings
        self._pace = Pace(settings.minimum_rate, settings.rate_window)
        self._began = trio.current_time()
        self._deadline = self._began + settings.request_timeout
        self._idle: trio.CancelScope | None = None
        self._put_back: Event | None = None
        self._owed = b""  # what the peer did not take at once
        self._evicted = False  # others need the place of a caller who has not asked yet
        self._stopped = False  # no new operation may begin
        self._prompted = False  # we have something to say ourselves

    async def secure(self) -> None:
        """The handshake of TLS where there is one, within the time for a request."""
        scope = trio.CancelScope(deadline=self._deadline)
        self._idle = scope
        try:
            with scope:
                await self._connection.handshake()
        except OSError as error:
            raise Ended("refused", caller_untrusted(self.caller.host, error)) from None
        self._idle = None
        if scope.cancelled_caught:
            raise self._not_secured()

    def _not_secured(self) -> Ended:
        if self._evicted or self._stopped:
            return Ended("refused", _CROWDED_OUT if self._evicted else _STOPPED)
        seconds = self._settings.request_timeout
        return Ended("refused", diagnosis.caller_silent(self.caller.host, seconds, 0))

    async def next_event(self) -> Event:
        """The next event that leaves something to do."""
        while (event := self._put_back or self.association.next_event()) is None:
            await self.receive()
        return self._judged(event)

    async def next_event_or_turn(self) -> Event | None:
        """The next event; None when the peer is silent and `prompt` was called."""
        while (event := self._put_back or self.association.next_event()) is None:
            if self._prompted and self.association.timer == Timer.MESSAGE:
                self._prompted = False
                return None
            await self.receive()
        return self._judged(event)

    def prompt(self) -> None:
        """Have `next_event_or_turn` return as soon as the peer is silent."""
        self._prompted = True
        self._wake()

    def _judged(self, event: Event) -> Event:
        self._put_back = None
        if isinstance(event, Aborted):
            words = diagnosis.caller_aborted(self.caller, event.source, event.reason)
            raise Ended("aborted", words)
        if isinstance(event, ConnectionLost):
            raise self._hung_up()
        return event

    def put_back(self, event: Event) -> None:
        """`next_event` gives it out again."""
        self._put_back = event

    def await_message(self) -> None:
        """An operation is over: from now on the peer may be idle for so long."""
        if self._stopped:
            raise Ended("aborted", _STOPPED)
        self._deadline = trio.current_time() + self._settings.idle_timeout

    async def flush(self) -> None:
        """Send what the association has to say."""
        await self.send([self.association.outgoing()])

    async def send(self, pieces: Sequence[bytes | memoryview]) -> None:
        """Send what the association gave out."""
        owed, self._owed = self._owed, b""
        try:
            await self._connection.send([owed, *pieces], self._settings.answer_timeout)
        except trio.TooSlowError:
            seconds = self._settings.answer_timeout
            words = diagnosis.caller_stalled(self.caller, "it to take our answer", seconds)
            raise Ended("timeout", words) from None
        except OSError:
            raise Ended("broken", diagnosis.caller_broke_off(self.caller)) from None

    async def say(self, context_id: int, raw: bytes, data: Sequence[memoryview] = ()) -> None:
        """Send a message: its command set and, when there is one, its data set."""
        self.association.command(context_id, raw)
        pieces: list[bytes | memoryview] = [self.association.outgoing()]
        if data:
            pieces += self.association.values(context_id, data, last=True)
        await self.send(pieces)

    def overhear(self) -> Event | None:
        """What the peer has said meanwhile, without waiting; it is not taken away."""
        if self._put_back is None:
            self._put_back = self.association.next_event() or self._heard()
        return self._put_back

    def take_back(self) -> None:
        """What was overheard is dealt with."""
        self._put_back = None

    def _heard(self) -> Event | None:
        count = self._connection.try_receive(self.association.writable())
        if count is None:
            return None
        self.association.received(count)
        return self.association.next_event()

    def flush_now(self) -> None:
        """In a worker thread: send what the peer takes at once; `flush` sends the rest."""
        data = self._owed + self.association.outgoing()
        try:
            self._owed = data[self._connection.try_send(data) :]
        except OSError:
            raise Ended("broken", diagnosis.caller_broke_off(self.caller)) from None

    @property
    def received_bytes(self) -> int:
        """All that has come over the connection."""
        return self._connection.received_bytes

    @property
    def owes(self) -> bool:
        """The peer has not taken all that was said to it."""
        return bool(self._owed)

    def receive_now(self, patience: float) -> bool:
        """In a worker thread: take bytes in; False when none came within `patience` seconds."""
        view = self.association.writable()
        count = self._connection.try_receive(view)
        if count is None and patience:
            began = clock.monotonic()
            self._connection.await_bytes(patience)
            self._judge_pace(clock.monotonic() - began)
            count = self._connection.try_receive(view)
        if count is not None:
            self._pace.received(count)
            self.association.received(count)
        return count is not None

    def evict(self) -> None:
        """Make room: it has not asked for an association in time."""
        self._evicted = True
        self._wake()

    def stop(self) -> None:
        """End when no object is on its way; at once when none is."""
        self._stopped = True
        self._wake()

    @property
    def stopped(self) -> bool:
        """No new operation may begin."""
        return self._stopped

    def _wake(self) -> None:
        if self._idle:
            self._idle.cancel()

    async def receive(self) -> None:
        """Take bytes in, or wait for some as long as it is reasonable."""
        view = self.association.writable()
        count = self._connection.try_receive(view)
        if count is None:
            await self._wait()
            return
        self._pace.received(count)
        self.association.received(count)
        await self._connection.take_turns()

    async def _wait(self) -> None:
        began = trio.current_time()
        timer = self.association.timer
        if timer == Timer.DATA:
            self._deadline = began + self._settings.idle_timeout
        with trio.CancelScope() as scope:
            scope.deadline = min(self._deadline, self._began + self._settings.max_age)
            self._idle = None if timer == Timer.DATA else scope
            await self._connection.readable()
        self._idle = None
        if self._evicted and timer == Timer.ARTIM:
            raise Ended("rejected", _CROWDED_OUT)
        if self._stopped and timer != Timer.DATA:
            raise Ended("aborted", _STOPPED)
        if self._prompted and timer == Timer.MESSAGE and trio.current_time() < scope.deadline:
            return
        if scope.cancelled_caught:
            raise self._timed_out(timer, trio.current_time() - began)
        self._judge_pace(trio.current_time() - began)

    def _judge_pace(self, waited: float) -> None:
        if self.association.timer == Timer.DATA and not self._pace.waited(waited):
            words = diagnosis.caller_trickled(self.caller, self._settings.minimum_rate)
            raise Ended("timeout", words)

    def _timed_out(self, timer: Timer, seconds: float) -> Ended:
        if timer == Timer.ARTIM:
            words = diagnosis.caller_silent(
                self.caller.host,
                self._settings.request_timeout,
                self._connection.received_bytes,
            )
        else:
            words = diagnosis.caller_stalled(self.caller, timer.value, seconds)
        self.association.timed_out()
        return Ended("timeout", words)

    def _hung_up(self) -> Ended:
        if self.caller.calling_ae_title or self.caller.called_ae_title:
            return Ended("broken", diagnosis.caller_broke_off(self.caller))
        words = diagnosis.caller_hung_up(self.caller.host, self._connection.received_bytes)
        return Ended("refused", words)
