"""A device that loops is counted; nothing of it is lost, and nobody else is hidden by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from appliance.journal import repeats
from appliance.journal.model import Event, Severity
from appliance.journal.repeats import Repeats

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
WITHIN = timedelta(minutes=5)


def _at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def _refused(
    seconds: float = 0.0, source: str = "CT1", status: str = "C000", subject: str = "1.2"
) -> Event:
    details = {"source": source, "status": status}
    return Event(_at(seconds), "object.refused", "refused", Severity.WARNING, subject, details)


def test_the_first_is_written_at_once_and_the_rest_is_one_row() -> None:
    seen = Repeats(WITHIN)
    first = _refused()
    assert seen.take(first) == [first]
    assert [row for n in range(1, 200) for row in seen.take(_refused(n, subject=f"1.{n}"))] == []
    assert seen.ended(_at(299)) == []
    [row] = seen.ended(_at(300))
    assert row.text == "refused (199 times since 12:00 UTC)"
    assert row.details["count"] == "199"
    assert row.details["since"] == NOON.isoformat()
    assert (row.time, row.subject, row.details["source"]) == (_at(199), "1.199", "CT1")


def test_what_goes_on_is_told_once_in_a_while() -> None:
    seen = Repeats(WITHIN)
    rows = [row for n in range(3600) for row in (*seen.ended(_at(n)), *seen.take(_refused(n)))]
    rows += seen.close()
    assert len(rows) == 1 + 12
    assert 1 + sum(int(row.details["count"]) for row in rows[1:]) == 3600


def test_what_comes_twice_is_as_it_was() -> None:
    seen = Repeats(WITHIN)
    seen.take(_refused())
    again = _refused(5)
    assert seen.take(again) == []
    assert seen.ended(_at(300)) == [again]


def test_what_stopped_is_forgotten() -> None:
    seen = Repeats(WITHIN)
    seen.take(_refused())
    assert seen
    assert seen.ended(_at(300)) == []
    assert not seen
    later = _refused(301)
    assert seen.take(later) == [later]


def test_another_device_or_another_reason_is_told() -> None:
    seen = Repeats(WITHIN)
    others = [_refused(), _refused(source="MR2"), _refused(status="A900")]
    assert [row for one in others for row in seen.take(one)] == others


def test_alarms_about_different_things_are_all_told() -> None:
    seen = Repeats(WITHIN)

    def alarm(subject: str) -> Event:
        details: Mapping[str, str] = {"source": "CT1"}
        return Event(NOON, "object.conflict", "differs", Severity.ALARM, subject, details)

    assert [len(seen.take(alarm(subject))) for subject in ("1", "2", "1")] == [1, 1, 0]


def test_what_comes_from_nobody_is_alike_by_its_subject() -> None:
    seen = Repeats(WITHIN)
    events = [Event(NOON, "object.unreadable", "x", subject=one) for one in ("a", "b", "a")]
    assert [len(seen.take(one)) for one in events] == [1, 1, 0]


def test_a_change_is_told_each_time() -> None:
    seen = Repeats(WITHIN)
    down = Event(NOON, "destination.down", "x", subject="PACS")
    assert [seen.take(down) for _ in range(3)] == [[down]] * 3
    assert not seen


def test_a_clock_that_was_set_back_ends_the_count() -> None:
    seen = Repeats(WITHIN)
    seen.take(_refused())
    seen.take(_refused())
    assert len(seen.ended(_at(-3600))) == 1


def test_memory_is_bounded_and_nothing_is_lost() -> None:
    seen = Repeats(WITHIN)
    rows = [row for n in range(3 * repeats._MOST) for row in seen.take(_refused(source=str(n)))]
    assert len(rows) == 3 * repeats._MOST
    assert len(seen._open) == repeats._MOST
    oldest = str(2 * repeats._MOST)
    for _ in range(2):
        seen.take(_refused(source=oldest))
    told, fresh = seen.take(_refused(source="new"))
    assert (told.details["source"], told.details["count"]) == (oldest, "2")
    assert fresh.details["source"] == "new"


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 400)), max_size=60))
def test_every_event_is_in_exactly_one_row(events: list[tuple[str, int]]) -> None:
    seen, rows, now = Repeats(WITHIN), list[Event](), 0
    for source, pause in events:
        now += pause
        rows += seen.ended(_at(now))
        rows += seen.take(_refused(now, source))
    rows += seen.close()
    assert sum(int(row.details.get("count", 1)) for row in rows) == len(events)
