"""What goes over one association, and what cannot."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import trio
from trio.testing import MockClock

from appliance.journal.model import Severity
from appliance.transfers.model import State
from storage.memory import MemoryStore
from tests.appliance.transfers.desk import Desk, failure
from tests.appliance.transfers.script import CT, EXPLICIT
from tests.appliance.transfers.turner import IMPLICIT, JPEG_LS, Turner

Put = Callable[..., str]


async def test_an_association_waits_for_more(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    async with desk.running():
        await desk.order(put(1))
        await desk.until(State.DONE)
        await desk.order(put(2))
        await trio.sleep(1)
        await desk.order(put(3))
        await trio.sleep(30)
    assert desk.script.uids == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert len(desk.script.calls) == 1
    assert desk.script.open == 0


async def test_an_association_carries_only_so_many(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(batch_size=3, max_associations=1)
    async with desk.running():
        await desk.order(*(put(n) for n in range(10)))
        await desk.until(State.DONE)
    assert len(desk.script.calls) == 4
    assert len(desk.script.uids) == 10


async def test_other_contexts_need_another_association(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    async with desk.running():
        await desk.order(put(1))
        await trio.sleep(1)
        await desk.order(put(2, syntax="1.2.840.10008.1.2.4.70"), put(3))
        await trio.sleep(60)
    assert sorted(desk.script.uids) == ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    assert desk.script.proposed[1] == ((CT, "1.2.840.10008.1.2.4.70"),)


async def test_an_object_that_breaks_associations_does_not_block(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(max_associations=1)
    desk.script.answers = {"1.2.3.0": [failure("aborted")] * 5}
    async with desk.running():
        await desk.order(*(put(n) for n in range(5)))
        await trio.sleep(40)
        assert sorted(desk.script.uids) == [f"1.2.3.{n}" for n in range(1, 5)]
        await desk.until(State.DONE, step=60)
    assert desk.script.uids[-1] == "1.2.3.0"


async def test_what_is_not_taken_as_stored_goes_converted(
    desk: Desk, put: Put, jumping_clock: MockClock, tmp_path: Path
) -> None:
    desk.transfers._converter = Turner(tmp_path)
    desk.script.unsupported = {(CT, JPEG_LS)}
    async with desk.running():
        await desk.order(put(1, syntax=JPEG_LS), put(2))
        await desk.until(State.DONE)
    assert desk.script.received[0] == ("1.2.3.1", b"turned into 1.2.840.10008.1.2.1")
    assert set(desk.script.proposed[0]) == {(CT, JPEG_LS), (CT, EXPLICIT), (CT, IMPLICIT)}


async def test_what_is_wished_goes_first_and_what_cannot_be_goes_as_stored(
    desk: Desk, put: Put, jumping_clock: MockClock, tmp_path: Path
) -> None:
    desk.change(preferred_syntax=JPEG_LS)
    desk.transfers._converter = Turner(tmp_path, refused=put(2))
    async with desk.running():
        await desk.order(put(1), put(2))
        await desk.until(State.DONE)
    first, second = (content for _, content in desk.script.received)
    assert first == f"turned into {JPEG_LS}".encode()
    assert not second.startswith(b"turned")


async def test_what_cannot_be_turned_into_anything_accepted_is_set_aside(
    desk: Desk, put: Put, jumping_clock: MockClock, tmp_path: Path
) -> None:
    desk.change(transfer_syntaxes=(EXPLICIT,))
    desk.transfers._converter = Turner(tmp_path, refused=put(1, syntax=JPEG_LS))
    async with desk.running():
        await desk.order(put(1, syntax=JPEG_LS), put(2))
        partly = await desk.until(State.PARTLY)
    assert "the pixels are damaged" in partly.last_error
    assert desk.script.uids == ["1.2.3.2"]


async def test_no_context_for_one_kind(desk: Desk, put: Put, jumping_clock: MockClock) -> None:
    desk.script.unsupported = {("1.2.840.1", EXPLICIT)}
    async with desk.running():
        await desk.order(put(1), put(2, sop_class="1.2.840.1"), put(3))
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (2, 1)
    assert "no presentation context" in partly.last_error


async def test_no_context_at_all_sets_aside_without_parking(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.script.unsupported = {("1.2.840.1", EXPLICIT)}
    async with desk.running():
        await desk.order(put(1, sop_class="1.2.840.1"))
        await desk.until(State.FAILED)
        await desk.transfers.send("1.2.3", "pacs", [put(2)])
        await trio.sleep(5)
    assert desk.script.uids == ["1.2.3.2"]


async def test_transfer_syntaxes_a_node_shall_not_get(
    desk: Desk, put: Put, jumping_clock: MockClock
) -> None:
    desk.change(transfer_syntaxes=(EXPLICIT,))
    async with desk.running():
        await desk.order(put(1), put(2, syntax="1.2.840.10008.1.2.4.70"))
        partly = await desk.until(State.PARTLY)
    assert desk.script.uids == ["1.2.3.1"]
    assert "1.2.840.10008.1.2.4.70" in partly.last_error


async def test_damaged_objects_are_never_sent_as_good(
    desk: Desk, store: MemoryStore, put: Put, jumping_clock: MockClock
) -> None:
    shas = [put(n) for n in range(4)]
    store.spoil(shas[1])
    async with desk.running():
        await desk.order(*shas, "0" * 64)
        partly = await desk.until(State.PARTLY)
    assert (partly.sent, partly.set_aside) == (3, 2)
    assert "1.2.3.1" not in desk.script.uids
    damaged = [one for one in await desk.journal.latest() if one.kind == "object.damaged"]
    assert {one.severity for one in damaged} == {Severity.ALARM}
    assert {one.subject for one in damaged} == {shas[1], "0" * 64}
