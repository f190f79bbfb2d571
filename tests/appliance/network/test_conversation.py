from __future__ import annotations

import socket
import threading

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from appliance.dicom.pdu import Abort, AssociateReject
from tests.appliance.dicom.playbook import echo, store
from tests.appliance.network.caller import Caller
from tests.appliance.network.reception import receiving


async def test_a_silent_connection_ends_after_the_request_timeout(
    autojump_clock: MockClock,
) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        assert await caller.end() == b""  # PS3.8 AA-2: ARTIM expires without a word
        report = await reception.rooms.report()
        assert (report.outcome, trio.current_time() >= 10) == ("timeout", True)
        assert "sent nothing within 10 s" in report.diagnosis


async def test_half_a_request_ends_after_the_same_time(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        async with trio.open_nursery() as nursery:

            async def trickle() -> None:
                for byte in b"\x01\0\0\0\1\0" + bytes(100):
                    await caller.send(bytes((byte,)))
                    await trio.sleep(1)

            nursery.start_soon(trickle)
            report = await reception.rooms.report()
            nursery.cancel_scope.cancel()
        assert report.outcome == "timeout"
        assert "bytes of a request within 10 s" in report.diagnosis


async def test_an_idle_association_is_aborted(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await trio.sleep(59)
        await caller.send(echo())
        assert await caller.status() == 0
        assert await caller.control() == Abort(0, 0)
        assert trio.current_time() >= 119
        report = await reception.rooms.report()
        assert report.outcome == "timeout"
        assert "for the next message" in report.diagnosis


async def test_bytes_of_half_a_message_do_not_make_it_busy(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        for byte in echo()[:6]:
            await trio.sleep(9)
            await caller.send(bytes((byte,)))
        assert await caller.control() == Abort(0, 0)
        assert 60 <= trio.current_time() < 70


async def test_a_stalled_object_is_aborted_and_discarded(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(store(bytes(1000))[:-1])
        assert await caller.control() == Abort(0, 0)
        report = await reception.rooms.report()
        assert "for the rest of a data set" in report.diagnosis
        assert len(reception.rooms.discarded) == 1


async def test_a_trickling_object_is_aborted(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        raw = store(bytes(1000))
        await caller.send(raw[:-500])
        async with trio.open_nursery() as nursery:

            async def trickle() -> None:
                for byte in raw[-500:]:
                    await caller.send(bytes((byte,)))
                    await trio.sleep(1)

            nursery.start_soon(trickle)
            report = await reception.rooms.report()
            nursery.cancel_scope.cancel()
        assert report.outcome == "timeout"
        assert "slower than 4096 bytes per second" in report.diagnosis


async def test_a_slow_but_honest_line_is_borne(autojump_clock: MockClock) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        raw = store(bytes(600_000))
        for at in range(0, len(raw), 6000):
            await caller.send(raw[at : at + 6000])
            await trio.sleep(1)
        assert await caller.status() == 0


async def test_an_association_has_an_age(autojump_clock: MockClock) -> None:
    async with (
        receiving(max_age=600.0) as reception,
        await Caller.connect(reception.port) as caller,
    ):
        await caller.associate()
        for _ in range(12):
            await trio.sleep(49)
            await caller.send(echo())
            assert await caller.status() == 0
        assert await caller.control() == Abort(0, 0)
        assert 600 <= trio.current_time() < 660


async def test_an_answer_nobody_waits_for() -> None:
    async with receiving() as reception:
        rooms = reception.rooms
        rooms.may_finish = threading.Event()
        async with await Caller.connect(reception.port) as caller:
            await caller.associate()
            await caller.send(store(b"abcd") + b"\4")  # the last byte unread resets the connection
            await rooms.finishing.wait()
            caller.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        rooms.may_finish.set()
        report = await rooms.report()
        assert (report.outcome, report.objects) == ("broken", 1)
        assert "ended without a release" in report.diagnosis


async def test_who_waited_longest_makes_room() -> None:
    async with receiving(max_waiting_per_peer=2) as reception:
        callers = [await Caller.connect(reception.port) for _ in range(3)]
        assert await callers[0].control() == AssociateReject(2, 3, 2)
        report = await reception.rooms.report()
        assert report.outcome == "rejected"
        assert "Too many connections" in report.diagnosis
        await callers[2].associate()
        for caller in callers:
            await trio.aclose_forcefully(caller.stream)


async def test_a_stop_ends_idle_associations_at_once() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await wait_all_tasks_blocked()
        reception.stop()
        assert await caller.control() == Abort(0, 0)


async def test_a_stop_turns_away_who_has_not_asked_yet() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.send(b"\x01")
        await wait_all_tasks_blocked(0.01)
        reception.stop()
        assert await caller.control() == AssociateReject(2, 3, 2)


@pytest.mark.parametrize("missing", [0, 9])
async def test_a_stop_lets_an_object_arrive_and_be_answered(missing: int) -> None:
    raw = store(bytes(1000))
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        rooms = reception.rooms
        rooms.may_finish = threading.Event()
        await caller.associate()
        await caller.send(raw[: len(raw) - missing])
        await wait_all_tasks_blocked(0.01)
        reception.stop()
        await wait_all_tasks_blocked(0.01)
        await caller.send(raw[len(raw) - missing :])
        await rooms.finishing.wait()
        rooms.may_finish.set()
        assert await caller.status() == 0
        assert await caller.control() == Abort(0, 0)
        assert rooms.stored == [bytes(1000)]
        assert "stopped" in (await rooms.report()).diagnosis


async def test_what_does_not_arrive_in_the_grace_is_not_acknowledged(
    autojump_clock: MockClock,
) -> None:
    async with receiving(grace=5.0) as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(store(bytes(1000))[:-9])
        await wait_all_tasks_blocked(0.01)
        began = trio.current_time()
        reception.stop()
        assert await caller.control() == Abort(0, 0)
        assert trio.current_time() >= began + 5
        assert "stopped" in (await reception.rooms.report()).diagnosis
        assert (len(reception.rooms.discarded), reception.rooms.stored) == (1, [])


async def test_what_the_medium_takes_longer_for_is_answered_all_the_same(
    autojump_clock: MockClock,
) -> None:
    async with receiving(grace=5.0) as reception, await Caller.connect(reception.port) as caller:
        rooms = reception.rooms
        rooms.may_finish = threading.Event()
        await caller.associate()
        await caller.send(store(b"abcd"))
        await rooms.finishing.wait()
        reception.stop()
        await trio.sleep(6)
        rooms.may_finish.set()
        assert await caller.status() == 0
        assert await caller.control() == Abort(0, 0)
        assert (rooms.stored, rooms.discarded) == ([b"abcd"], [])


async def test_a_stopped_listener_takes_no_callers() -> None:
    async with receiving() as reception:
        reception.stop()
        await wait_all_tasks_blocked(0.01)
        with pytest.raises(OSError, match="all attempts to connect"):
            await Caller.connect(reception.port)
