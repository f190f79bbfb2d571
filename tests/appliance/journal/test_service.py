"""Noting never waits; what was noted is written, also at the end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from appliance.database.door import open_database
from appliance.journal import service
from appliance.journal.model import Settings, Severity
from appliance.journal.service import Journal

BEGAN = datetime(2024, 1, 15, 12, tzinfo=UTC)


def _now() -> datetime:
    return BEGAN + timedelta(seconds=trio.current_time())


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/journal.sqlite"


async def test_what_was_noted_can_be_read_at_once(url: str) -> None:
    async with open_database(url) as database:
        journal = Journal(database)
        journal.note("object.conflict", "twice", severity=Severity.ALARM, details={"a": "b"})
        [event] = await journal.latest(10, severity=Severity.ALARM)
        assert (event.kind, event.text, event.details) == ("object.conflict", "twice", {"a": "b"})


async def test_the_last_events_are_written_when_it_stops(url: str) -> None:
    async with open_database(url) as database:
        journal = Journal(database)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.run)
            await trio.testing.wait_all_tasks_blocked()
            await trio.to_thread.run_sync(journal.note, "from.a.thread", "noted")
            journal.note("from.the.loop", "noted")
            nursery.cancel_scope.cancel()
        assert len(await Journal(database).latest()) == 2


async def test_running_writes_without_being_asked(url: str) -> None:
    async with open_database(url) as database:
        journal, reader = Journal(database), Journal(database)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.run)
            for number in range(1200):
                journal.note("many", str(number))
            journal.note("last", "1200")
            with trio.fail_after(20):
                while not await reader.latest(kind="last"):
                    pass
            nursery.cancel_scope.cancel()
        events = await reader.latest(2000)
        assert [event.text for event in reversed(events)] == [str(one) for one in range(1201)]


async def test_a_flood_is_counted_and_owned_up_to(url: str) -> None:
    async with open_database(url) as database:
        journal = Journal(database)
        for _ in range(service._MOST_WAITING + 7):
            journal.note("flood", "x")
        [event] = await journal.latest(1)
        assert (event.kind, event.severity) == ("journal.flood", Severity.WARNING)
        assert event.text.startswith("7 events")


async def test_nothing_is_lost_when_the_database_fails(url: str) -> None:
    async with open_database(url) as closed:
        pass
    journal = Journal(closed)
    journal.note("kept", "x")
    with pytest.raises(Exception, match="database"):
        await journal.flush()
    async with open_database(url) as database:
        journal._database = database
        assert len(await journal.latest()) == 1


class Ticks:
    """Half a minute passes between two looks at the clock; after some of them the box dies."""

    def __init__(self) -> None:
        self.now = datetime(2024, 1, 15, 12, tzinfo=UTC)
        self.left = 0
        self.scope = trio.CancelScope()

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=30)
        self.left -= 1
        if self.left == 0:
            self.scope.cancel()
        return self.now

    async def live(self, journal: Journal, looks: int) -> None:
        self.left = looks
        with trio.CancelScope() as self.scope:
            await journal.beat()


async def test_beats_become_availability(url: str) -> None:
    async with open_database(url) as database:
        ticks = Ticks()
        journal = Journal(database, Settings(beat_seconds=0), ticks)
        await ticks.live(journal, 12)  # the last look dies before it is written
        ticks.now += timedelta(minutes=10)
        await ticks.live(journal, 12)
        figure = await journal.availability("2024-01")
        assert (figure.up_seconds, figure.down_seconds) == (20 * 30.0, 600.0 + 2 * 30.0)
        assert (await journal.availability()) == figure


async def test_what_was_kept_long_enough_is_forgotten(url: str) -> None:
    async with open_database(url) as database:
        ticks = Ticks()
        journal = Journal(database, Settings(keep_days=1, keep_trouble_days=3), ticks)
        journal.note("usual", "x")
        journal.note("trouble", "x", severity=Severity.WARNING)
        journal.note("alarm", "x", severity=Severity.ALARM)
        assert len(await journal.latest()) == 3
        assert await journal.trim() == 0
        ticks.now += timedelta(days=2)
        assert [await journal.trim(), await journal.trim()] == [1, 0]
        assert [one.kind for one in await journal.latest()] == ["alarm", "trouble"]
        ticks.now += timedelta(days=2)
        assert await journal.trim() == 2


_CT = {"source": "CT1", "status": "C000"}


async def test_a_device_that_loops_does_not_flood_it(url: str) -> None:
    async with open_database(url) as database:
        ticks = Ticks()
        journal = Journal(database, now=ticks)
        ticks.now -= timedelta(days=1)
        for number in range(8):  # half a minute apart
            journal.note("object.refused", "no", subject=str(number), details=_CT)
        assert [one.details for one in await journal.latest()] == [_CT]
        ticks.now += timedelta(minutes=5)
        rows = await journal.latest()
        assert [one.details.get("count") for one in rows] == ["7", None]
        assert rows[0].text.startswith("no (7 times since ")


async def test_what_was_counted_is_written_at_the_end(url: str) -> None:
    async with open_database(url) as database:
        journal = Journal(database)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.run)
            for _ in range(5):
                journal.note("object.refused", "no", details=_CT)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        rows = await Journal(database).latest()
        assert [one.details.get("count") for one in rows] == ["4", None]


async def test_what_was_counted_is_written_while_it_runs(
    url: str, jumping_clock: MockClock
) -> None:
    async with open_database(url) as database:
        journal, reader = Journal(database, now=_now), Journal(database)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(journal.run)
            for _ in range(3):
                journal.note("object.refused", "no", details=_CT)
            with trio.fail_after(5000):
                while len(rows := await reader.latest()) < 2:
                    jumping_clock.jump(20)
            nursery.cancel_scope.cancel()
        assert [one.details.get("count") for one in rows] == ["2", None]
        assert trio.current_time() >= 300


@pytest.fixture
def jumping_clock() -> MockClock:
    return MockClock()


async def test_what_was_counted_outlives_a_database_that_fails(url: str) -> None:
    async with open_database(url) as closed:
        pass
    journal = Journal(closed)
    for _ in range(4):
        journal.note("object.refused", "no", details=_CT)
        with pytest.raises(Exception, match="database"):
            await journal.flush(last=True)
    async with open_database(url) as database:
        journal._database = database
        assert len(await journal.latest()) == 4
