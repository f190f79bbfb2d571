"""The first tables of the room 'nodes'."""

import functools
from json import dumps, loads

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="NodeRow",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=63),
                ),
                ("ae_title", fields.CharField(max_length=16)),
                ("host", fields.CharField(max_length=253)),
                ("port", fields.IntField()),
                ("calling_ae_title", fields.CharField(max_length=16)),
                (
                    "transfer_syntaxes",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
                ("max_associations", fields.IntField()),
                ("batch_size", fields.IntField()),
                ("bandwidth", fields.BigIntField(null=True)),
                ("window", fields.CharField(max_length=11)),
                ("connect_seconds", fields.FloatField()),
                ("answer_seconds", fields.FloatField()),
            ],
            options={
                "table": "nodes_node",
                "app": "nodes",
                "pk_attr": "name",
                "table_description": "A node.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ReportRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("peer", fields.CharField(max_length=253)),
                ("calling_ae_title", fields.CharField(max_length=16)),
                ("called_ae_title", fields.CharField(max_length=16)),
                ("direction", fields.CharField(max_length=3)),
                ("began", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("seconds", fields.FloatField()),
                ("outcome", fields.CharField(max_length=16)),
                ("objects", fields.IntField()),
                ("bytes", fields.BigIntField()),
                ("diagnosis", fields.TextField(unique=False)),
            ],
            options={
                "table": "nodes_report",
                "app": "nodes",
                "indexes": [Index(fields=["peer", "id"])],
                "pk_attr": "id",
                "table_description": "How an association went, the last ones of each peer.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StrangerRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("calling_ae_title", fields.CharField(max_length=16)),
                ("host", fields.CharField(max_length=253)),
                ("called_ae_title", fields.CharField(max_length=16)),
                ("first_call", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_call", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("calls", fields.IntField()),
                (
                    "proposed",
                    fields.JSONField(
                        encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads
                    ),
                ),
            ],
            options={
                "table": "nodes_stranger",
                "app": "nodes",
                "unique_together": (("calling_ae_title", "host"),),
                "indexes": [Index(fields=["last_call"])],
                "pk_attr": "id",
                "table_description": "A caller that is no node.",
            },
            bases=["Model"],
        ),
    ]
