"""Both kinds of store keep the contract's types."""

from __future__ import annotations

from storage.memory import MemoryStore
from storage.store import Incoming, Reader, Store
from storage.volume import Volume
from tests.storage.units import Wall, put


def test_the_contract_is_kept(volume: Volume, wall: Wall) -> None:
    stores: list[Store] = [volume, MemoryStore(wall)]
    for store in stores:
        incoming: Incoming = store.receive(b"")
        incoming.discard()
        reader: Reader = store.open(put(store, "1", b"x").entry.sha256)
        reader.close()
