from __future__ import annotations

from appliance.network.pace import Pace


def test_nobody_is_judged_before_the_window_is_over() -> None:
    pace = Pace(100, 30)
    assert all(pace.waited(1) for _ in range(29))
    assert not pace.waited(1)


def test_enough_bytes_open_a_new_window() -> None:
    pace = Pace(100, 30)
    pace.received(3000)
    assert pace.waited(30)
    assert pace.waited(29)
    assert not pace.waited(1)


def test_a_longer_wait_asks_for_more() -> None:
    pace = Pace(100, 30)
    pace.received(3000)
    assert not pace.waited(60)
