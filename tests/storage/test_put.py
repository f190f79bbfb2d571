"""The decision about an object that arrived: the cases that need one round for two."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from storage.errors import Missing
from storage.scrub import verify
from storage.segments import Position, Segments
from storage.store import Outcome
from storage.volume import Volume
from tests.storage.units import Wall, content_of, put, reopen


def test_same_content_under_two_headers_at_once_is_kept_once(volume: Volume, unit: Path) -> None:
    def send(number: int) -> Outcome:
        return put(volume, "1", b"content", header=b"%d" % number).outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(send, range(8)))
    assert outcomes.count(Outcome.STORED) == 1
    assert outcomes.count(Outcome.DUPLICATE) == 7
    assert len(list(unit.glob("objects/*/*/*/*/*"))) == 1
    assert verify(volume).is_well


def test_the_same_file_under_many_names_at_once_is_one_file(volume: Volume, unit: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda name: put(volume, str(name), b"same"), range(8)))
    assert {receipt.outcome for receipt in receipts} == {Outcome.STORED}
    assert len({receipt.entry.path for receipt in receipts}) == 1
    assert len(list(unit.glob("objects/*/*/*/*/*"))) == 1
    volume.delete(receipts[0].entry.sha256, "me", "old")
    assert all(volume.find(str(name)) == () for name in range(8))
    assert verify(volume).is_well


def test_putting_and_deleting_the_same_at_once_never_lists_what_is_gone(volume: Volume) -> None:
    sha256 = put(volume, "1", b"x").entry.sha256

    def work(number: int) -> None:
        if number % 2:
            put(volume, "1", b"x")
        else:
            with suppress(Missing):
                volume.delete(sha256, "me", "old")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(120)))
    put(volume, "1", b"x")
    assert content_of(volume, sha256)
    assert verify(volume).is_well


def test_what_many_copies_under_one_name_cost_has_a_limit(
    unit: Path, wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Counter[str]()
    plain = Segments.read

    def counted(self: Segments, position: Position) -> bytes:
        read["lines"] += 1
        return plain(self, position)

    with reopen(unit, wall) as volume:  # its file knows all but the last few
        first = put(volume, "1", b"content 0")
        for number in range(1, 150):
            assert put(volume, "1", b"content %d" % number).outcome is Outcome.CONFLICT
        monkeypatch.setattr(Segments, "read", counted)
        again = put(volume, "1", b"content 0")
        assert (again.outcome, again.entry.sha256) == (Outcome.DUPLICATE, first.entry.sha256)
        assert len(put(volume, "1", b"other").others) == 32
        assert read["lines"] < 80
        assert len(volume.find("1")) == 151
        assert verify(volume).is_well
