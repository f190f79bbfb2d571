"""What is counted and timed, for `/metrics`, the status page and the service levels."""

from __future__ import annotations

from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Bounds around what is promised: an answer within 2 s sending and 3 s receiving, routed within 5 s.
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 15, 60, 300)


@dataclass(frozen=True, slots=True)
class Level:
    """A promise and how it was kept since the start."""

    name: str
    promised: float  # seconds on average
    average: float | None  # seconds; None: nothing measured yet
    count: int

    @property
    def kept(self) -> bool:
        return self.average is None or self.average <= self.promised


class Meter:
    """All counters of one appliance; safe to use from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.objects = Counter(
            "arca_objects", "Objects taken in", ["outcome"], registry=self.registry
        )
        self.bytes = Counter("arca_bytes", "Bytes taken in", registry=self.registry)
        self.sent = Counter(
            "arca_sent", "Objects sent on", ["destination", "outcome"], registry=self.registry
        )
        self.associations = Counter(
            "arca_associations", "Associations", ["direction", "outcome"], registry=self.registry
        )
        self.open_associations = Gauge(
            "arca_open_associations", "Associations open now", registry=self.registry
        )
        self.waiting = Gauge(
            "arca_waiting",
            "Objects that wait for a destination",
            ["destination"],
            registry=self.registry,
        )
        self.loop_lag = Histogram(
            "arca_loop_lag_seconds",
            "How late the event loop woke a sleeper",
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5),
            registry=self.registry,
        )
        self.received_seconds = self._level(
            "arca_receive_answer_seconds", "Last byte of a C-STORE to its durable answer"
        )
        self.sent_seconds = self._level(
            "arca_send_answer_seconds", "Last byte of a C-STORE sent to the peer's answer"
        )
        self.routed_seconds = self._level(
            "arca_routed_seconds", "Durable in the store to accepted by the next hop"
        )
        self.free_bytes = Gauge("arca_free_bytes", "Room left in the store", registry=self.registry)
        self.store_open = Gauge(
            "arca_store_open",
            "1 while objects are taken in, 0 while the store is full or stopped",
            registry=self.registry,
        )
        self.index_lag = Gauge(
            "arca_index_lag", "Lines of the ledger not indexed yet", registry=self.registry
        )

    def _level(self, name: str, text: str) -> Histogram:
        return Histogram(name, text, buckets=_SECONDS, registry=self.registry)

    def associations_now(self) -> int:
        """How many associations are open."""
        [metric] = self.open_associations.collect()
        return int(metric.samples[0].value)

    def levels(self) -> list[Level]:
        """The promised averages beside the measured ones."""
        return [
            _read("send", 2.0, self.sent_seconds),
            _read("receive", 3.0, self.received_seconds),
            _read("route", 5.0, self.routed_seconds),
        ]

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self.registry)


def _read(name: str, promised: float, histogram: Histogram) -> Level:
    values = {
        sample.name.rsplit("_", 1)[-1]: sample.value
        for metric in histogram.collect()
        for sample in metric.samples
        if sample.name.endswith(("_sum", "_count"))
    }
    count = int(values["count"])
    return Level(name, promised, values["sum"] / count if count else None, count)
