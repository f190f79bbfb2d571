"""How long a caller waits that sends faster than it is allowed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.network.brake import Brake


def test_a_slow_caller_never_waits() -> None:
    brake = Brake(1000)
    assert [brake.pause(100 * second, float(second)) for second in range(10)] == [0.0] * 10


def test_a_question_costs_nothing() -> None:
    brake = Brake(1000)
    first = brake.pause(5000, 100.0)
    assert first == 4.75
    assert brake.pause(5000, 101.0) == first - 1


@given(st.lists(st.integers(0, 1 << 22), min_size=1, max_size=30))
def test_who_waits_as_told_keeps_the_rate(parts: list[int]) -> None:
    brake, now, received = Brake(100_000), 50.0, 0
    for part in parts:
        received += part
        now += brake.pause(received, now)
    assert received <= 100_000 * (now - 50.0 + 0.25) + 1
