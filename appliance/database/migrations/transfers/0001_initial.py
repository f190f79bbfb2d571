"""The first tables of the room 'transfers'."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="DestinationRow",
            fields=[
                (
                    "name",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("paused", fields.BooleanField(default=False)),
                ("parked", fields.TextField(default="", unique=False)),
                ("parked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfers_destination",
                "app": "transfers",
                "pk_attr": "name",
                "table_description": "What is kept about a destination, without a row it is neither paused nor parked.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="HolderRow",
            fields=[
                (
                    "holder",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=32),
                ),
                ("node", fields.CharField(max_length=64)),
                ("until", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfers_holder",
                "app": "transfers",
                "pk_attr": "holder",
                "table_description": "A process that holds leases, they are void once it has not been heard of for a while.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ItemRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("transfer_id", fields.BigIntField()),
                ("sha256", fields.CharField(max_length=64)),
                ("once", fields.CharField(null=True, unique=True, max_length=32)),
                ("destination", fields.CharField(max_length=64)),
                ("state", fields.SmallIntField(default=0)),
                ("urgency", fields.IntField()),
                ("window", fields.CharField(default="", max_length=11)),
                ("timed", fields.BooleanField(default=False)),
                ("holder", fields.CharField(default="", max_length=32)),
                ("tries", fields.IntField(default=0)),
                ("next_try", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("status", fields.IntField(null=True)),
                ("error", fields.TextField(default="", unique=False)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfers_item",
                "app": "transfers",
                "indexes": [
                    Index(fields=["destination", "state", "urgency", "id"]),
                    Index(fields=["transfer_id", "state"]),
                ],
                "pk_attr": "id",
                "table_description": "One object of a transfer. What a lease must know stands here, so that it needs no join.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="TransferRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("study_uid", fields.CharField(max_length=64)),
                ("destination", fields.CharField(max_length=64)),
                ("rule", fields.CharField(max_length=64)),
                ("priority", fields.IntField()),
                ("stage", fields.SmallIntField(default=0)),
                ("instances", fields.IntField(default=0)),
                ("sent", fields.IntField(default=0)),
                ("set_aside", fields.IntField(default=0)),
                ("cancelled", fields.IntField(default=0)),
                ("failures", fields.IntField(default=0)),
                ("last_error", fields.TextField(default="", unique=False)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "transfers_transfer",
                "app": "transfers",
                "indexes": [
                    Index(fields=["study_uid", "destination", "rule"]),
                    Index(fields=["stage", "destination"]),
                ],
                "pk_attr": "id",
                "table_description": "A study on its way to a destination by a rule, its counters follow its items.",
            },
            bases=["Model"],
        ),
    ]
