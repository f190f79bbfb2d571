"""What every sender must do: the scripted one of these tests as well as the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pytest

from appliance.network.errors import AssociationFailed
from appliance.network.settings import Outgoing
from appliance.nodes.model import Node
from appliance.transfers.sender import Sender
from storage.errors import Corrupt
from tests.appliance.transfers.script import CT, EXPLICIT

CONTEXT, FOREIGN = (CT, EXPLICIT), ("1.2.840.10008.5.1.4.1.1.4", EXPLICIT)


class Place(Protocol):
    """A destination that takes CT images."""

    @property
    def node(self) -> Node: ...

    @property
    def sender(self) -> Sender: ...

    def received(self) -> list[tuple[str, bytes]]: ...

    def answers(self, status: int) -> None:
        """From now on."""

    def closes(self) -> None:
        """Nobody gets in any more."""


def image(number: int, *chunks: bytes) -> Outgoing:
    length = sum(map(len, chunks))
    return Outgoing(CT, f"1.2.3.{number}", EXPLICIT, length, lambda: iter(chunks))


class Conformance:
    """The suite; a subclass gives the fixture `place`."""

    async def test_objects_arrive_as_they_are(self, place: Place) -> None:
        async with place.sender.connect(place.node, [CONTEXT], None) as line:
            for number in range(3):
                answer = await line.store(image(number, b"ab" * 5000, b"cd"))
                assert answer.status == 0
        assert place.received() == [(f"1.2.3.{n}", b"ab" * 5000 + b"cd") for n in range(3)]

    async def test_answers_come_through(self, place: Place) -> None:
        place.answers(0xA900)
        async with place.sender.connect(place.node, [CONTEXT], None) as line:
            assert (await line.store(image(1, b"ab"))).status == 0xA900
            place.answers(0)
            assert (await line.store(image(2, b"ab"))).status == 0

    async def test_what_is_accepted_is_known(self, place: Place) -> None:
        async with place.sender.connect(place.node, [CONTEXT, FOREIGN], None) as line:
            assert line.accepted(CONTEXT)
            assert not line.accepted(FOREIGN)
            assert (await line.store(image(1, b"ab"))).status == 0

    async def test_nothing_accepted_is_a_failure(self, place: Place) -> None:
        with pytest.raises(AssociationFailed) as failure:
            async with place.sender.connect(place.node, [FOREIGN], None):
                pass
        assert failure.value.kind == "no_context"

    async def test_a_closed_door_is_a_failure(self, place: Place) -> None:
        place.closes()
        with pytest.raises(AssociationFailed) as failure:
            async with place.sender.connect(place.node, [CONTEXT], None):
                pass
        assert failure.value.kind == "refused_connection"
        assert str(failure.value)

    async def test_a_damaged_object_does_not_arrive(self, place: Place) -> None:
        def damaged() -> Iterator[bytes]:
            yield b"ab" * 50_000
            raise Corrupt("the digest differs")

        bad = Outgoing(CT, "1.2.3.9", EXPLICIT, 200_000, damaged)
        with pytest.raises(Corrupt, match="digest"):
            async with place.sender.connect(place.node, [CONTEXT], None) as line:
                await line.store(bad)
        assert place.received() == []

    async def test_it_waits_before_bytes_go(self, place: Place) -> None:
        taken: list[int] = []

        async def throttle(amount: int) -> None:
            taken.append(amount)

        async with place.sender.connect(place.node, [CONTEXT], throttle) as line:
            await line.store(image(1, b"ab" * 5000))
        assert sum(taken) == 10_000
