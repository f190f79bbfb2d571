"""Dates, times and moments, and ranges of them."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.query.moments import (
    Malformed,
    Range,
    dates,
    first_date,
    first_moment,
    first_time,
    moments,
    times,
    together,
)

_DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(_DAYS, _DAYS, _DAYS)
def test_ranges_of_dates(low: date, high: date, day: date) -> None:
    stored = first_date(f"{day:%Y%m%d}")
    assert dates(f"{low:%Y%m%d}-{high:%Y%m%d}").holds(stored) == (low <= day <= high)
    assert dates(f"{low:%Y%m%d}-").holds(stored) == (low <= day)
    assert dates(f"-{high:%Y%m%d}").holds(stored) == (day <= high)
    assert dates(f"{low:%Y%m%d}").holds(stored) == (day == low)


@given(st.times(), st.times(), st.times())
def test_ranges_of_times(low: object, high: object, time: object) -> None:
    asked = times(f"{low:%H%M%S.%f}-{high:%H%M%S.%f}")
    assert asked.holds(first_time(f"{time:%H%M%S.%f}")) == (low <= time <= high)  # type: ignore[operator]


@given(st.datetimes(), st.datetimes(), st.integers(-720, 840))
def test_moments_with_offsets(low: datetime, moment: datetime, minutes: int) -> None:
    try:
        there = moment + timedelta(minutes=minutes)
    except OverflowError:
        return
    sign, away = "-" if minutes < 0 else "+", abs(minutes)
    stored = first_moment(f"{_text(there)}{sign}{away // 60:02}{away % 60:02}")
    assert moments(f"{_text(low)}-").holds(stored) == (low <= moment)


def _text(moment: datetime) -> str:
    return f"{moment.year:04}{moment:%m%d%H%M%S.%f}"


def test_less_than_all_digits_means_all_of_it() -> None:
    assert times("10-11") == Range("100000000000", "115959999999")
    assert times("1015").low == first_time("10:15:00.0")
    assert moments("202402") == Range("20240201000000000000", "20240229235959999999", single=True)
    assert first_date("2024.01.31") == "20240131"


def test_a_date_and_its_time() -> None:
    both = together(dates("20240101-20240103"), times("2200-0200"))
    assert both.holds("20240102" + "120000000000")
    assert not both.holds("20240101" + "210000000000")
    assert together(dates("20240101-"), times("-10")).high == ""


@pytest.mark.parametrize("text", ["", "-", "2024", "20241301", "x-y", "20240101-x", "20240230-9"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(Malformed):
        dates(text)


@pytest.mark.parametrize("text", ["-", "1", "ten", "10-x"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(Malformed):
        times(text)


@pytest.mark.parametrize("text", ["-", "20", "20241399", "20240101-x", "202402310101"])
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Malformed):
        moments(text)
    assert first_moment(text) == ""


@given(st.text(max_size=40))
def test_any_text_is_a_range_or_malformed(text: str) -> None:
    for parse in (dates, times, moments):
        with suppress(Malformed):
            assert isinstance(parse(text), Range)
