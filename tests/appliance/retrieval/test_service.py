"""Studies come from an archive that tells the truth, or does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio

from appliance.config import Config
from appliance.errors import BadRequest
from appliance.network.errors import AssociationFailed
from appliance.nodes.model import Node
from appliance.process import Process
from appliance.retrieval.model import Method, Result, Step, Wanted
from appliance.rooms import Rooms, furnished
from tests.appliance.retrieval.archive import SERIES, STUDY, Archive


@pytest.fixture
async def running(config: Config) -> AsyncIterator[tuple[Rooms, int]]:
    """A running appliance with its port, since C-MOVE comes by its own listener."""
    async with furnished(config) as made, trio.open_nursery() as nursery:
        port = await nursery.start(Process(made).run)
        yield made, port
        nursery.cancel_scope.cancel()


@pytest.fixture
def rooms(running: tuple[Rooms, int]) -> Rooms:
    return running[0]


def _node(archive: Archive) -> Node:
    return Node("pacs", "PACS", "127.0.0.1", archive.port)


async def _retrieve(rooms: Rooms, archive: Archive, method: Method = "auto") -> Result:
    async with rooms.retrieval.retrieving(_node(archive), [STUDY], method) as steps:
        seen = [step async for step in steps]
    assert all(isinstance(step, Step) for step in seen)
    assert seen[-1].result is not None
    return seen[-1].result


@pytest.mark.parametrize("method", ["auto", "get", "move"])
async def test_a_study_comes_complete(running: tuple[Rooms, int], method: Method) -> None:
    rooms, port = running
    with Archive(destinations={"ARCA": ("127.0.0.1", port)}) as archive:
        result = await _retrieve(rooms, archive, method)
        assert (result.state, result.expected, result.here) == ("complete", 3, 3)
        held = await rooms.archive.instances(STUDY)
        assert {one.sop_instance_uid for one in held} == {f"{SERIES}.{n}" for n in (1, 2, 3)}
        before = len(archive.asked)
        assert (await _retrieve(rooms, archive, method)).state == "complete"
        questions = archive.asked[before:]
        assert all(
            "NumberOfStudyRelatedInstances" in q or q.QueryRetrieveLevel != "STUDY"
            for q in questions
        )


async def test_without_get_it_is_moved(running: tuple[Rooms, int]) -> None:
    rooms, port = running
    with Archive(lies={"no get"}, destinations={"ARCA": ("127.0.0.1", port)}) as archive:
        assert (await _retrieve(rooms, archive)).state == "complete"


async def test_what_did_not_come_is_asked_for_once_more(rooms: Rooms) -> None:
    with Archive(withheld={f"{SERIES}.2"}) as archive:
        assert (await _retrieve(rooms, archive, "get")).state == "complete"
        again = archive.asked[-1]
        assert (again.QueryRetrieveLevel, again.SOPInstanceUID) == ("IMAGE", f"{SERIES}.2")


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What will not come is not waited for."""
    monkeypatch.setattr("appliance.retrieval.service._STRAGGLERS", 0.1)


@pytest.mark.usefixtures("hasty")
async def test_what_is_withheld_for_ever_is_named(rooms: Rooms) -> None:
    lies = {"withholds for ever"}
    with Archive(withheld={f"{SERIES}.2"}, lies=lies) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.here) == ("partial", 2)
        assert result.missing == (f"{SERIES}.2",)
        assert "1 of 3 did not come" in result.words


@pytest.mark.usefixtures("hasty")
async def test_success_with_nothing_is_not_believed(rooms: Rooms) -> None:
    with Archive(lies={"success with nothing"}) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.expected) == ("nothing", 3)
        assert "nothing came" in result.words


@pytest.mark.usefixtures("hasty")
async def test_an_unknown_destination_is_explained(rooms: Rooms) -> None:
    with Archive() as archive:
        result = await _retrieve(rooms, archive, "move")
        assert result.state == "refused"
        assert "register our AE title" in result.words


