from __future__ import annotations

from datetime import UTC, datetime

import trio
from trio.testing import MockClock

from appliance.commitment.model import Reference
from appliance.commitment.verification import Verification
from appliance.dicom import statuses
from storage.memory import MemoryStore

CT = "1.2.840.10008.5.1.4.1.1.2"


def _store(*names: str, size: int = 100) -> MemoryStore:
    store = MemoryStore(lambda: datetime(2026, 3, 1, tzinfo=UTC))
    for name in names:
        incoming = store.receive(b"head")
        incoming.write([name.encode() * size])
        incoming.commit(name, "1.2", {"sop_class": CT})
    return store


async def _reasons(store: MemoryStore, names: list[Reference], rate: int = 1 << 40) -> list[int]:
    found: list[int] = []
    told: list[tuple[str, str]] = []
    verification = Verification(store, rate, lambda *what: told.append(what))
    async for some in verification.turns(names):
        found += some
    assert len(told) == found.count(statuses.PROCESSING_FAILURE)
    return found


async def test_each_has_its_reason() -> None:
    store = _store("1.1", "1.2")
    spoilt = store.find("1.2")[0].sha256
    store._bytes[spoilt] = b"x" + store._bytes[spoilt][1:]
    names = [
        Reference(CT, "1.1"),
        Reference(CT, "1.2"),
        Reference(CT, "1.3"),
        Reference("1", "1.1"),
    ]
    assert await _reasons(store, names) == [
        0,
        statuses.PROCESSING_FAILURE,
        statuses.NO_SUCH_INSTANCE,
        statuses.CLASS_INSTANCE_CONFLICT,
    ]


async def test_all_copies_under_a_name_must_be_good() -> None:
    store = _store("1.1", "1.1")
    other = store.receive(b"head")
    other.write([b"other"])
    entry = other.commit("1.1", "1.2", {"sop_class": CT}).entry
    assert await _reasons(store, [Reference(CT, "1.1")]) == [0]
    store._bytes[entry.sha256] = b""
    assert await _reasons(store, [Reference(CT, "1.1")]) == [statuses.PROCESSING_FAILURE]


async def test_reading_is_no_faster_than_allowed(autojump_clock: MockClock) -> None:
    store, began = _store("1.1", size=10_000), trio.current_time()
    size = store.find("1.1")[0].size
    await _reasons(store, [Reference(CT, "1.1")] * 4, rate=1000)
    assert trio.current_time() - began >= 4 * size / 1000 - 1
