from __future__ import annotations

import struct

import pytest
import trio
from trio.testing import MockClock

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Element
from appliance.dicom.pdu import Abort, AssociateReject
from appliance.network.errors import AssociationFailed
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION
from tests.appliance.network.peer import Peer, Script, outgoing, playing

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]


async def _store(remote: Remote, *chunks: bytes) -> int:
    async with associate(remote, _CONTEXTS) as association:
        return (await association.store(outgoing(*chunks))).status


async def _failure(script: Script, *chunks: bytes) -> AssociationFailed:
    async with playing(script) as remote:
        with pytest.raises(AssociationFailed) as raised:
            await _store(remote, *chunks or (b"abcd",))
    return raised.value


async def test_a_rejection() -> None:
    async def script(peer: Peer) -> None:
        await peer.wire.pdu()
        await peer.wire.send(pdu.encode(AssociateReject(1, 1, 7)))

    error = await _failure(script)
    assert (error.kind, "called AE title" in str(error)) == ("rejected_permanent", True)


async def test_an_abort_instead_of_an_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.message()
        await peer.wire.send(pdu.encode(Abort(2, 6)))
        await peer.wire.end()

    error = await _failure(script)
    assert (error.kind, "PDU too long" in str(error)) == ("aborted", True)


async def test_an_abort_in_the_middle_of_a_large_object() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wire.pdu()
        await peer.wire.send(pdu.encode(Abort(0, 0)))
        await peer.wire.end()

    error = await _failure(script, *[bytes(1 << 20)] * 64)
    assert (error.kind, "its application" in str(error)) == ("aborted", True)


@pytest.mark.parametrize("established", [True, False])
async def test_a_peer_that_closes_without_a_word(established: bool) -> None:
    async def script(peer: Peer) -> None:
        if established:
            await peer.accept()
            await peer.message()
        else:
            await peer.wire.pdu()

    error = await _failure(script)
    assert error.kind == "broken"
    assert ("instead of answering" in str(error)) is not established


@pytest.mark.parametrize("chunks", [[bytes(1 << 20)] * 64, [bytes(32 << 20)]])
async def test_a_peer_that_vanishes_in_the_middle_of_an_object(chunks: list[bytes]) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wire.pdu()
        await trio.aclose_forcefully(peer.wire.stream)

    assert (await _failure(script, *chunks)).kind == "broken"


@pytest.mark.parametrize(
    ("words", "kind"),
    [(pdu.encode(Abort(2, 1)), "aborted"), (bytes(6), "protocol"), (b"", "broken")],
)
async def test_the_last_words_of_a_peer_that_vanishes(words: bytes, kind: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wire.pdu()
        await peer.wire.send(words)
        await trio.aclose_forcefully(peer.wire.stream)

    assert (await _failure(script, bytes(32 << 20))).kind == kind


@pytest.mark.parametrize(
    ("speech", "kind"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not_dicom"),
        (bytes.fromhex("15030300020246"), "tls"),
        (struct.pack(">BxI", 2, 1 << 20), "protocol"),
        (struct.pack(">BxI", 4, 12) + bytes(12), "protocol"),
    ],
)
async def test_a_peer_that_speaks_something_else(speech: bytes, kind: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.wire.pdu()
        await peer.wire.send(speech)
        await peer.wire.end()

    assert (await _failure(script)).kind == kind


async def test_a_peer_that_never_answers_the_request(autojump_clock: MockClock) -> None:
    async def script(peer: Peer) -> None:
        await peer.wire.end()

    error = await _failure(script)
    assert error.kind == "timeout"
    assert "silent for 30 s (the answer to the association request)" in str(error)


async def test_a_peer_that_never_answers_a_message(autojump_clock: MockClock) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wire.end()

    error = await _failure(script)
    assert (error.kind, trio.current_time() >= 60) == ("timeout", True)


async def test_a_peer_that_stops_taking_data(autojump_clock: MockClock) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await trio.sleep_forever()

    async with playing(script) as remote:
        with pytest.raises(AssociationFailed, match="took no data for 60 s") as raised:
            await _store(remote, *[bytes(1 << 20)] * 64)
    assert raised.value.kind == "timeout"


async def test_an_answer_to_another_message() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.message()
        other = dimse.decode(dimse.store_request(99, CT, "1.2.3", None))
        await peer.answer(other, 0)
        await peer.wire.end()

    assert (await _failure(script)).kind == "protocol"


async def test_a_release_instead_of_an_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.message()
        await peer.wire.send(pdu.encode(pdu.ReleaseRequest()))
        assert isinstance(await peer.wire.control(), pdu.ReleaseReply)

    assert (await _failure(script)).kind == "broken"


async def test_a_question_of_the_peer_is_declined_and_ours_is_answered() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        await peer.say(dimse.echo_request(3, VERIFICATION), 3)
        declined, _ = await peer.message()
        assert declined.number(Element.STATUS) == 0x0211
        await peer.answer(command, 0)
        await peer.release()

    async with playing(script) as remote:
        assert await _store(remote, b"abcd") == 0


async def test_an_early_answer_counts() -> None:
    chunks = [bytes(1 << 20)] * 8

    async def script(peer: Peer) -> None:
        await peer.accept()
        _, body = await peer.wire.pdu()
        await peer.answer(dimse.decode(body[6:]), 0xA700)
        received = 0
        while received < 8 << 20:
            _, body = await peer.wire.pdu()
            received += len(body) - 6
        await peer.release()

    async with playing(script) as remote:
        assert await _store(remote, *chunks) == 0xA700


async def test_what_was_answered_stays_answered_when_the_release_is_not(
    autojump_clock: MockClock,
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        await peer.answer(command, 0)
        await peer.wire.end()

    async with playing(script) as remote:
        assert await _store(remote, b"abcd") == 0
    assert trio.current_time() >= 5
