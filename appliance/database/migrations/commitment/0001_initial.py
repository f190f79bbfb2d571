"""The first tables of the room 'commitment'."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="InquiryRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("transaction_uid", fields.CharField(max_length=64)),
                ("transfer_id", fields.BigIntField()),
                ("study_uid", fields.CharField(max_length=64)),
                ("node", fields.CharField(max_length=63)),
                ("created", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("listed", fields.BinaryField()),
                ("items", fields.BinaryField()),
                ("total", fields.IntField(default=0)),
                ("failed", fields.IntField(default=0)),
                ("step", fields.SmallIntField(default=0)),
                ("tries", fields.IntField(default=0)),
                ("next_try", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.TextField(default="", unique=False)),
                ("closed", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "commitment_inquiry",
                "app": "commitment",
                "indexes": [Index(fields=["transaction_uid"]), Index(fields=["step", "next_try"])],
                "pk_attr": "id",
                "table_description": "A request of ours to a node, and how far it is.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="RequestRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("transaction_uid", fields.CharField(max_length=64)),
                ("calling_ae_title", fields.CharField(max_length=16)),
                ("called_ae_title", fields.CharField(max_length=16)),
                ("host", fields.CharField(max_length=253)),
                ("received", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("content", fields.CharField(max_length=64)),
                ("listed", fields.BinaryField()),
                ("reasons", fields.BinaryField()),
                ("total", fields.IntField()),
                ("failed", fields.IntField(default=0)),
                ("stage", fields.SmallIntField(default=0)),
                ("tries", fields.IntField(default=0)),
                ("next_try", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.TextField(default="", unique=False)),
                ("closed", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "commitment_request",
                "app": "commitment",
                "indexes": [Index(fields=["transaction_uid"]), Index(fields=["stage", "next_try"])],
                "pk_attr": "id",
                "table_description": "A request of somebody, and how far it is.",
            },
            bases=["Model"],
        ),
    ]
