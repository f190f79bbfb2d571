"""The first tables of the room 'journal'."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="BeatRow",
            fields=[
                (
                    "id",
                    fields.IntField(generated=False, primary_key=True, unique=True, db_index=True),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "journal_beat",
                "app": "journal",
                "pk_attr": "id",
                "table_description": "When we were last known to be alive (one row).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="EventRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("time", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("kind", fields.CharField(max_length=64)),
                ("severity", fields.CharField(max_length=8)),
                ("subject", fields.CharField(max_length=255)),
                ("text", fields.TextField(unique=False)),
                (
                    "details",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
            ],
            options={
                "table": "journal_event",
                "app": "journal",
                "indexes": [Index(fields=["kind", "id"]), Index(fields=["severity", "id"])],
                "pk_attr": "id",
                "table_description": "One event. Rows are added, never changed.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MonthRow",
            fields=[
                (
                    "month",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=7),
                ),
                ("up_seconds", fields.FloatField(default=0.0)),
                ("down_seconds", fields.FloatField(default=0.0)),
            ],
            options={
                "table": "journal_month",
                "app": "journal",
                "pk_attr": "month",
                "table_description": "Seconds up and down in a month.",
            },
            bases=["Model"],
        ),
    ]
