from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from appliance.commitment import requests
from appliance.commitment.model import Request
from appliance.commitment.packing import pack
from appliance.commitment.requests import Kept
from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.network.services import Caller
from tests.appliance.commitment.house import request

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CT1 = Caller("CT1 ", "ARCA", "10.0.0.7", 50000)


async def _keep(database: Database, one: Request, caller: Caller = CT1) -> tuple[Kept, int]:
    packed = pack(one.references)
    return await database.run(requests.keep, one, packed, one.content, caller, NOW)


async def test_from_the_request_to_its_report(database: Database) -> None:
    long, short = request("2.25.1", "1.1", "1.2"), request("2.25.2", "1.3")
    kept, first = await _keep(database, long)
    _, second = await _keep(database, short)
    assert kept is Kept.NEW
    assert await database.read(requests.to_verify, [], 5) == [second, first]
    assert await database.read(requests.to_verify, [second], 5) == [first]
    asked = await database.read(requests.load, first)
    assert asked is not None
    assert (asked.request, asked.calling_ae_title, asked.reasons) == (long, "CT1", ())
    await database.run(requests.note_reasons, replace(asked, reasons=(0,)), NOW)
    assert await database.read(requests.to_report, NOW, 5) == []
    await database.run(requests.note_reasons, replace(asked, reasons=(0, 0x0112)), NOW)
    assert await database.read(requests.to_report, NOW, 5) == [(first, "CT1")]
    again = await database.read(requests.load, first)
    assert again is not None
    assert again.reasons == (0, 0x0112)
    await database.run(requests.reported, first, NOW)
    assert await database.read(requests.to_report, NOW, 5) == []
    shown = {one.transaction_uid: one for one in await database.read(requests.recent, 5)}
    assert (shown["2.25.1"].state, shown["2.25.1"].failed) == ("reported", 1)
    assert shown["2.25.2"].state == "verifying"
    await database.run(requests.forget_old, NOW + timedelta(days=8))
    assert [one.transaction_uid for one in await database.read(requests.recent, 5)] == ["2.25.2"]


async def test_a_failed_try_waits_or_was_the_last(database: Database) -> None:
    _, number = await _keep(database, request("2.25.1", "1.1"))
    asked = await database.read(requests.load, number)
    assert asked is not None
    await database.run(requests.note_reasons, replace(asked, reasons=(0,)), NOW)
    later = NOW + timedelta(minutes=1)
    await database.run(requests.not_reported, number, "refused", later, NOW)
    assert await database.read(requests.to_report, NOW, 5) == []
    await database.run(requests.hurry, "CT1", NOW)
    assert await database.read(requests.to_report, NOW, 5) == [(number, "CT1")]
    await database.run(requests.not_reported, number, "refused", None, NOW)
    [shown] = await database.read(requests.recent, 5)
    assert (shown.state, shown.last_error) == ("not taken", "refused")


async def test_a_transaction_uid_means_one_thing(database: Database) -> None:
    kept, first = await _keep(database, request("2.25.1", "1.1"))
    assert await _keep(database, request("2.25.1", "1.1")) == (Kept.AGAIN, first)
    other, second = await _keep(database, request("2.25.1", "1.2"))
    assert (kept, other) == (Kept.NEW, Kept.CLASH)
    stranger, _ = await _keep(
        database, request("2.25.1", "1.1"), replace(CT1, calling_ae_title="X")
    )
    assert stranger is Kept.CLASH
    asked = await database.read(requests.load, second)
    assert asked is not None
    assert asked.reasons == (statuses.DUPLICATE_TRANSACTION,)


async def test_too_much_at_once_is_not_kept(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "MOST_OPEN", 2)
    await _keep(database, request("2.25.1", "1.1"))
    assert await _keep(database, request("2.25.2", "1.1", "1.2")) == (Kept.FULL, 0)
    assert (await _keep(database, request("2.25.3", "1.2")))[0] is Kept.NEW
