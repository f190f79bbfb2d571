from __future__ import annotations

import struct

import pytest

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Element
from appliance.dicom.pdu import Abort
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION, echo, pdata, store
from tests.appliance.network.caller import Caller
from tests.appliance.network.reception import receiving

_WHOLE = pdu.COMMAND | pdu.LAST


def _command(field: int, *, data: bool, sop_class: str = CT) -> bytes:
    body = struct.pack("<HHI", 0, 2, len(sop_class)) + sop_class.encode()
    body += struct.pack("<HHIH", 0, 0x100, 2, field) + struct.pack("<HHIH", 0, 0x110, 2, 5)
    return body + struct.pack("<HHIH", 0, 0x800, 2, 1 if data else 0x0101)


async def test_a_store_says_what_comes_before_it_comes() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        raw = dimse.store_request(1, CT, "1.2.3", ("MOVER", 7))
        await caller.send(pdata(1, _WHOLE, raw) + pdata(1, pdu.LAST, b"abcd"))
        assert await caller.status() == 0
        [request] = reception.rooms.requests
        assert request.affected_sop_class_uid == CT
        assert request.affected_sop_instance_uid == "1.2.3"
        assert (request.transfer_syntax_uid, request.move_originator) == (EXPLICIT, "MOVER")
        assert (request.caller.calling_ae_title, len(request.association)) == ("SENDER", 32)
        assert reception.rooms.stored == [b"abcd"]


@pytest.mark.parametrize(("size", "writes"), [(0, 0), (12_000, 1), (400_000, 2), (3_000_000, 10)])
async def test_an_object_costs_few_writes(size: int, writes: int) -> None:
    data = bytes(range(250)) * (size // 250)
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        for _ in range(2):
            await caller.send(store(data, 16_000))
            assert await caller.status() == 0
        assert reception.rooms.stored == [data, data]
        assert reception.rooms.writes <= 2 * writes + 2


@pytest.mark.parametrize("data", [False, True])
@pytest.mark.parametrize("field", [0x0020, 0x0021, 0x0010, 0x0130, 0x0140, 0x7FFF])
async def test_an_unknown_operation_is_answered_and_the_association_goes_on(
    field: int, data: bool
) -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(pdata(1, _WHOLE, _command(field, data=data)))
        if data:
            await caller.send(pdata(1, pdu.LAST, b"query"))
        answer = await caller.answer()
        assert answer.field == field | 0x8000
        assert answer.number(Element.STATUS) == 0x0211
        await caller.send(echo())
        assert await caller.status() == 0


async def test_a_cancel_is_not_answered() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(pdata(1, _WHOLE, _command(0x0FFF, data=False)) + echo(8))
        answer = await caller.answer()
        assert answer.number(Element.MESSAGE_ID_BEING_RESPONDED_TO) == 8


async def test_a_store_needs_a_storage_context_and_a_data_set() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        wrong = _command(0x0001, data=True, sop_class=VERIFICATION)
        await caller.send(pdata(3, _WHOLE, wrong) + pdata(3, pdu.LAST, b"abcd"))
        assert await caller.status() == 0x0122
        await caller.send(pdata(1, _WHOLE, _command(0x0001, data=False)))
        assert await caller.status() == 0x0212
        assert not reception.rooms.requests


async def test_an_answer_to_nothing_is_aborted() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        await caller.send(pdata(1, _WHOLE, _command(0x8001, data=False)))
        assert await caller.control() == Abort(2, 5)
        report = await reception.rooms.report()
        assert "broke the DICOM protocol" in report.diagnosis


async def test_a_release_in_an_object_discards_it() -> None:
    async with receiving() as reception, await Caller.connect(reception.port) as caller:
        await caller.associate()
        without_end = store(bytes(100), 50)[: -(50 + 12)]
        await caller.send(without_end + pdu.encode(pdu.ReleaseRequest()))
        assert isinstance(await caller.control(), Abort)
        assert reception.rooms.discarded == [b""]
