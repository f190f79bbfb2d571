"""Objects taken in a worker thread: as long as bytes keep coming, and no longer."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from appliance.dicom import pdu
from appliance.dicom.events import AssociateRequested, CommandReceived, Event, ReleaseRequested
from appliance.meter import Meter
from appliance.network.connection import Connection
from appliance.network.conversation import Conversation
from appliance.network.services import Services
from appliance.network.storing import Session, Storing
from tests.appliance.dicom.playbook import ANSWER, REQUEST, echo, store
from tests.appliance.network.reception import SETTINGS, Rooms

_LONG = 60.0  # nobody waits so long in a test
_RELEASE = pdu.encode(pdu.ReleaseRequest())


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        yield ours, theirs


class _Bench:
    """One association, accepted, with the peer's end in the test's hand."""

    def __init__(self, pair: tuple[socket.socket, socket.socket], patience: float) -> None:
        self.peer, self.rooms = pair[1], Rooms()
        settings = replace(SETTINGS, patience=patience)
        services = Services(self.rooms.admit, self.rooms.store, self.rooms.ended)
        self.threads = trio.CapacityLimiter(1)
        # A pair of Unix sockets knows nothing of TCP's options; all else is the same.
        self.conversation = Conversation(_Connection(pair[0]), settings, "peer", 1)
        self.session = Session(
            "name", self.conversation, services, Meter(), self.threads, settings.patience
        )
        self.storing = Storing(self.session)

    async def establish(self) -> None:
        self.peer.send(pdu.encode(REQUEST))
        assert isinstance(await self.conversation.next_event(), AssociateRequested)
        self.conversation.association.accept(ANSWER)
        self.conversation.association.outgoing()

    async def take(self) -> Event | None:
        return await trio.to_thread.run_sync(partial(self.storing.take, None), limiter=self.threads)


class _Connection(Connection):
    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._since_turn = 0
        self.received_bytes = 0


@pytest.fixture
async def patient(pair: tuple[socket.socket, socket.socket]) -> _Bench:
    bench = _Bench(pair, _LONG)
    await bench.establish()
    return bench


@pytest.fixture
async def impatient(pair: tuple[socket.socket, socket.socket]) -> _Bench:
    bench = _Bench(pair, 0.0)
    await bench.establish()
    return bench


async def test_object_after_object_until_something_else_comes(patient: _Bench) -> None:
    patient.peer.send(store(b"ab") + store(b"cdef") + store(b"") + _RELEASE)
    assert isinstance(await patient.take(), ReleaseRequested)
    assert patient.rooms.stored == [b"ab", b"cdef", b""]
    assert (patient.session.objects, patient.session.bytes) == (3, 6)
    assert not patient.storing.busy


async def test_other_operations_are_somebody_elses(patient: _Bench) -> None:
    patient.peer.send(store(b"ab") + echo())
    assert isinstance(await patient.take(), CommandReceived)
    assert patient.rooms.stored == [b"ab"]


async def test_a_pause_gives_the_thread_back_and_the_object_goes_on(impatient: _Bench) -> None:
    raw = store(bytes(9000))
    for part in (raw[:50], raw[50:5000], raw[5000:-1]):
        impatient.peer.send(part)
        assert await impatient.take() is None
        assert not impatient.rooms.stored
    assert impatient.storing.busy
    impatient.peer.send(raw[-1:])
    assert await impatient.take() is None
    assert impatient.rooms.stored == [bytes(9000)]
    assert not impatient.storing.busy


async def test_nobody_sits_in_a_thread_that_another_waits_for(patient: _Bench) -> None:
    done = trio.Event()

    async def other() -> None:
        await trio.to_thread.run_sync(lambda: None, limiter=patient.threads)
        done.set()

    patient.peer.send(store(bytes(9000))[:-1])
    with trio.fail_after(_LONG / 2):
        async with trio.open_nursery() as nursery:
            await patient.threads.acquire()  # so that both wait for it, first the taker
            nursery.start_soon(patient.take)
            await wait_all_tasks_blocked()
            nursery.start_soon(other)
            await wait_all_tasks_blocked()
            patient.threads.release()
            await done.wait()
    assert patient.storing.busy


async def test_a_turn_ends(patient: _Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.network.storing._TURN", -1.0)
    patient.peer.send(store(b"ab") + store(b"cd"))
    assert await patient.take() is None
    assert patient.rooms.stored == []
    await patient.conversation.receive()
    assert await patient.take() is None
    assert patient.rooms.stored == [b"ab", b"cd"]


async def test_a_stop_lets_the_object_on_its_way_arrive_and_no_other(impatient: _Bench) -> None:
    raw = store(b"abcd")
    impatient.peer.send(raw[:-1])
    await impatient.take()
    impatient.conversation.stop()
    impatient.peer.send(raw[-1:] + store(b"late"))
    assert await impatient.take() is None
    assert impatient.rooms.stored == [b"abcd"]


async def test_who_does_not_take_our_answers_is_given_back(impatient: _Bench) -> None:
    for end in (impatient.peer, impatient.conversation._connection._sock):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    sent = 0
    while not impatient.conversation.owes:
        impatient.peer.send(store(b"ab"))
        sent += 1
        await impatient.take()
    assert len(impatient.rooms.stored) == sent
    received = bytearray()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(impatient.conversation.flush)
        while len(received) < sent * len(_answer()):
            await trio.lowlevel.wait_readable(impatient.peer)
            received += impatient.peer.recv(1 << 16)
    assert bytes(received) == _answer() * sent
    assert not impatient.conversation.owes


def _answer() -> bytes:
    """What a stored object is answered."""
    from appliance.dicom import dimse
    from tests.appliance.dicom.playbook import CT, pdata

    request = dimse.decode(dimse.store_request(1, CT, "1.2.3", None))
    return pdata(1, pdu.COMMAND | pdu.LAST, dimse.response(request, 0))


async def test_what_broke_off_is_discarded_once(impatient: _Bench) -> None:
    impatient.peer.send(store(b"abcd")[:-1])
    await impatient.take()
    for _ in range(2):
        await trio.to_thread.run_sync(impatient.storing.discard)
    assert impatient.rooms.discarded == [b""]
    assert not impatient.storing.busy
