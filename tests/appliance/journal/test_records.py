"""Events in order, beats to months; on each database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from appliance.database.door import Database
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
