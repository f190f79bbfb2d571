"""Pauses grow, have a cap, and differ."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from appliance.transfers.schedule import FIRST_PAUSE, LONGEST_PAUSE, next_try, pause

_CHANCE = st.floats(0, 1, exclude_max=True)
_FAILURES = st.integers(1, 10_000)


def test_they_double_up_to_the_cap() -> None:
    assert [pause(n, lambda: 0.0) for n in range(1, 8)] == [30, 60, 120, 240, 480, 900, 900]


@given(_FAILURES, _CHANCE)
def test_never_longer_than_the_cap_nor_much_shorter(failures: int, chance: float) -> None:
    full = pause(failures, lambda: 0.0)
    spread = pause(failures, lambda: chance)
    assert 0.8 * full <= spread <= full <= LONGEST_PAUSE
    assert full >= FIRST_PAUSE


@given(_FAILURES)
def test_they_never_shrink(failures: int) -> None:
    assert pause(failures + 1, lambda: 0.0) >= pause(failures, lambda: 0.0)


@given(_FAILURES, _CHANCE)
def test_the_next_try_lies_ahead(failures: int, chance: float) -> None:
    now = datetime(2024, 1, 1, tzinfo=UTC)
    assert next_try(now, failures, lambda: chance) > now