async def test_an_archive_that_knows_only_studies(rooms: Rooms) -> None:
    with Archive(lies={"only studies", "duplicates"}) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.here) == ("complete", 3)


def _orders(archive: Archive) -> list[str]:
    """At which level the archive was asked to send something, in order."""
    return [
        one.QueryRetrieveLevel
        for one in archive.asked
        if "NumberOfStudyRelatedInstances" not in one
        and "NumberOfSeriesRelatedInstances" not in one
        and "InstanceNumber" not in one
    ]


async def test_a_whole_study_is_not_sent_twice(rooms: Rooms) -> None:
    with Archive(lies={"only studies"}) as archive:
        assert (await _retrieve(rooms, archive, "get")).state == "complete"
        assert _orders(archive) == ["STUDY"]
        assert (await _retrieve(rooms, archive, "get")).state == "complete"
        assert _orders(archive) == ["STUDY"]


@pytest.mark.parametrize(
    "lies", [{"no find"}, {"nobody may ask"}, {"only studies", "counts nothing"}]
)
async def test_what_it_does_not_tell_is_not_proven(rooms: Rooms, lies: set[str]) -> None:
    with Archive(lies=lies) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.expected, result.here) == ("partial", None, 3)
        assert "does not tell" in result.words
        assert _orders(archive).count("STUDY") == 1


@pytest.mark.usefixtures("hasty")
async def test_a_list_that_breaks_off_is_not_taken_for_whole(rooms: Rooms) -> None:
    with Archive(lies={"stops in the middle"}) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.expected, result.here) == ("complete", 3, 3)
    lies = {"stops in the middle", "counts nothing", "withholds for ever"}
    with Archive(withheld={f"{SERIES}.2"}, lies=lies) as archive:
        assert (await _retrieve(rooms, archive, "get")).state == "partial"


async def test_the_rest_is_asked_for_when_it_hangs_up(rooms: Rooms) -> None:
    with Archive(lies={"hangs up once"}) as archive:
        result = await _retrieve(rooms, archive, "get")
        assert (result.state, result.here) == ("complete", 3)
        assert _orders(archive) == ["STUDY", "IMAGE"]


async def test_what_neither_stores_nor_gets_is_moved(running: tuple[Rooms, int]) -> None:
    rooms, port = running
    lies = {"no get", "no storage"}
    with Archive(lies=lies, destinations={"ARCA": ("127.0.0.1", port)}) as archive:
        assert (await _retrieve(rooms, archive)).state == "complete"


async def test_who_leaves_cancels(running: tuple[Rooms, int]) -> None:
    rooms, port = running
    known = {"ARCA": ("127.0.0.1", port)}
    with Archive(lies={"never ends"}, destinations=known) as archive:
        node = _node(archive)
        async with rooms.retrieval.retrieving(node, [STUDY], "move") as steps:
            first = await anext(aiter(steps))
            assert first.counts.completed == 1
        try:
            assert await trio.to_thread.run_sync(archive.cancelled.wait, 5)
        finally:
            archive.lies.clear()


async def test_a_study_it_does_not_have(rooms: Rooms) -> None:
    with Archive(images=[]) as archive:
        result = await _retrieve(rooms, archive)
        assert (result.state, result.expected) == ("nothing", 0)
        assert "no such study" in result.words


async def test_finding(rooms: Rooms, tmp_path: Path) -> None:
    with Archive(lies={"duplicates"}) as archive:
        [one] = await rooms.retrieval.find(_node(archive), Wanted(patient_id="P1"))
        assert (one.study_uid, one.patient_name, one.instances) == (STUDY, "Doe^Jane", 3)
        assert archive.asked[0].PatientID == "P1"
    with Archive(lies={"no find"}) as archive, pytest.raises(BadRequest, match="C000"):
        await rooms.retrieval.find(_node(archive), Wanted())
    with pytest.raises(AssociationFailed):
        await rooms.retrieval.find(_node(archive), Wanted())
