from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from appliance.dicom import dimse, pdu
from appliance.dicom.dimse import Element
from appliance.dicom.items import UserInformation
from appliance.dicom.pdu import Abort, AssociateAccept
from appliance.meter import Meter
from appliance.network.errors import AssociationFailed
from appliance.network.requestor import associate
from appliance.network.services import Answer
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import ANSWER, CT, EXPLICIT, VERIFICATION
from tests.appliance.network.peer import Peer, outgoing, playing
from tests.appliance.network.reception import receiving

_CONTEXTS = [(CT, (EXPLICIT,)), (VERIFICATION, (EXPLICIT,))]


class Corrupt(Exception):
    pass


async def test_messages_are_numbered_and_answers_read() -> None:
    numbers = []

    async def script(peer: Peer) -> None:
        await peer.accept()
        for _ in range(2):
            command, _ = await peer.message()
            numbers.append(command.message_id)
            await peer.answer(command, 0xA700, "full")
        await peer.release()

    async with playing(script) as remote, associate(remote, _CONTEXTS) as association:
        assert await association.store(outgoing(b"abcd")) == Answer(0xA700, "full")
        assert await association.echo() == 0xA700
    assert numbers == [1, 2]


@pytest.mark.parametrize("limit", [128, 16384, 0])
async def test_the_peers_pdu_size_is_respected(limit: int) -> None:
    chunks = [bytes((number,)) * 9_999 for number in range(11)]
    answer = AssociateAccept("A", "B", ANSWER.contexts, UserInformation(limit, "1.2"))

    async def script(peer: Peer) -> None:
        await peer.accept(answer)
        sizes, data, command = [], b"", b""
        while True:
            _, body = await peer.wire.pdu()
            sizes.append(len(body))
            if body[5] & pdu.COMMAND:
                command += body[6:]
                continue
            data += body[6:]
            if body[5] & pdu.LAST:
                break
        assert max(sizes) <= (limit or 1 << 18)
        assert data == b"".join(chunks)
        await peer.answer(dimse.decode(command), 0)
        await peer.release()

    async with playing(script) as remote, associate(remote, _CONTEXTS) as association:
        assert (await association.store(outgoing(*chunks))).status == 0


async def test_a_class_or_syntax_not_accepted_leaves_the_association_usable() -> None:
    async with receiving() as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
        async with associate(remote, _CONTEXTS) as association:
            assert association.accepted(CT, EXPLICIT)
            assert not association.accepted(CT, "1.2.3")
            other = replace(outgoing(b"abcd"), transfer_syntax_uid="1.2.840.10008.1.2.4.70")
            with pytest.raises(AssociationFailed, match="JPEG Lossless") as raised:
                await association.store(other)
            assert raised.value.kind == "no_context"
            assert (await association.store(outgoing(b"abcd"))).status == 0
        assert (await reception.rooms.report()).outcome == "released"


@pytest.mark.parametrize("good", [0, 1, 3, 30])
async def test_a_reader_that_objects_at_the_end_aborts_before_the_last_byte(good: int) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(good):
            yield bytes(100_000)
        raise Corrupt

    seen = []

    async def script(peer: Peer) -> None:
        await peer.accept()
        kind, body = await peer.wire.pdu()
        while kind == pdu.Kind.P_DATA:
            seen.append(body[5])
            kind, body = await peer.wire.pdu()
        assert pdu.decode(kind, body) == Abort(0, 0)

    async with playing(script) as remote:
        with pytest.raises(Corrupt):
            async with associate(remote, _CONTEXTS) as association:
                await association.store(replace(outgoing(), chunks=chunks))
    assert pdu.LAST not in seen


async def test_who_throttles_is_asked_before_every_batch() -> None:
    asked = []

    async def throttle(size: int) -> None:
        asked.append(size)

    async with receiving() as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
        async with associate(remote, _CONTEXTS, throttle=throttle) as association:
            await association.store(outgoing(*[bytes(1 << 19)] * 6))
            assert association.bytes == sum(asked) == 6 << 19
        assert len(asked) > 1


async def test_answers_are_timed_and_originators_named() -> None:
    meter = Meter()
    async with receiving() as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
        async with associate(remote, _CONTEXTS, meter=meter) as association:
            moved = replace(outgoing(b"abcd"), move_originator=("MOVER", 3))
            await association.store(moved)
        assert reception.rooms.requests[0].move_originator == "MOVER"
    assert "arca_send_answer_seconds_count 1.0" in meter.exposition().decode()


async def test_offending_elements_and_missing_statuses() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        command, _ = await peer.message()
        await peer.say(dimse.response(command, 0xA900, "", (0x00080016, 0x00080018)))
        command, _ = await peer.message()
        raw = bytearray(dimse.response(command, 0))
        at = raw.index(Element.STATUS.to_bytes(2, "little") + b"\2\0\0\0")
        raw[at] = 0x99  # no longer a status
        await peer.say(bytes(raw))
        await peer.release()

    async with playing(script) as remote, associate(remote, _CONTEXTS) as association:
        answer = await association.store(outgoing(b"abcd"))
        assert answer.offending_element == (0x00080016, 0x00080018)
        assert (await association.store(outgoing(b"abcd"))).status == 0x0110
