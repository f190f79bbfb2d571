"""The clock and the source of fresh names."""

from __future__ import annotations

from datetime import UTC

from appliance import clock


def test_now_knows_its_zone() -> None:
    assert clock.now().tzinfo is UTC
    assert clock.local(clock.now()).tzinfo is not None


def test_durations_never_go_back() -> None:
    earlier = clock.monotonic()
    assert clock.monotonic() >= earlier


def test_names_are_fresh() -> None:
    names = {clock.fresh_name() for _ in range(100)}
    assert len(names) == 100
    assert all(len(name) == 32 for name in names)
