"""Asking another system for its worklist: here, another one of ours."""

from __future__ import annotations

from datetime import datetime

import pytest

from appliance.database.door import Database
from appliance.network.services import Dialogue, Provider
from appliance.network.settings import Remote
from appliance.worklist import items
from appliance.worklist.attributes import item_of
from appliance.worklist.copying import CopyFailed, days, fetch, question
from tests.appliance.network.reception import receiving
from tests.appliance.worklist.schedule import JANE, NOON, YAMADA, Surroundings, told


async def test_everything_of_these_days_comes(around: Surroundings, database: Database) -> None:
    await database.run(items.keep, [told(JANE), told(YAMADA)], "file", NOON)
    async with receiving(providers=around.worklist.providers) as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "US")
        found = await fetch(remote, "20261130", "20261201")
        assert [item_of(one) for one in found] == [JANE, YAMADA]
        assert len(await fetch(remote, "20261201", "20261201")) == 1


async def test_a_failure_is_told_in_words(around: Surroundings) -> None:
    async def refuse(dialogue: Dialogue) -> None:
        await dialogue.answer(0xA700, "no disk")

    [finding, _] = around.worklist.providers
    refusing = Provider("worklist", finding.sop_classes, finding.operations, refuse)
    async with receiving(providers=[refusing]) as reception:
        remote = Remote("ARCA", "127.0.0.1", reception.port, "US")
        with pytest.raises(CopyFailed, match=r"out of resources \(A700H\) no disk"):
            await fetch(remote, "20261130", "20261201")


def test_the_days_to_ask_for() -> None:
    assert days(datetime(2026, 12, 31, 9), 1) == ("20261231", "20270101")
    step = question("20261231", "20270101").ScheduledProcedureStepSequence[0]
    assert step.ScheduledProcedureStepStartDate == "20261231-20270101"
