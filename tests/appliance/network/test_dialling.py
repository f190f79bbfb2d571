from __future__ import annotations

import socket

import pytest
import trio
from trio.testing import MockClock

from appliance.network.dialling import dial
from appliance.network.errors import AssociationFailed
from appliance.network.settings import Remote


def _remote(host: str, port: int, source: str = "") -> Remote:
    return Remote("STORE", host, port, "SENDER", source)


async def test_it_connects_from_the_address_it_is_told() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        remote = _remote("127.0.0.1", listener.getsockname()[1], "127.0.0.2")
        connection = await dial(remote, 5)
        accepted, address = listener.accept()
        accepted.close()
        connection.close()
    assert address[0] == "127.0.0.2"


async def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else gets it meanwhile
        with pytest.raises(AssociationFailed, match="nothing listens on that port") as raised:
            await dial(_remote("127.0.0.1", taken.getsockname()[1], "127.0.0.2"), 5)
    assert raised.value.kind == "refused_connection"


async def test_there_is_no_way_there() -> None:
    with pytest.raises(AssociationFailed, match="cannot be reached") as raised:
        await dial(_remote("127.0.0.1", 104, "203.0.113.1"), 5)  # not an address of ours
    assert raised.value.kind == "unreachable"


async def test_the_name_cannot_be_asked_for() -> None:
    with pytest.raises(AssociationFailed, match="is unknown") as raised:
        await dial(_remote("x" * 70 + ".invalid", 104), 5)
    assert raised.value.kind == "unknown_host"


async def test_nothing_comes_back(autojump_clock: MockClock) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = []
        remote = _remote("127.0.0.1", full.getsockname()[1])

        async def crowd() -> None:
            while True:  # the kernel drops what exceeds the backlog
                waiting.append(await dial(remote, 10))

        with pytest.raises(AssociationFailed, match="did not answer within 10 s") as raised:
            await crowd()
        for connection in waiting:
            connection.close()
    assert raised.value.kind == "timeout"
    assert trio.current_time() >= 10
