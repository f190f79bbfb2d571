"""Rules are kept, and apply at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from appliance.archive.model import IndexedInstance, Patient, Study
from appliance.database.door import Database
from appliance.errors import BadRequest, NameTaken, UnknownName
from appliance.nodes.model import Node
from appliance.nodes.window import Window
from appliance.routing import records
from appliance.routing.model import Rule
from appliance.routing.service import Routing

Image = Callable[..., IndexedInstance]
NODES = {"pacs": Node("pacs", "PACS", "10.0.0.1", 104)}
STUDY = Study("1.2.3", Patient(), complete=True)
ALL = Rule("all", "true", "pacs")
FULL = Rule(
    "night",
    "Modality == 'CT'",
    "pacs",
    "study",
    7,
    Window.parse("22:00-06:00"),
    back_to_source=True,
    enabled=False,
)


def _routing(database: Database) -> Routing:
    return Routing(database, NODES.get, lambda: datetime(2024, 1, 15, 12, tzinfo=UTC))


@pytest.fixture
async def routing(database: Database) -> Routing:
    routing = _routing(database)
    await routing.load()
    return routing


async def test_rules_are_kept(routing: Routing, database: Database) -> None:
    await routing.add(FULL)
    await routing.add(ALL)
    again = _routing(database)
    await again.load()
    assert again.list() == [ALL, FULL]
    assert again.rules_to("pacs") == ["all", "night"]


async def test_they_apply_at_once(routing: Routing, image: Image) -> None:
    assert routing.plan([image()]) == ()
    await routing.add(ALL)
    assert len(routing.plan([image()])) == 1
    await routing.change(replace(ALL, enabled=False))
    assert routing.plan([image()]) == ()
    await routing.remove("all")
    assert routing.list() == []


async def test_rules_per_study(routing: Routing, image: Image) -> None:
    assert not routing.wants_studies()
    await routing.add(replace(FULL, enabled=True))
    assert routing.wants_studies()
    assert routing.plan([image()]) == ()
    [order] = routing.plan_study(STUDY, [image()])
    assert (order.rule, order.priority, order.window) == ("night", 7, "22:00-06:00")


async def test_what_is_wrong_is_refused(routing: Routing) -> None:
    with pytest.raises(BadRequest, match="did you mean Modality"):
        await routing.add(replace(ALL, when="Modalty == 'CT'"))
    with pytest.raises(UnknownName, match="nowhere"):
        await routing.add(replace(ALL, to="nowhere"))
    await routing.add(ALL)
    with pytest.raises(NameTaken):
        await routing.add(ALL)
    with pytest.raises(UnknownName, match="there are: all"):
        await routing.remove("none")
    with pytest.raises(UnknownName):
        await routing.change(FULL)


async def test_a_rule_that_fails_is_noted(routing: Routing, image: Image) -> None:
    await routing.add(replace(ALL, when="SliceThickness > 1.0"))
    assert routing.note("all") == ""
    assert routing.plan([image(SliceThickness=None)]) == ()
    assert "there is no SliceThickness" in routing.note("all")


async def test_a_rule_that_no_longer_compiles_rests(database: Database, image: Image) -> None:
    await database.run(records.keep, replace(ALL, name="old", when="Gone == 1"))
    await database.run(records.keep, ALL)
    routing = _routing(database)
    await routing.load()
    assert len(routing.plan([image()])) == 1
    assert "'Gone' is not known" in routing.note("old")
    explained = {one.rule: one.why for one in routing.explain(STUDY, [image()])}
    assert "it is not applied" in explained["old"]


async def test_a_draft_can_be_tried(routing: Routing, image: Image) -> None:
    [found] = routing.explain(STUDY, [image()], when="Modality == 'MR'")
    assert (found.matched, found.why) == (0, "Modality == 'MR' is false (Modality is 'CT')")
    [found] = routing.explain(STUDY, [image()], when="study.uid == '1.2.3'", per="study")
    assert found.matched == 1
    with pytest.raises(BadRequest):
        routing.explain(STUDY, [], when="nonsense")
