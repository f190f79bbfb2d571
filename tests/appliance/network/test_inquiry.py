from __future__ import annotations

import pytest

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Operation
from appliance.network.errors import AssociationFailed
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION, pdata
from tests.appliance.network.peer import Peer, playing

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]


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
