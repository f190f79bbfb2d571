from __future__ import annotations

import pytest

from appliance.dicom.dimse import Element, Operation
from appliance.network.errors import AssociationFailed
from appliance.network.requestor import associate
from appliance.network.services import Answer
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION, echo, store
from tests.appliance.network.peer import Peer, playing
from tests.appliance.network.reception import Rooms

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]


async def test_the_peers_objects_are_kept_and_answered() -> None:
    rooms, answers = Rooms(), []
    rooms.answer = Answer(0xA700, "full")

    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        for data in (b"ab" * 40_000, b""):
            await peer.wire.send(store(data))
            answer, _ = await peer.message()
            answers.append(answer.number(Element.STATUS))
        await peer.wire.send(echo())
        await peer.answer(command, 0)
        await peer.release()

    async with playing(script) as remote, associate(remote, _CONTEXTS) as association:
        fetching = association.fetching(rooms.store)
        assert (await association.ask_once(CT, Operation.C_GET, {})).answer.status == 0
    assert fetching.statuses == answers == [0xA700] * 2
    assert rooms.stored == [b"ab" * 40_000, b""]
    assert rooms.requests[0].caller.calling_ae_title == "STORE"


async def test_half_an_object_is_discarded() -> None:
    rooms = Rooms()

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.message()
        await peer.wire.send(store(b"ab" * 300_000)[:-9])

    async with playing(script) as remote:
        with pytest.raises(AssociationFailed):
            await _get(remote, rooms)
    assert len(rooms.discarded) == 1
    assert not rooms.stored


async def _get(remote: Remote, rooms: Rooms) -> None:
    async with associate(remote, _CONTEXTS) as association:
        association.fetching(rooms.store)
        await association.ask_once(CT, Operation.C_GET, {})
