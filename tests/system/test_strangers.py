"""Connections that are no DICOM, never say anything, or say too much."""

from __future__ import annotations

import random
import select
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import Appliance
from tests.system.images import ct
from tests.system.patience import until

_MIB = 1 << 20
_BOUND = 5.0  # seconds; a generous reading of "served at once"
_CONTEXTS = [(wire.VERIFICATION, (wire.IMPLICIT_LITTLE,))]
_STRANGER = "127.0.0.9"
_CROWD = 500


@pytest.fixture(autouse=True)
def unharmed(shared_arca: Appliance) -> Iterator[None]:
    """The same process goes on after each test and has let go of every connection."""
    before, logged = shared_arca.descriptors(), len(shared_arca.told().encode())
    yield
    assert shared_arca.alive()
    _honest(shared_arca)
    until(lambda: shared_arca.descriptors() <= before + 10, 60, "the connections let go")
    assert "Traceback" not in shared_arca.told(logged)


_numbers = iter(range(1, 100_000))


def _honest(arca: Appliance) -> None:
    began = time.monotonic()
    assert wire.store(arca.port, [ct(next(_numbers), source=40)]) == [0]
    assert time.monotonic() - began < _BOUND


def _reaction(stranger: socket.socket, within: float = 45) -> bytes:
    """What comes back until the end of the stream; an AssertionError when it never ends."""
    stranger.settimeout(within)
    data = b""
    with suppress(ConnectionError):
        while more := stranger.recv(65536):
            data += more
            if data[0] in (3, 7) and len(data) >= 10:  # A-ASSOCIATE-RJ, A-ABORT: clear enough
                break
    return data


def _answered_in_pdus(data: bytes) -> bool:
    return data == b"" or data[0] in (2, 3, 7)


def _send(stranger: socket.socket, data: bytes) -> None:
    with suppress(ConnectionError, TimeoutError):
        stranger.sendall(data)


# Lengths


@pytest.mark.parametrize("kind", [1, 2, 4, 5, 7, 0, 255])
@pytest.mark.parametrize("length", [0, 5, 262_145, 2**32 - 1])
def test_lengths_before_an_association(shared_arca: Appliance, kind: int, length: int) -> None:
    shared_arca.reset_peak()
    before = shared_arca.memory()
    with wire.connect(shared_arca.port, source=_STRANGER) as stranger:
        _send(stranger, struct.pack(">BxI", kind, length) + bytes(min(length, 8 * _MIB)))
        assert _answered_in_pdus(_reaction(stranger))
    assert shared_arca.peak() - before < 24 * _MIB


def _lies(association: wire.Association) -> dict[str, bytes]:
    too_long = association.peer_max_pdu + 1
    return {
        "a PDU of 0": struct.pack(">BxI", 4, 0),
        "a PDU of 5": struct.pack(">BxI", 4, 5) + bytes(5),
        "a PDU of 4 GiB": struct.pack(">BxI", 4, 2**32 - 1) + bytes(8 * _MIB),
        "one byte too long": struct.pack(">BxI", 4, too_long) + bytes(too_long),
        "a PDV of 0": wire.pdu(4, struct.pack(">I", 0)),
        "a PDV of 1": wire.pdu(4, struct.pack(">IB", 1, 1)),
        "a PDV longer than its PDU": wire.pdu(4, struct.pack(">IBB", 500, 1, 3) + bytes(10)),
        "a context nobody proposed": wire.p_data(3, 3, bytes(20)),
        "an even context": wire.p_data(2, 3, bytes(20)),
        "a data set without a command": wire.p_data(1, 2, bytes(20)),
        "a command of nothing": wire.p_data(1, 3, b""),
        "a command of noise": wire.p_data(1, 3, b"\xff" * 64),
        "a command without end": wire.p_data(1, 1, bytes(60_000)) * 200,
        "a second association": wire.associate_rq(_CONTEXTS),
        "an unknown PDU": wire.pdu(9, bytes(4)),
    }


def test_lies_inside_an_association(shared_arca: Appliance) -> None:
    shared_arca.reset_peak()
    before = shared_arca.memory()
    with wire.Association(shared_arca.port, _CONTEXTS) as honest:
        lies = _lies(honest)
    for name, lie in lies.items():
        association = wire.Association(shared_arca.port, _CONTEXTS, source=_STRANGER)
        with association.socket as stranger:
            _send(stranger, lie)
            data = _reaction(stranger)
            assert data == b"" or data[0] in (4, 7), name
    assert shared_arca.peak() - before < 24 * _MIB


# Requests that ask for too much


def _crowded(what: str) -> bytes:
    if what == "contexts":
        body = struct.pack(">B3x", 1) + wire.item(0x30, b"1.2") + wire.item(0x40, b"1.2.3")
        return wire.item(0x20, body) * 16_000
    if what == "syntaxes":
        return wire.item(0x20, struct.pack(">B3x", 1) + wire.item(0x40, b"") * 16_000)
    if what == "lying lengths":
        return (struct.pack(">BxH", 0x20, 0xFFFF) + bytes(8)) * 8_000
    return wire.item(0x50, wire.item(0x54, b"") * 16_000)


