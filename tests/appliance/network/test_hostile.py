"""Bytes nobody should send, to a listener that must answer, forget and go on."""

from __future__ import annotations

import random
import struct

import pytest
import trio

from appliance.dicom import pdu
from appliance.dicom.pdu import Abort, AssociateAccept
from tests.appliance.dicom.playbook import REQUEST, echo, pdata, store
from tests.appliance.network.caller import Caller
from tests.appliance.network.reception import Reception, receiving

_REQUEST = pdu.encode(REQUEST)
_TLS_HELLO = bytes.fromhex("16030100c8010000c40303") + bytes(200)
_HTTP = b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n"


async def _served(reception: Reception) -> None:
    async with await Caller.connect(reception.port) as honest:
        assert isinstance(await honest.associate(), AssociateAccept)
        await honest.send(echo())
        assert await honest.status() == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (_TLS_HELLO, "TLS on the DICOM port"),
        (_HTTP, "HTTP on the DICOM port"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH on the DICOM port"),
        (b"\x00\xff" * 20, "something that is not DICOM"),
    ],
)
async def test_other_protocols_are_told_apart(raw: bytes, words: str) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.send(raw)
        assert await caller.control() == Abort(0, 0)
        assert await caller.end() == b""
        report = await reception.rooms.report()
        assert report.outcome == "not_dicom"
        assert words in report.diagnosis
        await _served(reception)


@pytest.mark.parametrize("length", [0, 5, (256 << 10) + 1, 2**32 - 1])
async def test_pdu_lengths_that_cannot_be(length: int) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(struct.pack(">BxI", 4, length))
        assert await caller.control() == Abort(2, 6)
        assert await caller.end() == b""
        await _served(reception)


@pytest.mark.parametrize("length", [0, 5, (256 << 10) + 1, 2**32 - 1])
async def test_request_lengths_that_cannot_be(length: int) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.send(struct.pack(">BxI", 1, length) + b"\0" * min(length, 100))
        assert await caller.control() == Abort(0, 0)
        assert await caller.end() == b""
        await _served(reception)


@pytest.mark.parametrize("kind", [1, 2, 3, 6, 8, 255])
async def test_pdus_that_have_no_place_in_an_association(kind: int) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(struct.pack(">BxI", kind, 4) + bytes(4))
        assert await caller.control() == Abort(2, 2 if kind < 8 else 1)
        await _served(reception)


async def test_a_request_of_many_items() -> None:
    body = _REQUEST[6:74] + struct.pack(">BxH", 0x99, 0) * 16_000
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.send(struct.pack(">BxI", 1, len(body)) + body)
        assert await caller.control() == Abort(0, 0)
        await _served(reception)


async def test_a_command_set_without_end() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(pdata(1, pdu.COMMAND, bytes(16_000)) * 5)
        assert await caller.control() == Abort(2, 6)
        await _served(reception)


async def test_truncations_of_a_request() -> None:
    async with receiving(max_waiting_per_peer=64) as reception:
        for at in range(0, len(_REQUEST), 3):
            async with await Caller.connect(reception.port) as caller:
                await caller.send(_REQUEST[:at])
                await caller.stream.send_eof()
                assert await caller.end() == b""
        assert not reception.rooms.callers
        await _served(reception)


async def test_bit_flips_of_a_request() -> None:
    chosen = random.Random(1)  # every flip is tried on the association itself
    async with receiving(max_waiting_per_peer=64) as reception:
        for _ in range(150):
            raw = bytearray(_REQUEST)
            raw[chosen.randrange(len(raw))] ^= 1 << chosen.randrange(8)
            async with await Caller.connect(reception.port) as caller:
                await caller.send(bytes(raw))
                await caller.stream.send_eof()
                with trio.fail_after(30):
                    await caller.end()
        await _served(reception)


async def test_bit_flips_of_an_object() -> None:
    chosen = random.Random(2)
    message = store(bytes(2000), 500)
    async with receiving(max_associations_per_peer=64) as reception:
        for _ in range(150):
            raw = bytearray(message)
            raw[chosen.randrange(len(raw))] ^= 1 << chosen.randrange(8)
            async with await Caller.connect(reception.port) as caller:
                await caller.associate()
                await caller.send(bytes(raw))
                await caller.stream.send_eof()
                with trio.fail_after(30):
                    await caller.end()
        await _served(reception)


async def test_truncated_objects_are_never_stored() -> None:
    message = store(bytes(500), 100)
    async with receiving(max_associations_per_peer=64) as reception:
        for at in range(0, len(message), 7):
            async with await Caller.connect(reception.port) as caller:
                await caller.associate()
                await caller.send(message[:at])
                await caller.stream.send_eof()
                await caller.end()
        await reception.rooms.until(lambda: len(reception.rooms.reports) >= len(message) // 7)
        assert not reception.rooms.stored
        assert len(reception.rooms.discarded) == len(reception.rooms.requests)


async def test_names_from_the_wire_stay_names() -> None:
    traversal = b"../../../etc/pwd"
    raw = _REQUEST[:10] + traversal + traversal + _REQUEST[42:]
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.send(raw)
        assert isinstance(await caller.control(), AssociateAccept)
        assert reception.rooms.callers[0].calling_ae_title == traversal.decode()
