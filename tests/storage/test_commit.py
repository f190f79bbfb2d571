"""Group commit: order, sharing of syncs, and whose failure is whose."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from storage import tables
from storage.catalogue import Catalogue
from storage.commit import Batch, Committer, Work
from storage.errors import Missing, Stopped, StoreError
from storage.ledger import Ledger
from storage.segments import START, Segments
from storage.store import Action, Entry
from tests.storage.faults import Faulty
from tests.storage.units import SETTINGS, Wall


class Line(Work):
    """Adds one line."""

    def __init__(self, name: str, error: Exception | None = None) -> None:
        super().__init__()
        self.name = name
        self.raises = error
        self.sequence = 0

    def plan(self, batch: Batch) -> None:
        if self.raises is not None:
            raise self.raises
        self.sequence = batch.next_sequence
        batch.add(
            Entry(self.sequence, batch.time, Action.PUT, f"{self.sequence:064}", name=self.name)
        )


class Gate(Line):
    """Holds up its round until the test lets it go."""

    def __init__(self) -> None:
        super().__init__("gate")
        self.begun = threading.Event()
        self.go = threading.Event()

    def plan(self, batch: Batch) -> None:
        self.begun.set()
        self.go.wait()
        super().plan(batch)


class Desk:
    """A committer over a ledger of its own."""

    def __init__(self, folder: Path) -> None:
        self.system = Faulty(["sync_data", "append"])
        segments = Segments(str(folder))
        self.ledger = Ledger(segments, 1 << 20, self.system)
        self.ledger.begin(START)
        self.catalogue = Catalogue(tables.PRIVATE, "unit", segments)
        self.committer = Committer(self.ledger, self.catalogue, Wall(), SETTINGS, self.system)

    def run_together(self, works: list[Line]) -> None:
        """All in one round, behind a gate."""
        gate = Gate()
        with ThreadPoolExecutor(len(works) + 1) as pool:
            pool.submit(self.committer.run, gate)
            gate.begun.wait()
            runs = [pool.submit(self.committer.run, work) for work in works]
            while len(self.committer._queue) < len(works):
                threading.Event().wait(0.001)
            gate.go.set()
            for run in runs:
                run.exception()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.committer.close()
    desk.catalogue.close()
    desk.ledger.close()


def test_whoever_waits_shares_one_sync(desk: Desk) -> None:
    works = [Line(str(number)) for number in range(12)]
    desk.system.arm(1000)
    desk.run_together(works)
    assert desk.system.count == 4  # two rounds, each an append and a sync
    assert sorted(work.sequence for work in works) == list(range(2, 14))
    assert all(work.error is None for work in works)
    assert desk.committer.last == 13
    assert [entry.sequence for entry in desk.committer.recent] == list(range(1, 14))


def test_one_refusal_harms_nobody_else(desk: Desk) -> None:
    works = [Line("good"), Line("bad", Missing("not here")), Line("full", OSError(28, "No space"))]
    desk.run_together(works)
    assert [type(work.error).__name__ for work in works] == ["NoneType", "Missing", "Full"]
    assert desk.committer.trouble == ""


def test_a_broken_medium_is_everybodys_failure(desk: Desk) -> None:
    works: list[Line] = [Line(str(number)) for number in range(5)]
    works[2].raises = OSError(5, "Input/output error")
    desk.run_together(works)
    assert all(isinstance(work.error, Stopped) for work in works)
    with pytest.raises(Stopped, match="check the drive"):
        desk.committer.run(Line("later"))
    assert desk.committer.last == 1


def test_a_round_that_breaks_off_acknowledges_nothing(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError):
        desk.committer.run(Line("bug", ZeroDivisionError()))
    with pytest.raises(Stopped, match="broke off"):
        desk.committer.run(Line("later"))


def test_a_failed_append_can_be_tried_again(desk: Desk) -> None:
    desk.system.code = 28
    desk.system.arm(1)
    with pytest.raises(StoreError):
        desk.committer.run(Line("one"))
    desk.committer.run(Line("one"))
    assert [link.entry.name for link in desk.ledger.segments.follow()] == ["one"]


def test_many_threads_are_all_served(desk: Desk) -> None:
    works = [Line(str(number)) for number in range(400)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(desk.committer.run, works))
    assert sorted(work.sequence for work in works) == list(range(1, 401))
    assert desk.catalogue.waiting < SETTINGS.checkpoint_lines + 16
