"""The table of rules."""

from __future__ import annotations

from typing import cast

from tortoise import fields
from tortoise.models import Model

from appliance.database.schema import transaction
from appliance.nodes.window import Window
from appliance.routing.model import Per, Rule


class RuleRow(Model):
    """A rule."""

    name = fields.CharField(max_length=63, primary_key=True)
    when = fields.TextField(source_field="condition")
    to = fields.CharField(max_length=63, source_field="destination", db_index=True)
    per = fields.CharField(max_length=8)
    priority = fields.IntField()
    window = fields.CharField(max_length=11)
    back_to_source = fields.BooleanField()
    enabled = fields.BooleanField()

    class Meta:
        table = "routing_rule"


async def rules() -> list[Rule]:
    """All rules by name."""
    return [_rule(row) for row in await RuleRow.all().order_by("name")]


def _rule(row: RuleRow) -> Rule:
    return Rule(
        name=row.name,
        when=row.when,
        to=row.to,
        per=cast("Per", row.per),
        priority=row.priority,
        window=Window.parse(row.window) if row.window else None,
        back_to_source=row.back_to_source,
        enabled=row.enabled,
    )


async def keep(rule: Rule) -> None:
    """Add a rule, or replace the one of its name."""
    values = {
        name: getattr(rule, name) for name in Rule.__slots__ if name not in {"name", "window"}
    }
    values["window"] = str(rule.window or "")
    async with transaction():
        await RuleRow.update_or_create(values, name=rule.name)


async def remove(name: str) -> None:
    async with transaction():
        await RuleRow.filter(name=name).delete()
