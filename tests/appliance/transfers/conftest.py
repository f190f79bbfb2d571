"""A clock that jumps, a store in memory, and a destination that follows a script."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import trio.testing

from appliance.database.door import Database, open_database
from appliance.transfers.model import Settings
from storage.memory import MemoryStore
from tests.appliance.transfers.desk import Desk
from tests.appliance.transfers.script import BEGAN, CT, EXPLICIT, Script

_HEADER = b"\0" * 128 + b"DICM"


@pytest.fixture
def jumping_clock() -> trio.testing.MockClock:
    """Moved on by the desk; a test must name it, or its time is the real one."""
    return trio.testing.MockClock()


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


@pytest.fixture
async def small_database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as opened:
        yield opened


@pytest.fixture
def settings() -> Settings:
    return Settings(
        lease=4, linger_seconds=3, record_seconds=0.25, record_items=4, poll_seconds=600
    )


@pytest.fixture
def desk(
    small_database: Database,
    store: MemoryStore,
    script: Script,
    settings: Settings,
    jumping_clock: trio.testing.MockClock,
) -> Desk:
    return Desk(small_database, store, script, settings, jumping_clock)
