"""We speak first: between a caller's requests, and while it asks something itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import trio

from appliance.dicom.dimse import Element, Operation
from appliance.dicom.items import RoleSelection
from appliance.dicom.negotiation import Context
from appliance.network.hearing import Report
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.services import Answer, Channel, Dialogue, Provider
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT, VERIFICATION
from tests.appliance.network.peer import outgoing
from tests.appliance.network.reception import Reception, receiving

PUSH = "1.2.840.10008.1.20.1"
_CONTEXTS = [(PUSH, (EXPLICIT,)), (CT, (EXPLICIT,)), (VERIFICATION, ("1.2.840.10008.1.2",))]


@dataclass
class Room:
    """Answers an action, and asks a question of its own afterwards."""

    nursery: trio.Nursery
    channels: list[Channel] = field(default_factory=list)
    answers: list[Answer | None] = field(default_factory=list)
    answered: trio.Event = field(default_factory=trio.Event)

    def provider(self) -> Provider:
        operations = frozenset({Operation.N_ACTION})
        begun = self.channels.append
        return Provider(
            "commitment", frozenset({PUSH}), operations, self._handle, either_role=True, begun=begun
        )

    async def _handle(self, dialogue: Dialogue) -> None:
        await dialogue.answer(0)
        self.nursery.start_soon(self.ask, dialogue.channel)

    async def ask(self, channel: Channel) -> None:
        context = channel.context(PUSH)
        assert context is not None
        values: dict[Element, int | str] = {Element.EVENT_TYPE_ID: 1}
        answer = await channel.ask(context, Operation.N_EVENT_REPORT, values, b"12")
        self.answers.append(answer)
        self.answered.set()


@asynccontextmanager
async def _talking(
    *roles: RoleSelection,
) -> AsyncIterator[tuple[Room, Reception, OutgoingAssociation]]:
    async with trio.open_nursery() as nursery:
        room = Room(nursery)
        async with receiving(providers=[room.provider()]) as reception:
            remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
            async with associate(remote, _CONTEXTS, roles=roles) as association:
                yield room, reception, association


class Ear:
    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, report: Report) -> Answer:
        self.heard.append(report.raw)
        return Answer(0, "thank you")


async def _act(association: OutgoingAssociation) -> None:
    assert (await association.ask_once(PUSH, Operation.N_ACTION, {})).answer.status == 0


async def test_a_silent_caller_is_asked() -> None:
    async with _talking() as (room, _, association):
        ear = Ear()
        await _act(association)
        await association.hear(ear, 10.0, lambda: bool(ear.heard))
        await room.answered.wait()
        assert (ear.heard, room.answers) == ([b"12"], [Answer(0, "thank you")])
        assert await association.echo() == 0


async def test_what_the_caller_asks_meanwhile_is_served() -> None:
    async with _talking() as (_, reception, association):
        ear = Ear()
        association.hearing(ear)
        for _ in range(3):
            await _act(association)
            assert await association.echo() == 0
            assert (await association.store(outgoing(b"ab" * 1000))).status == 0
        await association.hear(ear, 10.0, lambda: len(ear.heard) == 3)
        assert ear.heard == [b"12"] * 3
        assert len(reception.rooms.stored) == 3


async def test_a_caller_that_leaves_does_not_answer() -> None:
    async with trio.open_nursery() as nursery:
        room = Room(nursery)
        async with receiving(providers=[room.provider()]) as reception:
            remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
            with pytest.raises(ZeroDivisionError):
                await _act_and_leave(remote)
            with trio.fail_after(10):
                await room.answered.wait()
            assert room.answers == [None]
            assert await room.channels[0].ask(_context(), Operation.N_EVENT_REPORT, {}, b"") is None


async def _act_and_leave(remote: Remote) -> None:
    async with associate(remote, _CONTEXTS) as association:
        await _act(association)
        raise ZeroDivisionError


def _context() -> Context:
    return Context(1, PUSH, EXPLICIT)


async def test_nobody_waits_any_more() -> None:
    async with _talking() as (room, _, association):
        with trio.CancelScope() as scope:
            scope.cancel()
            await room.ask(room.channels[0])
        ear = Ear()
        await association.hear(ear, 0.1, lambda: False)
        assert ear.heard == []
        assert await association.echo() == 0


async def test_a_caller_that_only_provides_is_not_asked_at_once() -> None:
    async with _talking(RoleSelection(PUSH, scu=False, scp=True)) as (room, _, association):
        assert await association.echo() == 0
        assert room.channels == []
