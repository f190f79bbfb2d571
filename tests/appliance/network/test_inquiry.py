from __future__ import annotations

import struct

import pytest

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Command, Element, Operation
from appliance.network.errors import AssociationFailed
from appliance.network.inquiry import answer_in
from appliance.network.requestor import associate
from appliance.network.services import Answer
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION, pdata
from tests.appliance.network.peer import Peer, playing

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]


def test_what_goes_beside_the_status_is_read() -> None:
    elements: dict[int, bytes] = {
        Element.STATUS: b"\0\xa9",
        Element.ERROR_COMMENT: b"no such tag ",
        Element.OFFENDING_ELEMENT: struct.pack("<HHHH", 0x10, 0x20, 0x8, 0x18),
    }
    assert answer_in(Command(elements)) == Answer(0xA900, "no such tag", (0x100020, 0x80018))
    assert answer_in(Command({})).status == 0x0110


async def test_an_answer_without_end_is_refused() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        await peer.say(dimse.response(command, 0xFF00, has_data=True))
        for _ in range(100):
            await peer.wire.send(pdata(1, 0, bytes(250_000)))
        await peer.wire.end()

    async with playing(script) as remote:
        with pytest.raises(AssociationFailed, match="more than 16777216 bytes"):
            await _ask(remote)


async def test_something_else_in_the_middle_of_an_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        await peer.say(dimse.response(command, 0, has_data=True))
        await peer.wire.send(pdu.encode(pdu.ReleaseRequest()))
        await peer.wire.end()

    async with playing(script) as remote:
        with pytest.raises(AssociationFailed, match="in the middle"):
            await _ask(remote)


async def _ask(remote: Remote) -> None:
    async with associate(remote, _CONTEXTS) as association:
        await association.ask_once(CT, Operation.N_GET, {})
