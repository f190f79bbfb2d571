"""Store and forward: how soon an image that was acknowledged is accepted by the next hop."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.candidates import Candidate, Place
from tests.bench.measure import Bench
from tests.bench.objects import CT
from tests.bench.processes import Failed, Running, free_port, running

_NODE = "SINK"
_LIMIT = 120.0  # seconds until everything must have arrived
_STEP = 0.1


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What was measured; None where it was not."""

    count: int = 0
    per_second: float = 0.0  # the pace at which objects were sent in
    p50_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    drained: int = 0
    objects_per_second: float | None = None  # from the first to the last arrival
    first_ms: float | None = None  # from the word to go on to the first arrival
    trouble: str = ""

    def rows(self) -> list[tuple[str, str]]:
        """What, and how much."""
        rows = []
        if self.p50_ms is not None:
            what = f"Arca: acknowledged → accepted by the next hop, {self.per_second:.0f} CT/s"
            how = f"p50 {self.p50_ms:.1f}, p99 {self.p99_ms:.1f}, max {self.max_ms:.1f} ms"
            rows.append((what, how))
        if self.objects_per_second is not None:
            what = f"Arca: {self.drained} CT that waited for a paused node"
            how = f"{self.objects_per_second:.0f} CT/s, the first after {self.first_ms:.0f} ms"
            rows.append((what, how))
        return rows


@dataclass(frozen=True, slots=True)
class Arca:
    """The appliance with one node, to which a rule sends everything."""

    bench: Bench
    place: Place
    receiver: Running
    arrivals: Path

    def command(self, *words: str) -> Any:
        """The answer of a command; raises Failed."""
        config = str(self.place.folder / "arca.toml")
        line = [str(self.place.arca), *words, "--json", "--config", config]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        if done.returncode:
            raise Failed(f"arca {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
        return json.loads(done.stdout)

    def arrived(self) -> dict[str, int]:
        """When each instance was first accepted, by its UID."""
        moments: dict[str, int] = {}
        for line in self.arrivals.read_text().splitlines():
            uid, moment, _ = line.split()
            moments.setdefault(uid, int(moment))
        return moments

    def waiting(self) -> int:
        """Instances in the queue that were not sent yet."""
        return sum(job["instances"] - job["sent"] for job in self.command("queue"))

    def send(self, log: Path, *options: str) -> dict[str, int]:
        """When each instance was acknowledged, by its UID; raises Failed unless all were."""
        template = self.bench.templates[CT.name]
        values = self.bench.sender(self.place.port, template, "--log", str(log), *options)
        if values["failed"]:
            raise Failed(f"{values['failed']} not stored: {values['trouble']}")
        lines = [line.split() for line in log.read_text().splitlines()]
        return {uid: int(moment) for uid, moment in lines}

    def until(self, done: Callable[[], bool], what: str) -> None:
        """Wait; raises Failed when it takes too long or the appliance ends."""
        for _ in range(int(_LIMIT / _STEP)):
            if done():
                return
            self.receiver.pause(_STEP)
        raise Failed(f"after {_LIMIT:.0f} s it was still not true that {what}")


@contextlib.contextmanager
def _appliance(bench: Bench, candidate: Candidate, folder: Path) -> Iterator[Arca]:
    port, arrivals = free_port(), folder / "arrivals"
    arrivals.touch()
    sink = [str(bench.programs.receiver), "--port", str(port), "--log", str(arrivals)]
    with running(sink, folder / "sink.log"), bench.started(candidate) as (receiver, place):
        arca = Arca(bench, place, receiver, arrivals)
        arca.command(
            "node", "add", _NODE, "--ae", _NODE, "--host", "127.0.0.1", "--port", str(port)
        )
        arca.command("rule", "add", "everything", "--when", "true", "--to", _NODE)
        yield arca


def measure_forwarding(
    bench: Bench, candidate: Candidate, count: int, interval_ms: float, drained: int
) -> Forwarding:
    """Sends `count` CT at a steady pace, then lets `drained` wait for a paused node."""
    try:
        with _appliance(bench, candidate, bench.folder) as arca:
            late = _latencies(arca, bench.folder / "paced", count, interval_ms)
            rate, first = _drain(arca, bench.folder / "burst", drained)
    except (Failed, OSError, subprocess.TimeoutExpired, KeyError) as error:
        return Forwarding(trouble=f"store and forward: {error!r}")
    middle, most = late[len(late) // 2], late[int(len(late) * 0.99)]
    return Forwarding(count, 1000 / interval_ms, middle, most, late[-1], drained, rate, first)


def _latencies(arca: Arca, log: Path, count: int, interval_ms: float) -> list[float]:
    """Milliseconds from each acknowledgement to the arrival, sorted."""
    options = ["--objects", str(count), "--interval", str(interval_ms)]
    acknowledged = arca.send(log, *options)
    arca.until(lambda: acknowledged.keys() <= arca.arrived().keys(), f"all {count} arrived")
    arrived = arca.arrived()
    return sorted((arrived[uid] - moment) / 1e6 for uid, moment in acknowledged.items())


def _drain(arca: Arca, log: Path, count: int) -> tuple[float, float]:
    """Objects per second, and milliseconds from the command to the first arrival."""
    arca.command("queue", "pause", _NODE)
    acknowledged = arca.send(log, "--associations", "4", "--objects", str(count // 4))
    arca.until(lambda: arca.waiting() >= len(acknowledged), f"all {count} are queued")
    told = time.monotonic_ns()
    arca.command("queue", "resume", _NODE)
    arca.until(lambda: acknowledged.keys() <= arca.arrived().keys(), f"all {count} arrived")
    arrived = arca.arrived()
    moments = sorted(arrived[uid] for uid in acknowledged)
    return (len(moments) - 1) / ((moments[-1] - moments[0]) / 1e9), (moments[0] - told) / 1e6
