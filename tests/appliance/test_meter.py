"""Counters, and the service levels read back from them."""

from __future__ import annotations

from appliance.meter import Meter


def test_a_level_without_measurements_is_kept() -> None:
    [send, receive, route] = Meter().levels()
    assert (send.average, send.kept, receive.promised, route.count) == (None, True, 3.0, 0)


def test_a_level_is_the_average() -> None:
    meter = Meter()
    for seconds in (1.0, 2.0, 6.0):
        meter.received_seconds.observe(seconds)
    [_, receive, _] = meter.levels()
    assert (receive.average, receive.count, receive.kept) == (3.0, 3, True)
    meter.received_seconds.observe(9.0)
    assert not meter.levels()[1].kept


def test_the_exposition_names_every_counter() -> None:
    meter = Meter()
    meter.objects.labels("stored").inc()
    text = meter.exposition().decode()
    assert 'arca_objects_total{outcome="stored"} 1.0' in text
    assert "arca_loop_lag_seconds_bucket" in text


def test_two_appliances_count_apart() -> None:
    first, second = Meter(), Meter()
    first.bytes.inc(5)
    assert "arca_bytes_total 0.0" in second.exposition().decode()
