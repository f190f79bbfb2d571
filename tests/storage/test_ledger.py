"""Appending to the ledger."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.ledger import Ledger
from storage.segments import START, Segments
from storage.store import Action, Entry
from storage.system import SyncFailed, System
from tests.storage.faults import Faulty


def _entry(sequence: int) -> Entry:
    return Entry(sequence, datetime(2026, 1, 1, tzinfo=UTC), Action.PUT, f"{sequence:064}")


def _begun(folder: Path, system: System | None = None, limit: int = 10_000) -> Ledger:
    ledger = Ledger(Segments(str(folder)), limit, system or System())
    ledger.begin(START)
    return ledger


def test_a_batch_is_one_write_and_one_sync(tmp_path: Path) -> None:
    system = Faulty(["append", "sync_data"])
    ledger = _begun(tmp_path, system)
    system.arm(1000)
    marks = ledger.append([_entry(number) for number in range(1, 51)])
    assert system.count == 2
    assert [mark.sequence for mark in marks] == list(range(1, 51))
    assert ledger.head == marks[-1]
    for mark in marks:
        assert ledger.segments.check(mark)
    ledger.close()
    ledger.close()


def test_a_batch_lies_in_one_segment(tmp_path: Path) -> None:
    ledger = _begun(tmp_path, limit=1000)
    for first in range(1, 41, 10):
        ledger.append([_entry(number) for number in range(first, first + 10)])
    ledger.close()
    assert ledger.segments.firsts() == [1, 11, 21, 31]
    assert len(list(ledger.segments.follow())) == 40


def test_half_an_append_leaves_no_trace(tmp_path: Path) -> None:
    system = Faulty(["append"], errno.ENOSPC)
    ledger = _begun(tmp_path, system)
    ledger.append([_entry(1)])
    before = Path(ledger.segments.path(1)).read_bytes()
    system.arm(1)
    with pytest.raises(OSError, match="No space"):
        ledger.append([_entry(number) for number in range(2, 20)])
    assert Path(ledger.segments.path(1)).read_bytes() == before
    ledger.append([_entry(2)])
    ledger.close()
    assert len(list(ledger.segments.follow())) == 2


def test_a_failed_sync_is_told_as_such(tmp_path: Path) -> None:
    system = Faulty(["sync_data"], errno.ENOSPC)
    ledger = _begun(tmp_path, system)
    system.arm(1)
    with pytest.raises(SyncFailed):
        ledger.append([_entry(1)])
    assert ledger.head == START
    ledger.close()


def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    ledger = _begun(tmp_path)
    (mark,) = ledger.append([_entry(1)])
    ledger.append([_entry(2)])
    ledger.close()
    ledger = Ledger(Segments(str(tmp_path)), 10_000, System())
    ledger.begin(mark)
    ledger.append([_entry(2)])
    ledger.close()
    assert [link.entry.sequence for link in ledger.segments.follow()] == [1, 2]
