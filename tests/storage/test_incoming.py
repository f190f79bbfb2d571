"""An object on its way in."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from storage.errors import Full, Stopped, StoreError
from storage.incoming import Helpers
from storage.volume import Volume
from tests.storage.faults import Faulty
from tests.storage.units import HEADER, Wall, content_of, put, reopen


def test_large_pieces_are_hashed_beside_the_writing(volume: Volume) -> None:
    pieces = [bytes([number]) * (1 << 20) for number in range(4)]
    incoming = volume.receive(HEADER)
    for piece in pieces:
        incoming.write([piece[: 1 << 19], piece[1 << 19 :]])
    entry = incoming.commit("1", "s", {}).entry
    assert entry.sha256 == hashlib.sha256(HEADER + b"".join(pieces)).hexdigest()
    assert content_of(volume, entry.sha256) == b"".join(pieces)


def test_a_helper_comes_back_whatever_happens() -> None:
    helpers = Helpers(1)
    done: list[str] = []

    def broken() -> None:
        raise OSError(errno.EIO, "broken")

    assert helpers.borrow()
    assert not helpers.borrow()
    with pytest.raises(OSError, match="broken"):
        helpers.beside(lambda: done.append("one"), broken)
    assert helpers.borrow()
    helpers.beside(lambda: done.append("two"), lambda: done.append("three"))
    assert sorted(done) == ["one", "three", "two"]
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
