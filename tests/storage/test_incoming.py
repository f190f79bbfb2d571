"""An object on its way in."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from storage.errors import Full, Stopped, StoreError
from storage.incoming import FileDigest, Helpers
from storage.volume import Volume
from tests.storage.faults import Faulty
from tests.storage.units import HEADER, Wall, content_of, put, reopen


def test_large_objects_are_hashed_in_order(volume: Volume) -> None:
    pieces = [bytes([number]) * (1 << 20) for number in range(4)]
    incoming = volume.receive(HEADER)
    for piece in pieces:
        incoming.write([piece[: 1 << 19], piece[1 << 19 :]])
    entry = incoming.commit("1", "s", {}).entry
    assert entry.sha256 == hashlib.sha256(HEADER + b"".join(pieces)).hexdigest()
    assert content_of(volume, entry.sha256) == b"".join(pieces)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_helpers_hash_pieces_that_may_be_reused(count: int) -> None:
    helpers = Helpers(count)
    for _ in range(3):
        digest = FileDigest(b"head", helpers)
        buffer = bytearray(1 << 19)
        expected = hashlib.sha256(b"head")
        for number in range(8):
            buffer[:] = bytes([number]) * len(buffer)
            digest.update(memoryview(buffer), number << 19)
            expected.update(buffer)
        assert digest.finish() == digest.finish() == expected.hexdigest()
    helpers.close()


def test_a_helper_serves_one_object_at_a_time() -> None:
    helpers = Helpers(1)
    assert helpers.borrow() is not None
    assert helpers.borrow() is None
    helpers.give_back()
    assert helpers.borrow() is not None
    helpers.close()


def test_a_failed_write_leaves_nothing(unit: Path, wall: Wall) -> None:
    system = Faulty(["write"], errno.ENOSPC)
    with reopen(unit, wall, system=system) as volume:
        incoming = volume.receive(HEADER)
        incoming.write([b"one"])
        system.arm(1)
        with pytest.raises(Full, match="Make room"):
            incoming.write([b"x" * (1 << 20)])
        assert not list((unit / "incoming").iterdir())
        with pytest.raises(StoreError, match="committed or discarded"):
            incoming.commit("1", "s", {})


def test_a_failed_sync_of_one_stops_all(unit: Path, wall: Wall) -> None:
    system = Faulty(["sync"])
    with reopen(unit, wall, system=system) as volume:
        other = volume.receive(HEADER)
        put(volume, "0", b"0")
        system.arm(1)
        with pytest.raises(Stopped):
            put(volume, "1", b"1")
        with pytest.raises(Stopped):
            other.write([b"x"])
        with pytest.raises(Stopped):
            other.commit("2", "s", {})
        other.discard()
        assert volume.last() == 2


def test_the_file_has_its_name_before_it_is_synced(unit: Path, wall: Wall) -> None:
    """So one commit of a journal holds both; the folder's own sync follows."""
    calls: list[str] = []

    class Watching(Faulty):
        def _pass(self, call: str) -> None:
            calls.append(call)

    with reopen(unit, wall, system=Watching()) as volume:
        put(volume, "0", b"0")
        calls.clear()
        put(volume, "1", b"1")
    watched = [call for call in calls if call in ("rename", "sync", "append", "sync_data")]
    assert watched[:5] == ["rename", "sync", "sync", "append", "sync_data"]


def test_notes_are_the_callers_own(volume: Volume) -> None:
    notes = {"source": "CT1"}
    incoming = volume.receive(HEADER)
    entry = incoming.commit("1", "s", notes).entry
    notes["source"] = "changed"
    assert entry.notes == {"source": "CT1"}
