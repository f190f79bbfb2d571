"""Operations that rooms provide: asked and answered over real associations."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import pytest
import trio
from pydicom.dataset import Dataset

from appliance.dicom import dataset, statuses
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.items import ExtendedNegotiation, RoleSelection
from appliance.network.errors import AssociationFailed
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.services import Answer, Dialogue, Provider, Verdict
from appliance.network.settings import Remote
from tests.appliance.dicom.playbook import CT, EXPLICIT
from tests.appliance.network.peer import outgoing
from tests.appliance.network.reception import Reception, Rooms, receiving

FIND, GET = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.2.3"
_CONTEXTS = [(FIND, (EXPLICIT,)), (GET, (EXPLICIT,)), (CT, (EXPLICIT,))]
_ROLES = (RoleSelection(CT, scu=False, scp=True),)


def _named(name: str) -> Dataset:
    one = Dataset()
    one.PatientName = name
    return one


async def _find(dialogue: Dialogue) -> None:
    """As many answers as the name it is asked for is long."""
    asked = dataset.decode(dialogue.dataset, dialogue.context.transfer_syntax)
    for number in range(len(str(asked.PatientName))):
        if dialogue.cancelled():
            await dialogue.answer(statuses.CANCEL, "as you wish")
            return
        found = dataset.encode(_named(f"{number}"), dialogue.context.transfer_syntax)
        await dialogue.answer(statuses.PENDING, dataset=found)
    await dialogue.answer(statuses.SUCCESS)


async def _get(dialogue: Dialogue) -> None:
    assert dialogue.takes(CT, EXPLICIT)
    assert not dialogue.takes(CT, "1.2.840.10008.1.2")
    answers = [await dialogue.store(outgoing(b"ab" * 9000, b"cd")) for _ in range(2)]
    done = {Element.COMPLETED_SUB_OPERATIONS: sum(answer.status == 0 for answer in answers)}
    await dialogue.answer(statuses.SUCCESS, values=done)


PROVIDERS = (
    Provider(
        "find", frozenset({FIND}), frozenset({Operation.C_FIND}), _find, lambda wish: wish[:2]
    ),
    Provider("get", frozenset({GET}), frozenset({Operation.C_GET}), _get),
)


@asynccontextmanager
async def _talking(
    providers: Sequence[Provider] = PROVIDERS, verdict: Verdict | None = None
) -> AsyncIterator[tuple[Reception, OutgoingAssociation]]:
    async with receiving(providers=providers) as reception:
        reception.rooms.verdict = verdict or reception.rooms.verdict
        remote = Remote("ARCA", "127.0.0.1", reception.port, "SENDER")
        wishes = [ExtendedNegotiation(FIND, b"\1\1\1")]
        async with associate(remote, _CONTEXTS, roles=_ROLES, extended=wishes) as association:
            yield reception, association


async def test_answers_come_one_by_one_with_their_data_sets() -> None:
    async with _talking() as (_, association):
        for count in (3, 0, 1):
            asked = _named("x" * count)
            inquiry = await association.ask(FIND, Operation.C_FIND, {Element.PRIORITY: 0}, asked)
            names = []
            while (response := await inquiry.next()).pending:
                names.append(str(response.dataset.PatientName))
            assert names == [str(number) for number in range(count)]
            assert response.answer == Answer(0)
        assert association.negotiated(FIND) == b"\1\1"


async def test_a_cancel_is_heard_between_two_answers() -> None:
    async with _talking() as (_, association):
        inquiry = await association.ask(FIND, Operation.C_FIND, {}, _named("x" * 60))
        await inquiry.next()
        await inquiry.cancel()
        count = 1
        while (response := await inquiry.next()).pending:
            count += 1
        assert response.answer.status in (statuses.CANCEL, statuses.SUCCESS)
        again = await association.ask(FIND, Operation.C_FIND, {}, _named(""))
        assert (await again.next()).answer.status == statuses.SUCCESS


async def test_objects_come_over_the_association_that_asks_for_them() -> None:
    kept = Rooms()
    async with _talking() as (_, association):
        fetching = association.fetching(kept.store)
        response = await association.ask_once(GET, Operation.C_GET, {}, _named("x"))
        assert response.command.number(Element.COMPLETED_SUB_OPERATIONS) == 2
        assert fetching.statuses == [0, 0]
    assert kept.stored == [b"ab" * 9000 + b"cd"] * 2
    assert kept.requests[0].affected_sop_class_uid == CT


async def test_objects_nobody_wants_are_declined() -> None:
    async with _talking() as (_, association):
        response = await association.ask_once(GET, Operation.C_GET, {}, _named("x"))
        assert response.command.number(Element.COMPLETED_SUB_OPERATIONS) == 0


async def test_a_service_that_a_caller_may_not_use_is_not_there() -> None:
    verdict = Verdict(accept=True, services=frozenset({"find"}))
    async with _talking(verdict=verdict) as (_, association):
        with pytest.raises(AssociationFailed, match="GET"):
            await association.ask(GET, Operation.C_GET, {})
        with pytest.raises(AssociationFailed):
            await association.store(outgoing(b"ab"))
        asked = await association.ask_once(FIND, Operation.C_FIND, {}, _named(""))
        assert asked.answer.status == 0


async def test_who_may_get_may_not_store_by_that() -> None:
    verdict = Verdict(accept=True, services=frozenset({"get"}))
    async with _talking(verdict=verdict) as (reception, association):
        assert (await association.store(outgoing(b"ab"))).status == statuses.NOT_AUTHORIZED
        assert not reception.rooms.requests


async def test_what_nobody_provides_is_answered() -> None:
    async with _talking() as (_, association):
        response = await association.ask_once(FIND, Operation.C_MOVE, {}, _named("x"))
        assert response.answer.status == statuses.UNRECOGNIZED_OPERATION


async def test_a_question_too_long_is_answered_and_the_association_goes_on() -> None:
    async with _talking() as (_, association):
        asked = Dataset()
        asked.PixelData = bytes(9 << 20)
        asked["PixelData"].VR = "OB"
        response = await association.ask_once(FIND, Operation.C_FIND, {}, asked)
        assert response.answer.status == statuses.RESOURCE_LIMITATION
        again = await association.ask_once(FIND, Operation.C_FIND, {}, _named(""))
        assert again.answer.status == statuses.SUCCESS


@pytest.mark.parametrize("handle", [_find, _get])
async def test_a_caller_that_leaves_in_the_middle_ends_it(
    handle: Callable[[Dialogue], Awaitable[None]],
) -> None:
    begun = trio.Event()

    async def slow(dialogue: Dialogue) -> None:
        begun.set()
        while not dialogue.cancelled():  # noqa: ASYNC110 - what is polled is a socket
            await trio.sleep(0.01)
        await handle(dialogue)

    provider = Provider("find", frozenset({FIND}), frozenset({Operation.C_FIND}), slow)
    async with receiving(providers=[provider]) as reception:
        with pytest.raises(_Leaves):
            await _ask_and_leave(reception.port, begun)
        assert (await reception.rooms.report()).outcome in ("aborted", "broken")


class _Leaves(Exception):
    pass


async def _ask_and_leave(port: int, begun: trio.Event) -> None:
    async with associate(Remote("ARCA", "127.0.0.1", port, "SENDER"), _CONTEXTS) as association:
        await association.ask(FIND, Operation.C_FIND, {}, _named("x"))
        await begun.wait()
        raise _Leaves
