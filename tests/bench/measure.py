"""One measurement: start a receiver, send to it, see what it took."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.candidates import Candidate, Place
from tests.bench.metrics import loop_lag
from tests.bench.objects import LARGE, SMALL, Kind, Template
from tests.bench.processes import Failed, Running, free_port, running
from tests.bench.toolchain import Programs

_READY = 30.0  # seconds until a receiver must answer a C-ECHO
_STEP = 0.05
_WARMING = 10  # small objects that go ahead, so that no start is measured
_MOST_BYTES = 3 << 29  # of one measurement: what is written without sync must not fill the memory
_LIMIT = 300.0  # seconds that a sender may take in all

_CALLED = "ARCA"  # Arca refuses associations meant for others; the other receivers do not care

_runs = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Cell:
    """What is sent: a column of the table."""

    kind: Kind
    associations: int

    @property
    def name(self) -> str:
        return f"{self.kind.name}, {self.associations}"

    @property
    def in_bytes(self) -> bool:
        """Whether its rate is given in MB/s."""
        return self.kind is LARGE


@dataclass(frozen=True, slots=True)
class Result:
    """What one measurement gave."""

    objects_per_second: float
    megabytes_per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    memory: int  # bytes at the peak, children included
    loop_lag: float | None  # seconds: no wake-up of the event loop was later than this
    trouble: str = ""  # the first object that was not answered 0000, or why nothing was measured


@dataclass(frozen=True, slots=True)
class Bench:
    """What all measurements share."""

    programs: Programs
    arca: Path
    folder: Path
    templates: Mapping[str, Template]

    def sender(self, port: int, template: Template, *options: str) -> Mapping[str, float | str]:
        """Send, and what the sender measured; raises Failed when it could not run."""
        words = [str(self.programs.sender), "--port", str(port), "--called", _CALLED]
        words += ["--run", str(next(_runs)), *template.arguments(), *options]
        done = subprocess.run(words, capture_output=True, text=True, timeout=_LIMIT, check=False)
        if done.returncode not in (0, 1):
            raise Failed(f"the sender: {done.stderr.strip()}")
        answer: Mapping[str, float | str] = json.loads(done.stdout)
        return answer

    @contextlib.contextmanager
    def started(self, candidate: Candidate) -> Iterator[tuple[Running, Place]]:
        """A fresh receiver that answers; afterwards its files are empty."""
        folder = Path(tempfile.mkdtemp(prefix=f"{candidate.name}-", dir=self.folder))
        place = Place(self.programs, self.arca, folder / "data", free_port(), free_port())
        place.folder.mkdir()
        try:
            with running(candidate.command(place), folder / "log") as receiver:
                self._await(receiver, place.port)
                yield receiver, place
        finally:
            _empty(folder)
            os.sync()  # the next one shall not pay for this one's dirty pages

    def _await(self, receiver: Running, port: int) -> None:
        for _ in range(int(_READY / _STEP)):
            words = [str(self.programs.sender), "--port", str(port), "--called", _CALLED]
            words += ["--echo", "--timeout", "5"]
            if subprocess.run(words, capture_output=True, check=False).returncode == 0:
                return
            receiver.pause(_STEP)
        raise Failed(f"it did not answer a C-ECHO within {_READY:.0f} s: {receiver.last_words()}")

    def measure(self, candidate: Candidate, cell: Cell, seconds: float, objects: int = 0) -> Result:
        """Never raises for what a receiver does: that is its result."""
        try:
            with self.started(candidate) as (receiver, place):
                return self._send(candidate, receiver, place, cell, seconds, objects)
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            return Result(0, 0, 0, 0, 0, 0, None, str(error))

    def _send(
        self,
        candidate: Candidate,
        receiver: Running,
        place: Place,
        cell: Cell,
        seconds: float,
        objects: int,
    ) -> Result:
        self.sender(place.port, self.templates[SMALL.name], "--objects", str(_WARMING))
        template = self.templates[cell.kind.name]
        most = objects or max(1, _MOST_BYTES // template.size // cell.associations)
        options = ["--associations", str(cell.associations), "--objects", str(most)]
        if seconds:
            options += ["--seconds", str(seconds)]
        values = self.sender(place.port, template, *options)
        lag = loop_lag(place.web_port) if candidate.has_metrics else None
        return _result(values, receiver.peak_memory(), lag)


def _empty(folder: Path) -> None:
    """Give the room back but keep the names until the run is over.

    For minutes ext4 passes over inodes that were removed, one by one, whenever it looks for a
    free one: the next receiver would pay for each file of this one.
    """
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                os.truncate(Path(parent) / name, 0)


def _result(values: Mapping[str, float | str], memory: int, lag: float | None) -> Result:
    return Result(
        float(values["objects_per_second"]),
        float(values["megabytes_per_second"]),
        float(values["p50_ms"]),
        float(values["p99_ms"]),
        float(values["max_ms"]),
        memory,
        lag,
        f"{values['failed']} not stored: {values['trouble']}" if values["failed"] else "",
    )


def median(results: Sequence[Result]) -> Result | None:
    """Number by number over the rounds; the worst of memory and lag. None: nothing was measured."""
    trouble = next((result.trouble for result in results if result.trouble), "")
    good = [result for result in results if result.objects_per_second]
    if not good:
        return None
    lags = [result.loop_lag for result in good if result.loop_lag is not None]
    return Result(
        statistics.median(result.objects_per_second for result in good),
        statistics.median(result.megabytes_per_second for result in good),
        statistics.median(result.p50_ms for result in good),
        statistics.median(result.p99_ms for result in good),
        max(result.max_ms for result in good),
        max(result.memory for result in good),
        max(lags, default=None),
        trouble,
    )
