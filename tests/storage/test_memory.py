"""The store for tests of others passes the suite of the real ones."""

from __future__ import annotations

import pytest

from storage.errors import Full
from storage.memory import MemoryStore
from storage.store import Store
from tests.storage.conformance import Conformance
from tests.storage.units import Wall, put


class TestMemoryStore(Conformance):
    @pytest.fixture
    def store(self, wall: Wall) -> MemoryStore:
        return MemoryStore(wall)

    def spoil(self, store: Store, sha256: str) -> None:
        assert isinstance(store, MemoryStore)
        store.spoil(sha256)


def test_it_refuses_when_told_to(wall: Wall) -> None:
    store = MemoryStore(wall)
    incoming = store.receive(b"")
    store.trouble = Full("no room")
    with pytest.raises(Full):
        store.receive(b"")
    with pytest.raises(Full):
        incoming.write([b"x"])
    store.trouble = None
    assert put(store, "1", b"x").entry.sequence == 2


def test_a_deletion_waits_for_the_clock(wall: Wall) -> None:
    store = MemoryStore(wall)
    store.free = 5
    sha256 = put(store, "1", b"x", retain_until=wall.now.replace(year=2027)).entry.sha256
    wall.forward(days=400)
    store.delete(sha256, "me", "over")
    store.close()
    assert store.space().free == 5
