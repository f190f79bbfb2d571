"""Performed steps in their table, and the items that follow."""

from __future__ import annotations

from datetime import timedelta

from appliance.database.door import Database
from appliance.worklist import items, steps
from appliance.worklist.model import STATES
from appliance.worklist.performed import Link
from appliance.worklist.steps import Begun
from tests.appliance.worklist.schedule import JANE, NOON, YAMADA, told


async def _states(database: Database) -> list[str]:
    return [one.item.state for one in await database.read(items.found, "", STATES, 9)]


async def test_the_item_meant_follows(database: Database) -> None:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "file", NOON)
    by_study = Begun("1.1", "CT1", (Link("1.2.3", "", "S1"),), b"")
    assert await database.run(steps.create, by_study, NOON) == 1
    assert await database.run(steps.create, by_study, NOON) is None
    # A modality that made a study UID of its own is known by the accession number.
    by_accession = Begun("1.2", "MR1", (Link("9.9", "A2", "S2"),), b"")
    assert await database.run(steps.create, by_accession, NOON) == 1
    assert await _states(database) == ["STARTED", "STARTED"]
    links = by_study.links
    await database.run(steps.change, "1.1", "COMPLETED", "COMPLETED", links, b"x", NOON)
    assert await _states(database) == ["COMPLETED", "STARTED"]
    assert [one.uid for one in await database.read(steps.of_study, "9.9")] == ["1.2"]


async def test_completed_steps_are_looked_at_once(database: Database) -> None:
    link = (Link("1.2.3"),)
    await database.run(steps.create, Begun("1.1", "CT1", link, b""), NOON)
    assert await database.read(steps.unchecked, NOON, 9) == []
    await database.run(steps.change, "1.1", "COMPLETED", "COMPLETED", link, b"", NOON)
    [one] = await database.read(steps.unchecked, NOON, 9)
    assert (one.uid, one.scheduled) == ("1.1", False)
    await database.run(steps.mark_checked, "1.1")
    assert await database.read(steps.unchecked, NOON, 9) == []


async def test_old_steps_are_forgotten(database: Database) -> None:
    await database.run(steps.create, Begun("1.1", "CT1", (Link("1.2.3"),), b""), NOON)
    assert await database.run(steps.trim, NOON, 9) == 0
    assert await database.run(steps.trim, NOON + timedelta(1), 9) == 1
    assert await database.read(steps.get, "1.1") is None
    assert await database.read(steps.of_study, "1.2.3") == []
    assert await database.read(steps.latest, 9) == []
