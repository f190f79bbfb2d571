from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from appliance.certificates.model import Certificate, Part, due, warning

_NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _ending(days: float, part: Part = "ours") -> Certificate:
    end = _NOW + timedelta(days=days)
    return Certificate(part, "dicom.pem", "CN=Arca", "CN=CA", (), _NOW, end, "ab")


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (400, False),
        (61.5, False),
        (60.5, True),
        (59.5, False),
        (1.5, True),
        (0.5, True),
        (-9, True),
    ],
)
def test_people_are_told_on_some_days_and_every_day_after_the_end(days: float, told: bool) -> None:
    assert bool(due([_ending(days)], _NOW)) is told


def test_the_warning_says_what_ends_when_and_what_to_do() -> None:
    assert warning(_ending(100), _NOW) == ""
    words = warning(_ending(30.5), _NOW)
    assert "our own certificate" in words
    assert "ends in 30 days, on 2026-04-01" in words
    assert "arca certificate renew" in words
    assert "has ended" in warning(_ending(-1), _NOW)
    assert "certificate trust" in warning(_ending(1, "trusted"), _NOW)
