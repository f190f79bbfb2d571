"""The average keeps to the limit, whatever is taken when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from appliance.transfers.bandwidth import Bucket

_TAKES = st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 3)), min_size=1, max_size=50)


def test_after_a_rest_a_little_goes_at_once() -> None:
    bucket = Bucket(1000)
    assert bucket.take(250, 100.0) == 0
    assert bucket.take(250, 100.0) == 0
    assert bucket.take(250, 100.0) == 0.25


@given(st.integers(100, 10_000), _TAKES)
def test_never_more_than_the_limit_and_its_burst(rate: int, takes: list[tuple[int, float]]) -> None:
    bucket, now, sent = Bucket(rate), 10.0, 0
    for amount, idle in takes:
        now += idle
        now += bucket.take(amount, now)
        # What went before `now` fits into the time since the beginning and one burst.
        assert sent <= rate * (now - 10.0 + 0.25) + 1e-6 * rate
        sent += amount


@given(st.integers(100, 10_000), st.integers(1, 10_000))
def test_a_steady_stream_uses_all_of_it(rate: int, amount: int) -> None:
    bucket, now = Bucket(rate), 0.0
    for _ in range(100):
        now += bucket.take(amount, now)
    assert now <= 100 * amount / rate
