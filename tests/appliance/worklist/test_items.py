"""Items in their table."""

from __future__ import annotations

from dataclasses import replace

from tortoise.expressions import Q

from appliance.database.door import Database
from appliance.database.schema import transaction
from appliance.worklist import items
from appliance.worklist.model import STATES, Kept
from appliance.worklist.narrowing import Narrowing
from tests.appliance.worklist.schedule import JANE, NOON, YAMADA, told


async def _start() -> None:
    async with transaction():
        assert await items.advance(Q(step_id="S1"), "STARTED", NOON) == 1


async def test_items_are_added_changed_and_left(database: Database) -> None:
    both = [told(JANE), told(YAMADA)]
    assert await database.run(items.keep, both, "file", NOON) == Kept(added=2)
    later = [told(replace(JANE, patient_name="Roe^Max")), told(YAMADA)]
    assert await database.run(items.keep, later, "file", NOON) == Kept(changed=1, unchanged=1)
    first, second = await database.read(items.found, "", STATES, 9)
    assert (first.item.patient_name, second.item) == ("Roe^Max", YAMADA)
    assert await database.read(items.found, "roe max", STATES, 9) == [first]


async def test_what_was_begun_stays_begun(database: Database) -> None:
    await database.run(items.keep, [told(JANE)], "ris", NOON)
    await database.run(_start)
    assert await database.run(items.keep, [told(JANE)], "ris", NOON) == Kept(unchanged=1)
    moved = told(replace(JANE, start_time="100000"))
    assert await database.run(items.keep, [moved], "ris", NOON) == Kept(changed=1)
    entry = await database.read(items.by_identity, JANE.identity)
    assert entry is not None
    assert (entry.item.state, entry.item.start_time) == ("STARTED", "100000")


async def test_what_vanishes_is_what_waits_on_these_days(database: Database) -> None:
    mine = [told(replace(JANE, accession_number=f"B{n}")) for n in range(3)]
    await database.run(items.keep, mine, "ris", NOON)
    await database.run(items.keep, [told(YAMADA)], "ris", NOON)  # the day after
    await database.run(items.keep, [told(replace(JANE, accession_number="H"))], "by hand", NOON)
    await database.run(_start_all_of, "B1")
    present = [mine[0].item.identity]
    gone = await database.run(items.vanish, "ris", present, "20261130", "20261130")
    left = await database.read(items.found, "", STATES, 9)
    # B1 was begun, B2 is the one that vanished.
    assert gone == 1
    assert [one.item.accession_number for one in left] == ["B0", "B1", "H", "A2"]
    assert left[-1].item == YAMADA


async def _start_all_of(accession_number: str) -> None:
    async with transaction():
        await items.advance(Q(accession_number=accession_number), "STARTED", NOON)


async def test_pages_go_by_when_items_are_due(database: Database) -> None:
    many = [told(replace(JANE, accession_number=f"A{n}")) for n in range(5)]
    await database.run(items.keep, [told(YAMADA), *many], "file", NOON)
    seen, after = [], ("", 0)
    while page := await database.read(items.page, Narrowing(), after, 2):
        after = page[-1].start, page[-1].number
        seen += [one.start[:8] for one in page]
    assert seen == ["20261130"] * 5 + ["20261201"]
    narrow = Narrowing(first_day="20261201", last_day="20261201", modality="MR")
    assert len(await database.read(items.page, narrow, ("", 0), 9)) == 1


async def test_what_is_past_is_forgotten(database: Database) -> None:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "file", NOON)
    assert await database.run(items.trim, "20261201", 9) == 1
    assert await database.run(items.trim, "20261201", 9) == 0
    [left] = await database.read(items.found, "", STATES, 9)
    assert await database.run(items.remove, left.number)
    assert await database.read(items.entry, left.number) is None


async def test_a_zero_byte_does_no_harm(database: Database) -> None:
    odd = replace(told(JANE), item=replace(JANE, patient_id="P\x001"))
    assert await database.run(items.keep, [odd], "file", NOON) == Kept(added=1)
    assert await database.read(items.with_accession, "A1") == 1
