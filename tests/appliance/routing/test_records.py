"""Rules in their table."""

from __future__ import annotations

from dataclasses import replace

from appliance.database.door import Database
from appliance.nodes.window import Window
from appliance.routing import records
from appliance.routing.model import Rule

RULE = Rule("night", "true", "pacs", "study", -5, Window.parse("22:00-06:00"), True, False)


async def test_a_rule_comes_back_as_it_was(database: Database) -> None:
    await database.run(records.keep, RULE)
    await database.run(records.keep, Rule("all", "x" * 2000, "pacs"))
    assert await database.read(records.rules) == [Rule("all", "x" * 2000, "pacs"), RULE]


async def test_a_rule_is_replaced_and_forgotten(database: Database) -> None:
    await database.run(records.keep, RULE)
    await database.run(records.keep, replace(RULE, when="false", window=None))
    assert await database.read(records.rules) == [replace(RULE, when="false", window=None)]
    await database.run(records.remove, "night")
    assert await database.read(records.rules) == []
