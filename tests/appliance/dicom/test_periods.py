"""Dates, times and ranges of them."""

from __future__ import annotations

import pytest

from appliance.dicom.periods import Period, PeriodProblem, period_of, span_of


@pytest.mark.parametrize(
    ("vr", "text", "begin", "end"),
    [
        ("DA", "20261130", "20261130", "20261130"),
        ("DA", "2026.11.30", "20261130", "20261130"),
        ("DA", "20261101-20261130", "20261101", "20261130"),
        ("DA", "-20261130", "", "20261130"),
        ("DA", "20261101-", "20261101", ""),
        ("TM", "09", "090000000000", "095959999999"),
        ("TM", "09:30", "093000000000", "093059999999"),
        ("TM", "0930-1000", "093000000000", "100059999999"),
        ("TM", "093000.5", "093000500000", "093000599999"),
        ("DT", "2026", "20260101000000000000", "20261231235959999999"),
        ("DT", "20261130093000+0100", "20261130093000000000", "20261130093000999999"),
        ("DT", "20261130-0500-20261201-0500", "20261130000000000000", "20261201235959999999"),
    ],
)
def test_what_a_key_covers(vr: str, text: str, begin: str, end: str) -> None:
    assert period_of(vr, text) == Period(begin, end)


@pytest.mark.parametrize("text", ["-", "tomorrow", "2026113", "20261130-x", "*", "20261130-" * 999])
def test_nonsense_is_told(text: str) -> None:
    with pytest.raises(PeriodProblem, match="is no date"):
        period_of("DA", text)


def test_what_is_no_time_covers_nothing() -> None:
    assert span_of("TM", "soon") == ("", "")
