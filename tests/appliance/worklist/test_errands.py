"""Copies of other systems' worklists, also while those are down."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import trio

from appliance.errors import BadRequest, PeerError, UnknownName
from appliance.worklist.attributes import dataset_of
from tests.appliance.worklist.schedule import JANE, NOON, YAMADA, Surroundings


async def _names(around: Surroundings) -> list[str]:
    return [one.item.patient_id for one in await around.worklist.find(all_=True)]


async def test_a_copy_follows_its_source(around: Surroundings) -> None:
    around.sources["ris"] = [dataset_of(JANE), dataset_of(YAMADA)]
    kept = await around.worklist.copy("ris", 1)
    assert (kept.added, await _names(around)) == (2, ["P1", "P2"])
    around.sources["ris"] = [dataset_of(replace(YAMADA, patient_id="P9"))]
    kept = await around.worklist.copy("ris", 1)
    assert (kept.changed, kept.removed, await _names(around)) == (1, 1, ["P9"])
    assert around.asked[0][0] == "ris"


async def test_what_cannot_be_read_removes_nothing(around: Surroundings) -> None:
    around.sources["ris"] = [dataset_of(JANE)]
    await around.worklist.copy("ris", 1)
    around.sources["ris"] = [dataset_of(replace(JANE, start_date=""))]
    kept = await around.worklist.copy("ris", 1)
    assert (len(kept.problems), kept.removed, await _names(around)) == (1, 0, ["P1"])


async def test_a_source_that_is_down_is_told_once_and_the_copy_stays(around: Surroundings) -> None:
    around.sources["ris"] = [dataset_of(JANE)]
    await around.worklist.schedule("ris", 60, 1)
    errands = around.worklist._errands
    for down in (False, True, True):
        if down:
            around.sources.clear()
        [copy] = await around.worklist.copies()
        await errands._attempt(copy)
    [copy] = await around.worklist.copies()
    assert (copy.last_at, copy.items, copy.note) == (NOON, 1, "nothing listens there")
    assert await _names(around) == ["P1"]
    around.sources["ris"] = [dataset_of(JANE)]
    await errands._attempt(copy)
    told = [one.text for one in await around.events() if one.kind == "worklist.copy"]
    assert len(told) == 2
    assert "what is known stays" in told[1]
    with pytest.raises(PeerError):
        await around.worklist.copy("nobody", 1)


async def test_the_schedule_is_kept(around: Surroundings) -> None:
    around.sources["ris"] = [dataset_of(JANE)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(around.worklist.run)
        await around.worklist.schedule("ris", 60, 1)
        with trio.fail_after(20):
            while not (await around.worklist.copies())[0].last_at:  # noqa: ASYNC110
                await trio.sleep(0.01)
        nursery.cancel_scope.cancel()
    around.now += timedelta(seconds=1)
    assert await around.worklist.copied_from("ris")
    await around.worklist.unschedule("ris")
    with pytest.raises(UnknownName):
        await around.worklist.unschedule("ris")


async def test_nonsense_is_refused(around: Surroundings) -> None:
    with pytest.raises(BadRequest, match="10 seconds"):
        await around.worklist.schedule("ris", 1, 1)
    with pytest.raises(BadRequest, match="99 days"):
        await around.worklist.copy("ris", 99)
