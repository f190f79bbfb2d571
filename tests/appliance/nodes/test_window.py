"""Time windows: over midnight, to the minute, and when they open."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from appliance.errors import BadRequest
from appliance.nodes.window import Window

_MINUTES = st.builds(time, hour=st.integers(0, 23), minute=st.integers(0, 59))
_MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize("text", ["22:00-06:00", "06:30-07:00", "00:00-23:59"])
def test_what_is_written_is_read(text: str) -> None:
    assert str(Window.parse(text)) == text


@pytest.mark.parametrize("text", ["", "22-06", "24:00-06:00", "22:00", "a:b-c:d", "22:00-22:00"])
def test_what_is_no_window(text: str) -> None:
    with pytest.raises(BadRequest, match="window"):
        Window.parse(text)


@pytest.mark.parametrize(
    ("moment", "inside"),
    [("21:59", False), ("22:00", True), ("00:00", True), ("05:59", True), ("06:00", False)],
)
def test_over_midnight(moment: str, inside: bool) -> None:
    at = datetime.combine(datetime(2024, 5, 1), time.fromisoformat(moment), UTC)
    assert Window.parse("22:00-06:00").contains(at) is inside


@given(_MINUTES, _MINUTES, _MOMENTS)
def test_it_is_open_when_it_opens(start: time, end: time, moment: datetime) -> None:
    assume(start != end)
    window = Window(start, end)
    opens = window.opens(moment)
    assert window.contains(opens)
    assert (opens - moment).total_seconds() < 24 * 3600
    assert (opens == moment) == window.contains(moment)


@given(_MINUTES, _MINUTES, _MOMENTS)
def test_a_window_and_the_rest_of_the_day(start: time, end: time, moment: datetime) -> None:
    assume(start != end)
    assert Window(start, end).contains(moment) != Window(end, start).contains(moment)
