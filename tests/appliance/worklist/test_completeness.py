"""What a modality says it made and never arrived."""

from __future__ import annotations

from datetime import timedelta

from tests.appliance.worklist.schedule import (
    Surroundings,
    begun,
    ended,
    n_create,
    n_set,
    talking,
)


async def test_it_is_told_once_after_the_quiet_time(around: Surroundings) -> None:
    async with talking(around) as association:
        await n_create(association, begun())
        await n_set(association, ended(instances=("1.2.3.1", "1.2.3.2")))
    around.stored["1.2.3"] = frozenset({"1.2.3.1"})
    assert await around.worklist.check() == 0
    around.now += timedelta(seconds=31)
    assert (await around.worklist.check(), await around.worklist.check()) == (1, 0)
    event = (await around.events())[0]
    assert (event.kind, event.subject) == ("worklist.incomplete", "1.2.3")
    assert "made 2 instances" in event.text
    assert event.details["first"] == "1.2.3.2"


async def test_nothing_is_told_when_all_arrived(around: Surroundings) -> None:
    async with talking(around) as association:
        await n_create(association, begun())
        await n_set(association, ended())
    around.stored["1.2.3"] = frozenset({"1.2.3.1"})
    around.now += timedelta(seconds=31)
    assert await around.worklist.check() == 1
    assert "worklist.incomplete" not in [one.kind for one in await around.events()]
