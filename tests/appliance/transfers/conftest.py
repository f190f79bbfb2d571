"""A clock that jumps, a store in memory, and a destination that follows a script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio.testing

from storage.memory import MemoryStore
from tests.appliance.transfers.script import BEGAN, CT, EXPLICIT, Script

_HEADER = b"\0" * 128 + b"DICM"


@pytest.fixture
def jumping_clock() -> trio.testing.MockClock:
    """Jumps when nothing happens; the threads of database and store get a moment to answer."""
    return trio.testing.MockClock(autojump_threshold=0.02)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore(lambda: BEGAN)


@pytest.fixture
def put(store: MemoryStore) -> Callable[..., str]:
    """Stores an object; its SHA-256."""

    def keep(
        number: int, sop_class: str = CT, syntax: str = EXPLICIT, content: bytes | None = None
    ) -> str:
        incoming = store.receive(_HEADER)
        incoming.write([f"object {number}".encode() if content is None else content])
        notes = {"sop_class": sop_class, "transfer_syntax": syntax, "source": "CT1"}
        return incoming.commit(f"1.2.3.{number}", "1.2.3", notes).entry.sha256

    return keep


@pytest.fixture
def script() -> Script:
    return Script()
