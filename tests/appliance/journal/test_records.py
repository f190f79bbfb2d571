"""Events in order, beats to months; on each database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from appliance.database.door import Database, open_database
from appliance.journal import records
from appliance.journal.model import Availability, Event, Severity

NOW = datetime(2024, 1, 15, 12, tzinfo=UTC)


async def test_events_come_back_newest_first(database: Database) -> None:
    events = [
        Event(NOW, "object.conflict", "twice", Severity.ALARM, "1.2.3", {"source": "CT1"}),
        Event(NOW, "node.added", "PACS"),
    ]
    await database.run(records.note, events)
    second, first = await database.read(records.latest, 10)
    assert (first.text, first.severity, first.subject) == ("twice", Severity.ALARM, "1.2.3")
    assert first.details == {"source": "CT1"}
    assert first.time == NOW
    assert second.number > first.number > 0


async def test_events_are_chosen_by_kind_and_severity(database: Database) -> None:
    kinds = ["object.conflict", "object.refused", "node.added"]
    await database.run(records.note, [Event(NOW, kind, kind) for kind in kinds])
    assert len(await database.read(records.latest, 10, "object.")) == 2
    assert await database.read(records.latest, 10, "", Severity.ALARM) == []
    assert len(await database.read(records.latest, 1)) == 1


async def test_hostile_text_is_kept_as_far_as_the_database_takes_it(database: Database) -> None:
    await database.run(records.note, [Event(NOW, "k" * 99, "a\0b\ud800", subject="s" * 999)])
    [event] = await database.read(records.latest, 1)
    assert (event.text, len(event.subject), len(event.kind)) == ("ab?", 255, 64)


async def test_time_between_beats_was_up_and_before_a_start_down(database: Database) -> None:
    beats = [(0, True), (30, False), (60, False), (160, True), (190, False)]
    for seconds, starting in beats:
        await database.run(records.beat, NOW + timedelta(seconds=seconds), starting=starting)
    assert await database.read(records.availability, "2024-01") == Availability(
        "2024-01", up_seconds=90.0, down_seconds=100.0
    )
    assert await database.read(records.availability, "2023-12") == Availability("2023-12")


async def test_old_events_go_by_severity_a_part_at_a_time(database: Database) -> None:
    days = [NOW + timedelta(days=day) for day in range(6)]
    both = (Severity.INFO, Severity.ALARM)
    events = [Event(day, "kind", day.isoformat(), severity) for day in days for severity in both]
    await database.run(records.note, events)

    async def trim() -> int:
        return await database.run(records.trim, Severity.INFO, days[3], days[5], 2)

    assert [await trim() for _ in range(3)] == [2, 1, 0]
    left = await database.read(records.latest, 100)
    assert [one.time for one in reversed(left) if one.severity is Severity.INFO] == days[3:]
    assert len([one for one in left if one.severity is Severity.ALARM]) == 6


async def test_the_oldest_are_found_without_a_search(tmp_path: Path) -> None:
    async def plan() -> str:
        return str([tuple(row) for row in await records.oldest(Severity.INFO, 500).explain()])

    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as database:
        found = await database.read(plan)
    assert "SEARCH journal_event USING INDEX" in found
    assert "(severity=?)" in found
    assert "TEMP B-TREE" not in found
