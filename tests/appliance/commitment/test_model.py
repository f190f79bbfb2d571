from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.commitment.model import (
    ALL_THERE,
    FAILURES_EXIST,
    MOST_REFERENCES,
    Reference,
    Report,
    Request,
    next_try,
    objection,
    reasons_in,
    report_of,
    resend_at,
)
from appliance.dicom import statuses

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
REASONS = st.lists(st.sampled_from([0, 0x0110, 0x0112, 0x0119]), max_size=30)


def _request(count: int) -> Request:
    return Request("2.25.1", tuple(Reference("1.2", f"1.{number}") for number in range(count)))


@given(REASONS)
def test_a_report_says_of_each_reference_what_was_found(reasons: list[int]) -> None:
    report = report_of(_request(len(reasons)), reasons)
    assert report.event_type == (FAILURES_EXIST if any(reasons) else ALL_THERE)
    assert reasons_in(report, _request(len(reasons))) == reasons


def test_silence_is_no_promise() -> None:
    assert reasons_in(Report("2.25.1"), _request(1)) == [statuses.PROCESSING_FAILURE]
    odd = Report("2.25.1", (), ((Reference("1.2", "1.0"), 0),))
    assert reasons_in(odd, _request(1)) == [statuses.PROCESSING_FAILURE]


def test_the_order_of_a_list_does_not_matter() -> None:
    one, other = _request(3), Request("2.25.1", _request(3).references[::-1])
    assert one.content == other.content != _request(2).content


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Request("", (Reference("1.2", "1.3"),)), "Transaction"),
        (Request("2.25.1", ()), "empty"),
        (_request(MOST_REFERENCES + 1), "More than"),
        (Request("2.25.1", (Reference("", "1.3"),)), "no SOP Class"),
        (Request("2.25.1", (Reference("1.2", "../3"),)), "no SOP Class"),
        (_request(1), ""),
    ],
)
def test_what_cannot_be_worked_on(request_: Request, words: str) -> None:
    said = objection(request_)
    assert words in said
    assert bool(said) is bool(words)
    assert len(said) <= 64  # what an Error Comment holds


@given(st.integers(0, 10_000), st.timedeltas(timedelta(0), 2 * DAY))
def test_tries_are_spread_and_end(tries: int, age: timedelta) -> None:
    due = next_try(NOW, NOW + age, tries, DAY)
    if due is None:
        assert age + timedelta(minutes=15) > DAY
    else:
        assert timedelta(seconds=30) <= due - (NOW + age) <= timedelta(minutes=15)
        assert due <= NOW + DAY


def test_an_object_goes_again_a_few_times() -> None:
    dues = [resend_at(NOW, times) for times in range(4)]
    assert dues[:3] == [NOW + timedelta(seconds=seconds) for seconds in (30, 120, 480)]
    assert dues[3] is None
