"""The first tables of the room 'worklist'."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


def _id() -> tuple[str, fields.BigIntField]:
    return (
        "id",
        fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True),
    )


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="ItemRow",
            fields=[
                _id(),
                ("identity", fields.CharField(unique=True, max_length=64)),
                ("source", fields.CharField(db_index=True, max_length=63)),
                ("state", fields.CharField(max_length=16)),
                ("start", fields.CharField(max_length=14)),
                ("accession_number", fields.TextField(unique=False)),
                ("step_id", fields.TextField(unique=False)),
                ("study_uid", fields.CharField(db_index=True, max_length=64)),
                ("modality", fields.TextField(unique=False)),
                ("patient_id", fields.TextField(unique=False)),
                ("search", fields.TextField(unique=False)),
                ("data", fields.BinaryField()),
                ("changed", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "worklist_item",
                "app": "worklist",
                "indexes": [Index(fields=["state", "start"]), Index(fields=["start"])],
                "pk_attr": "id",
                "table_description": "A scheduled procedure step.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PerformedRow",
            fields=[
                _id(),
                ("uid", fields.CharField(unique=True, max_length=64)),
                ("state", fields.CharField(max_length=16)),
                ("ae_title", fields.CharField(max_length=16)),
                ("scheduled", fields.BooleanField()),
                ("checked", fields.BooleanField()),
                ("data", fields.BinaryField()),
                ("began", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("changed", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "worklist_performed",
                "app": "worklist",
                "indexes": [
                    Index(fields=["checked", "state", "changed"]),
                    Index(fields=["changed"]),
                ],
                "pk_attr": "id",
                "table_description": "A modality performed procedure step.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PerformedStudyRow",
            fields=[
                _id(),
                ("uid", fields.CharField(db_index=True, max_length=64)),
                ("study_uid", fields.CharField(db_index=True, max_length=64)),
            ],
            options={
                "table": "worklist_performed_study",
                "app": "worklist",
                "pk_attr": "id",
                "table_description": "Which study a performed procedure step belongs to.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="CopyRow",
            fields=[
                (
                    "node",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=63),
                ),
                ("every_seconds", fields.FloatField()),
                ("days", fields.IntField()),
                (
                    "last_at",
                    fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
                ),
                ("items", fields.IntField()),
                ("note", fields.TextField(unique=False)),
            ],
            options={
                "table": "worklist_copy",
                "app": "worklist",
                "pk_attr": "node",
                "table_description": "A worklist of another system that is copied on a schedule.",
            },
            bases=["Model"],
        ),
    ]
