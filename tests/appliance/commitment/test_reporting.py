"""Ways that reports find, and what becomes of those that find none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trio

from appliance.commitment import requests
from appliance.commitment.calling import Calls
from appliance.commitment.model import Settings
from appliance.commitment.packing import pack
from appliance.commitment.reporting import Reporting
from appliance.database.door import Database, open_database
from appliance.journal.service import Journal
from appliance.network.services import Caller
from appliance.nodes.model import Node
from tests.appliance.commitment.house import request
from tests.appliance.running import until

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def small_database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as opened:
        yield opened


async def _due(database: Database) -> None:
    one = request("2.25.1", "1.1")
    caller = Caller("CT1", "ARCA", "10.0.0.7", 50000)
    _, number = await database.run(
        requests.keep, one, pack(one.references), one.content, caller, NOW
    )
    asked = await database.read(requests.load, number)
    assert asked is not None
    await database.run(requests.note_reasons, replace(asked, reasons=(0,)), NOW)


@pytest.mark.parametrize(
    ("later", "state", "kinds"),
    [
        (timedelta(0), "to be reported", []),
        (timedelta(days=1), "not taken", ["commitment.not-taken"]),
    ],
)
async def test_who_is_gone_is_tried_for_a_day(
    small_database: Database, later: timedelta, state: str, kinds: list[str]
) -> None:
    journal = Journal(small_database)
    node = Node("ct1", "CT1", "127.0.0.1", 1)
    calls = Calls("ARCA", lambda report: None)
    reporting = Reporting(
        small_database, journal, calls, lambda: [node], Settings(), lambda: NOW + later
    )
    await _due(small_database)

    async def failed() -> bool:
        return bool((await small_database.read(requests.recent, 5))[0].last_error)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(reporting.run)
        await until(failed)
        nursery.cancel_scope.cancel()
    [known] = await small_database.read(requests.recent, 5)
    assert (known.state, "1" in known.last_error) == (state, True)
    assert [event.kind for event in await journal.latest()] == kinds
