from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
import trio
from trio.testing import MockClock

from appliance.network.connection import Connection


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname()) as ours:
            theirs, _ = listener.accept()
            with theirs:
                yield ours, theirs


Pair = tuple[socket.socket, socket.socket]


async def test_it_receives_where_it_is_told(pair: Pair) -> None:
    connection = Connection(pair[0])
    block = memoryview(bytearray(10))
    assert connection.try_receive(block) is None
    pair[1].sendall(b"abc")
    await connection.readable()
    assert (connection.try_receive(block[2:]), bytes(block[:5])) == (3, b"\0\0abc")
    pair[1].close()
    await connection.readable()
    assert connection.try_receive(block) == 0
    assert connection.received_bytes == 3


async def test_a_reset_is_an_end(pair: Pair) -> None:
    connection = Connection(pair[0])
    pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    pair[1].close()
    await connection.readable()
    assert connection.try_receive(memoryview(bytearray(1))) == 0


async def test_much_is_sent_in_order_while_the_peer_reads(pair: Pair) -> None:
    connection = Connection(pair[0])
    pieces = [bytes((number % 256,)) * (number * 7 % 3000) for number in range(3000)]
    expected = b"".join(pieces)

    def read() -> bytes:
        data = bytearray()
        while len(data) < len(expected):
            data += pair[1].recv(1 << 16)
        return bytes(data)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(connection.send, pieces, 60)
        assert await trio.to_thread.run_sync(read) == expected


async def test_a_peer_that_takes_nothing_is_given_up(pair: Pair, autojump_clock: MockClock) -> None:
    with pytest.raises(trio.TooSlowError):
        await Connection(pair[0]).send([bytes(1 << 25)], 60)
    assert trio.current_time() >= 60


async def test_sending_to_nobody_is_an_error(pair: Pair) -> None:
    connection = Connection(pair[0])
    pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    pair[1].close()
    await connection.readable()
    with pytest.raises(OSError, match=r"reset|Broken pipe"):
        await connection.send([b"x", bytes(1 << 20)], 5)
    connection.send_now(b"nobody listens, nobody minds")


async def test_lingering_ends_with_the_peer_or_with_time(
    pair: Pair, autojump_clock: MockClock
) -> None:
    connection = Connection(pair[0])
    await connection.linger(2)
    assert trio.current_time() == 2
    assert pair[1].recv(1) == b""
    pair[1].sendall(bytes(10_000))
    pair[1].close()
    await connection.linger(2)
    assert trio.current_time() == 2
    connection.close()


async def test_who_never_waits_lets_others_run(pair: Pair) -> None:
    connection = Connection(pair[0])
    block = memoryview(bytearray(1 << 20))
    ran = trio.Event()

    async def other() -> None:
        ran.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(other)
        sent = 0
        while not ran.is_set():
            pair[1].sendall(bytes(60_000))
            sent += 60_000
            connection.try_receive(block)
            await connection.take_turns()
        assert sent < 3 << 20
