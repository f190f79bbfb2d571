"""One run of the bench, part by part."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

from appliance.network.errors import AssociationFailed
from tests.bench import retrieve, tables
from tests.bench.candidates import Candidate
from tests.bench.forward import Forwarding, measure_forwarding
from tests.bench.goals import Medians, bound_rows, ratio_rows
from tests.bench.machine import describe
from tests.bench.measure import Bench, Cell, Result, median
from tests.bench.objects import KINDS, LARGE, make_template
from tests.bench.options import Options
from tests.bench.processes import Failed
from tests.bench.query import STUDIES, TITLES, measure_queries
from tests.bench.retrieve import measure_retrieval
from tests.bench.toolchain import compile_programs

_LARGE_16 = Cell(LARGE, 16)
_ROOM = 8 << 30  # bytes that must be free: 16 large objects, and the room Arca keeps clear
_HOPELESS = 2  # a receiver that gave nothing so often in a row is left out

Results = dict[str, dict[str, list[Result]]]  # candidate → cell → one per round


def run(options: Options) -> None:
    """Measures what the options ask for and prints it; raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="arca-bench-", dir=options.data) as name:
        folder = Path(name)
        templates = {kind.name: make_template(kind, folder, options.sample) for kind in KINDS}
        programs = compile_programs(folder)
        Session(options, Bench(programs, options.arca.absolute(), folder, templates)).run()


class Session:
    """The parts, and what they found so far."""

    def __init__(self, options: Options, bench: Bench) -> None:
        self._options, self._bench = options, bench
        self._labels = {candidate.name: candidate.label for candidate in options.candidates}
        self._results: Results = defaultdict(lambda: defaultdict(list))
        self._memory: Results = defaultdict(lambda: defaultdict(list))
        self._forwarding = Forwarding()

    def run(self) -> None:
        _say(describe(self._options))
        present = self._present()
        if "receive" in self._options.parts:
            self._rounds(present)
            self._print_receive()
        if "memory" in self._options.parts:
            self._measure_memory(present)
        if "forward" in self._options.parts:
            self._forward(present)
        if "query" in self._options.parts:
            self._query()
        self._print_goals()
        if self._options.json:
            self._options.json.write_text(self._as_json())

    def _present(self) -> list[Candidate]:
        """The candidates that can run here; says why others cannot."""
        present = []
        for candidate in self._options.candidates:
            reason = candidate.missing(self._bench.arca)
            if reason:
                _say(f"left out: {candidate.label}: {reason}")
            else:
                present.append(candidate)
        return present

    # Receiving

    def _rounds(self, candidates: Sequence[Candidate]) -> None:
        """Every candidate in turn for each cell, again and again, so that all share the weather."""
        empty: Counter[str] = Counter()
        for number in range(1, self._options.rounds + 1):
            for cell in self._options.cells:
                for candidate in candidates:
                    if empty[candidate.name] < _HOPELESS:
                        _progress(f"round {number}, {cell.name}, {candidate.label}")
                        result = self._bench.measure(candidate, cell, self._options.seconds)
                        self._results[candidate.name][cell.name].append(result)
                        empty[candidate.name] = self._given_up(candidate, result, empty)

    def _given_up(self, candidate: Candidate, result: Result, empty: Counter[str]) -> int:
        if result.objects_per_second:
            return 0
        _say(f"{candidate.label}: {result.trouble}")
        return empty[candidate.name] + 1

    def _print_receive(self) -> None:
        medians, cells = _medians(self._results), self._options.cells
        for title, show in (
            ("objects/s, large: MB/s", tables.rates),
            ("p50 / p99 ms", tables.latencies),
            ("peak memory, MB", tables.memories),
        ):
            _say(tables.comparison(title, medians, self._labels, cells, show) + "\n")
        _say("\n".join(tables.troubles(medians, self._labels)))

    # Memory

    def _measure_memory(self, candidates: Sequence[Candidate]) -> None:
        """Orthanc holds whole objects, sixteen at a time: it takes part when asked for by name."""
        if shutil.disk_usage(self._options.data).free < _ROOM:
            _say(f"left out: memory: it needs {_ROOM >> 30} GiB free below {self._options.data}")
            return
        wanted = {"arca", "c-fsync", "storescp"} if self._options.full else {"arca"}
        for candidate in candidates:
            if self._options.named or candidate.name in wanted:
                _progress(f"memory, {_LARGE_16.name}, {candidate.label}")
                objects = 3 if self._options.full else 1
                result = self._bench.measure(candidate, _LARGE_16, 0, objects)
                self._memory[candidate.name][_LARGE_16.name].append(result)
                if not result.objects_per_second:
                    _say(f"{candidate.label}: {result.trouble}")
        medians = _medians(self._memory)
        for title, show in (("MB/s", tables.rates), ("peak memory, MB", tables.memories)):
            _say(tables.comparison(title, medians, self._labels, [_LARGE_16], show) + "\n")
        _say("\n".join(tables.troubles(medians, self._labels)))

    # Forwarding

    def _forward(self, candidates: Sequence[Candidate]) -> None:
        for candidate in candidates:
            if candidate.name == "arca":
                _progress("store and forward")
                count, drained = (600, 3000) if self._options.full else (100, 500)
                self._forwarding = measure_forwarding(self._bench, candidate, count, 50, drained)
                _say(self._forwarding.trouble)

    # Query and retrieve

    def _query(self) -> None:
        studies, questions = (STUDIES, 1000) if self._options.full else (STUDIES, 200)
        _progress(f"queries among {studies} studies")
        try:
            asked = measure_queries(self._bench, studies, questions)
        except (Failed, OSError, AssociationFailed) as error:
            _say(f"queries: {error}")
            return
        _say(tables.table(TITLES, [one.row() for one in asked]) + "\n")
        if self._options.full:
            self._retrieve()

    def _retrieve(self) -> None:
        _progress("retrieval")
        fetched = measure_retrieval(self._bench, 500)
        _say(tables.table(retrieve.TITLES, [one.row() for one in fetched if not one.trouble]))
        _say("\n".join(f"{one.label}: {one.trouble}" for one in fetched if one.trouble))

    def _print_goals(self) -> None:
        rows = ratio_rows(_medians(self._results), self._labels)
        lags = [lag for found in (self._results, self._memory) for lag in _lags(found)]
        memory = {name: cells[_LARGE_16.name] for name, cells in _medians(self._memory).items()}
        rows += bound_rows(memory, _LARGE_16, lags, self._forwarding)
        if rows:
            _say(tables.table(["", "goal", "reached", ""], rows))

    def _as_json(self) -> str:
        found = {
            part: {
                name: {cell: [dataclasses.asdict(one) for one in all_] for cell, all_ in of.items()}
                for name, of in results.items()
            }
            for part, results in (("receive", self._results), ("memory", self._memory))
        }
        forward = dataclasses.asdict(self._forwarding)
        return json.dumps({"machine": describe(self._options), **found, "forward": forward})


def _medians(results: Results) -> Medians:
    return {
        name: {cell: median(all_) for cell, all_ in cells.items()}
        for name, cells in results.items()
    }


def _lags(results: Results) -> list[float]:
    every = [result for cells in results.values() for all_ in cells.values() for result in all_]
    return [result.loop_lag for result in every if result.loop_lag is not None]


def _say(text: str) -> None:
    if text:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _progress(text: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()
