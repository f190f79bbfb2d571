"""Seconds under their month, and what they make of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from appliance.journal.model import Availability, Settings, Severity, by_month, month_of, outlived

UTC = UTC
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def test_a_span_within_a_month() -> None:
    began = datetime(2024, 1, 31, 12, tzinfo=UTC)
    assert by_month(began, began + timedelta(hours=1)) == {"2024-01": 3600.0}


def test_a_span_over_new_year_is_split() -> None:
    began = datetime(2023, 12, 31, 23, tzinfo=UTC)
    assert by_month(began, began + timedelta(hours=2)) == {"2023-12": 3600.0, "2024-01": 3600.0}


def test_a_clock_that_was_set_back_counts_nothing() -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert by_month(now, now - timedelta(days=1)) == {}


@given(MOMENTS, st.timedeltas(timedelta(0), timedelta(days=800)))
def test_no_second_is_lost(began: datetime, length: timedelta) -> None:
    seconds = by_month(began, began + length)
    assert abs(sum(seconds.values()) - length.total_seconds()) < 1e-3
    assert list(seconds) == sorted(seconds)
    assert not seconds or next(iter(seconds)) == month_of(began)


def test_availability_is_a_share_of_what_was_measured() -> None:
    assert Availability("2024-01").share is None
    assert Availability("2024-01", 999.0, 1.0).share == 0.999


# What may be forgotten.

_NOW = datetime(2026, 3, 1, tzinfo=UTC)
_BEFORE = _NOW - timedelta(days=400)


def _aged(*days: int) -> list[int]:
    written = [(number, _NOW - timedelta(days=age)) for number, age in enumerate(days)]
    return outlived(written, _BEFORE, _NOW)


def test_what_is_old_may_go() -> None:
    assert _aged() == []
    assert _aged(402, 401, 400, 399) == [0, 1]


def test_what_stands_behind_a_younger_one_stays() -> None:
    assert _aged(401, 10, 9000, 401) == [0]


def test_a_clock_that_was_ahead_holds_up_nobody() -> None:
    assert _aged(402, -3000, 401, 10) == [0, 2]


def test_trouble_is_remembered_longer() -> None:
    settings = Settings(keep_days=10, keep_trouble_days=20)
    kept = {one: settings.keep(one).days for one in Severity}
    assert kept == {Severity.INFO: 10, Severity.WARNING: 20, Severity.ALARM: 20}
