"""The decision about an object that arrived: the cases that need one round for two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from storage.errors import Missing
from storage.scrub import verify
from storage.store import Outcome
from storage.volume import Volume
from tests.storage.units import content_of, put


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
