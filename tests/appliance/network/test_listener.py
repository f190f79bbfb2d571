from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import replace

import pytest
import trio

from appliance.dicom.pdu import AssociateAccept, AssociateReject
from appliance.errors import ConfigError
from appliance.meter import Meter
from appliance.network.listener import listen
from appliance.network.services import Services
from tests.appliance.dicom.playbook import echo, store
from tests.appliance.network.caller import Caller
from tests.appliance.network.reception import SETTINGS, Rooms, receiving


async def test_an_address_that_is_taken_is_the_operators_to_mend() -> None:
    rooms = Rooms()
    services = Services(rooms.admit, rooms.store, rooms.ended)
    async with receiving() as reception:
        with pytest.raises(ConfigError, match=rf"port {reception.port}.*Choose another port"):
            await listen(replace(SETTINGS, port=reception.port), services, Meter())
    with pytest.raises(ConfigError, match=r"cannot listen on 203\.0\.113\.1"):
        await listen(replace(SETTINGS, address="203.0.113.1"), services, Meter())


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="THIS MACHINE HAS NO IPV6")
async def test_it_listens_on_ipv6_as_well() -> None:
    async with (
        receiving(address="::1") as reception,
        Caller(await trio.open_tcp_stream("::1", reception.port)) as caller,
    ):
        assert isinstance(await caller.associate(), AssociateAccept)
        assert reception.rooms.callers[0].host == "::1"


async def test_associations_are_limited_per_peer() -> None:
    async with receiving(max_associations_per_peer=2) as reception:
        callers = [await Caller.connect(reception.port) for _ in range(3)]
        answers = [await caller.associate() for caller in callers]
        assert [type(answer) for answer in answers[:2]] == [AssociateAccept] * 2
        assert answers[2] == AssociateReject(2, 3, 2)
        assert "allowed per peer" in (await reception.rooms.report()).diagnosis
        await trio.aclose_forcefully(callers[0].stream)
        await reception.rooms.until(lambda: len(reception.rooms.reports) == 2)
        async with await Caller.connect(reception.port) as caller:
            assert isinstance(await caller.associate(), AssociateAccept)
        for caller in callers:
            await trio.aclose_forcefully(caller.stream)


async def test_associations_are_limited_in_all() -> None:
    async with receiving(max_associations=1) as reception:
        async with await Caller.connect(reception.port) as first:
            await first.associate()
            async with await Caller.connect(reception.port) as second:
                assert await second.associate() == AssociateReject(2, 3, 2)
        assert "in all" in (await reception.rooms.report()).diagnosis


async def test_many_associations_at_once_each_get_their_own() -> None:
    async def send(port: int, number: int) -> None:
        async with await Caller.connect(port) as caller:
            await caller.associate()
            for _ in range(3):
                await caller.send(store(bytes((number,)) * 50_000))
                assert await caller.status() == 0

    async with receiving() as reception:
        async with trio.open_nursery() as nursery:
            for number in range(16):
                nursery.start_soon(send, reception.port, number)
        expected = sorted(bytes((number,)) * 50_000 for number in range(16) for _ in range(3))
        assert sorted(reception.rooms.stored) == expected


async def test_an_honest_caller_is_served_among_five_hundred_that_are_not() -> None:
    async with receiving() as reception:
        idle = [await Caller.connect(reception.port) for _ in range(250)]
        trickling = [await Caller.connect(reception.port) for _ in range(250)]
        for caller in trickling:
            with suppress(trio.BrokenResourceError):  # it may have had to make room already
                await caller.send(b"\x01")
        with trio.fail_after(30):
            async with await Caller.connect(reception.port) as honest:
                await honest.associate()
                await honest.send(echo())
                assert await honest.status() == 0
                await honest.send(store(bytes(500_000)))
                assert await honest.status() == 0
        for caller in idle + trickling:
            await trio.aclose_forcefully(caller.stream)


async def test_a_report_comes_for_every_connection() -> None:
    async with receiving() as reception:
        for _ in range(5):
            caller = await Caller.connect(reception.port)
            await caller.stream.aclose()
        await reception.rooms.until(lambda: len(reception.rooms.reports) == 5)
        assert {report.outcome for report in reception.rooms.reports} == {"refused"}
        assert "left without a word" in reception.rooms.reports[0].diagnosis