@pytest.mark.parametrize("what", ["contexts", "syntaxes", "user items", "lying lengths"])
def test_requests_with_sixteen_thousand_items(shared_arca: Appliance, what: str) -> None:
    shared_arca.reset_peak()
    before = shared_arca.memory()
    body = wire.associate_rq([])[6:] + _crowded(what)
    for _ in range(5):
        with wire.connect(shared_arca.port, source=_STRANGER) as stranger:
            _send(stranger, wire.pdu(1, body))
            _send(stranger, wire.pdu(5, bytes(4)))
            assert _answered_in_pdus(_reaction(stranger))
    assert shared_arca.peak() - before < 50 * _MIB


def test_noise(shared_arca: Appliance) -> None:
    chance = random.Random(50)
    request = wire.associate_rq(_CONTEXTS)
    for number in range(200):
        noise = bytearray(request if number % 2 else chance.randbytes(chance.randrange(1, 400)))
        noise[chance.randrange(len(noise))] ^= 1 << chance.randrange(8)
        with wire.connect(shared_arca.port, source=_STRANGER) as stranger:
            _send(stranger, bytes(noise))
            stranger.shutdown(socket.SHUT_WR)
            assert _answered_in_pdus(_reaction(stranger))


# Other protocols


def _client_hello() -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="arca").do_handshake()
    return outgoing.read()


@pytest.mark.parametrize(
    ("word", "greeting"),
    [
        ("TLS", _client_hello()),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: arca\r\n\r\n"),
        ("DICOM", b"SSH-2.0-OpenSSH_9.2\r\n"),
        ("DICOM", b"\x0bMSH|^~\\&|A|B|C|D|2020||ADT^A01|1|P|2.5\r\x1c\r"),
    ],
)
def test_other_protocols_are_told_apart(shared_arca: Appliance, word: str, greeting: bytes) -> None:
    source = f"127.0.0.{50 + len(greeting) % 100}"
    with wire.connect(shared_arca.port, source=source) as stranger:
        _send(stranger, greeting)
        assert _answered_in_pdus(_reaction(stranger))

    def told() -> bool:
        return any(
            word in one["diagnosis"]
            for one in shared_arca.ask("associations")
            if one["peer"].startswith(source)
        )

    until(told, 10, f"a diagnosis that says {word}")


# Crowds


def _addresses(spread: bool) -> list[str]:
    return [f"127.0.1.{number % 100 + 1}" if spread else _STRANGER for number in range(_CROWD)]


def _crowd(stack: ExitStack, port: int, addresses: Sequence[str]) -> list[socket.socket]:
    crowd = []
    for address in addresses:
        with suppress(ConnectionError, TimeoutError):
            crowd.append(stack.enter_context(wire.connect(port, source=address, timeout=10)))
    return crowd


def _closed(crowd: Sequence[socket.socket]) -> int:
    """How many of the connections the appliance has ended."""
    poll = select.poll()
    for one in crowd:
        poll.register(one, select.POLLIN | select.POLLHUP | select.POLLERR)
    return len(poll.poll(0))


@pytest.mark.parametrize("spread", [False, True], ids=["one address", "a hundred addresses"])
def test_idle_sockets_hold_up_nobody(shared_arca: Appliance, spread: bool) -> None:
    with ExitStack() as stack:
        crowd = _crowd(stack, shared_arca.port, _addresses(spread))
        for _ in range(10):
            _honest(shared_arca)
        until(lambda: _closed(crowd) == len(crowd), 60, "all idle connections ended")


def _trickle(crowd: Sequence[socket.socket], stop: threading.Event) -> None:
    request = wire.associate_rq(_CONTEXTS)
    for byte in request:
        for one in crowd:
            with suppress(OSError):
                one.send(bytes([byte]))
        if stop.wait(1):
            return


@pytest.mark.parametrize("spread", [False, True], ids=["one address", "a hundred addresses"])
def test_trickling_sockets_hold_up_nobody(shared_arca: Appliance, spread: bool) -> None:
    stop = threading.Event()
    with ExitStack() as stack:
        crowd = _crowd(stack, shared_arca.port, _addresses(spread))
        thread = threading.Thread(target=_trickle, args=(crowd, stop))
        thread.start()
        stack.callback(thread.join)
        stack.callback(stop.set)
        for _ in range(10):
            _honest(shared_arca)
        until(lambda: _closed(crowd) == len(crowd), 60, "all trickling connections ended")


def test_one_peer_cannot_take_every_association(shared_arca: Appliance) -> None:
    with ExitStack() as stack:
        refused = 0
        for _ in range(60):
            try:
                association = wire.Association(shared_arca.port, _CONTEXTS, source=_STRANGER)
                stack.enter_context(association.socket)
            except wire.Gone:
                refused += 1
        assert refused > 0
        _honest(shared_arca)


def test_half_an_object_is_given_up_after_a_while(tmp_path: Path) -> None:
    with Appliance(tmp_path / "arca", {"dicom": {"idle_seconds": 2}}) as arca:
        arca.start()
        image = ct(1, source=41)
        association = wire.Association(arca.port, wire.contexts_of([image]))
        with association.socket as stranger:
            association.send(b"".join(association.request(image))[:20_000])
            _reaction(stranger)
        assert arca.kept().total() == 0
        _honest(arca)
