"""The first tables of the room 'archive'."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="CursorRow",
            fields=[
                (
                    "unit",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("sequence", fields.BigIntField()),
                ("silent_to", fields.BigIntField()),
                ("studies", fields.BigIntField(default=0)),
                ("instances", fields.BigIntField(default=0)),
            ],
            options={
                "table": "archive_cursor",
                "app": "archive",
                "pk_attr": "unit",
                "table_description": "How far a storage unit's ledger is indexed, written with the rows it stands for.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="OpenRow",
            fields=[
                (
                    "study_uid",
                    fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64),
                ),
                ("planned_to", fields.BigIntField()),
            ],
            options={
                "table": "archive_open",
                "app": "archive",
                "pk_attr": "study_uid",
                "table_description": "A study that was incomplete when a rebuild began, and what its rules had seen.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="PatientRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("patient_id", fields.CharField(max_length=64)),
                ("issuer", fields.CharField(max_length=64)),
                ("name", fields.CharField(max_length=255)),
                ("name_raw", fields.BinaryField()),
                ("name_folded", fields.CharField(max_length=255)),
                ("birth_date", fields.CharField(max_length=8)),
                ("sex", fields.CharField(max_length=16)),
            ],
            options={
                "table": "archive_patient",
                "app": "archive",
                "indexes": [Index(fields=["patient_id", "issuer"]), Index(fields=["name_folded"])],
                "pk_attr": "id",
                "table_description": "One person, as far as we dare to say that two studies are of one.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="StudyRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                ("study_uid", fields.CharField(unique=True, max_length=64)),
                (
                    "person",
                    fields.ForeignKeyField(
                        "archive.PatientRow",
                        source_field="person_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="studies",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("study_date", fields.CharField(max_length=8)),
                ("study_time", fields.CharField(max_length=16)),
                ("accession_number", fields.CharField(max_length=64)),
                ("study_id", fields.CharField(max_length=64)),
                ("description", fields.CharField(max_length=255)),
                ("description_folded", fields.CharField(max_length=255)),
                ("referring_physician", fields.CharField(max_length=255)),
                ("referring_folded", fields.CharField(max_length=255)),
                ("institution", fields.CharField(max_length=255)),
                ("modalities", fields.CharField(max_length=255)),
                ("series", fields.IntField(default=0)),
                ("instances", fields.IntField(default=0)),
                ("size", fields.BigIntField(default=0)),
                ("source", fields.CharField(max_length=64)),
                ("first_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("complete", fields.BooleanField(default=False)),
                ("conflict", fields.BooleanField(default=False)),
                ("planned_to", fields.BigIntField(default=0)),
            ],
            options={
                "table": "archive_study",
                "app": "archive",
                "indexes": [
                    Index(fields=["person_id"]),
                    Index(fields=["study_date", "study_time"]),
                    Index(fields=["accession_number"]),
                    Index(fields=["referring_folded"]),
                    Index(fields=["complete", "last_at"]),
                    Index(fields=["last_at"]),
                ],
                "pk_attr": "id",
                "table_description": "A study with its sums.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SeriesRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "study",
                    fields.ForeignKeyField(
                        "archive.StudyRow",
                        source_field="study_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="parts",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("series_uid", fields.CharField(max_length=64)),
                ("modality", fields.CharField(max_length=16)),
                ("number", fields.IntField(null=True)),
                ("date", fields.CharField(max_length=8)),
                ("time", fields.CharField(max_length=16)),
                ("description", fields.CharField(max_length=255)),
                ("body_part", fields.CharField(max_length=64)),
                ("station", fields.CharField(max_length=64)),
                ("manufacturer", fields.CharField(max_length=255)),
            ],
            options={
                "table": "archive_series",
                "app": "archive",
                "unique_together": (("study_id", "series_uid"),),
                "indexes": [Index(fields=["series_uid"]), Index(fields=["modality"])],
                "pk_attr": "id",
                "table_description": "A series of a study.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="InstanceRow",
            fields=[
                (
                    "id",
                    fields.BigIntField(
                        generated=True, primary_key=True, unique=True, db_index=True
                    ),
                ),
                (
                    "series",
                    fields.ForeignKeyField(
                        "archive.SeriesRow",
                        source_field="series_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="members",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sha256", fields.CharField(unique=True, max_length=64)),
                ("sop_instance_uid", fields.CharField(max_length=64)),
                ("sop_class_uid", fields.CharField(max_length=64)),
                ("transfer_syntax_uid", fields.CharField(max_length=64)),
                ("size", fields.BigIntField()),
                ("sequence", fields.BigIntField()),
                ("number", fields.IntField(null=True)),
                ("rows", fields.IntField(null=True)),
                ("columns", fields.IntField(null=True)),
                ("frames", fields.IntField(null=True)),
                ("bits", fields.IntField(null=True)),
                ("stored_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("readable", fields.BooleanField(default=True)),
            ],
            options={
                "table": "archive_instance",
                "app": "archive",
                "indexes": [Index(fields=["series_id"]), Index(fields=["sop_instance_uid"])],
                "pk_attr": "id",
                "table_description": "A stored object. Conflicting objects share a SOP Instance UID: it is not unique.",
            },
            bases=["Model"],
        ),
    ]
