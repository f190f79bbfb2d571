"""The tables of the worklist: items, performed procedure steps, copies."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model


class ItemRow(Model):
    """A scheduled procedure step."""

    id = fields.BigIntField(primary_key=True)
    identity = fields.CharField(max_length=64, unique=True)
    source = fields.CharField(max_length=63, db_index=True)
    state = fields.CharField(max_length=16)
    start = fields.CharField(max_length=14)
    accession_number = fields.TextField()
    step_id = fields.TextField()
    study_uid = fields.CharField(max_length=64, db_index=True)
    modality = fields.TextField()
    patient_id = fields.TextField()
    search = fields.TextField()
    data: Any = fields.BinaryField()
    changed = fields.DatetimeField()

    class Meta:
        table = "worklist_item"
        indexes = (Index(fields=("state", "start")), Index(fields=("start",)))


class PerformedRow(Model):
    """A modality performed procedure step."""

    id = fields.BigIntField(primary_key=True)
    uid = fields.CharField(max_length=64, unique=True)
    state = fields.CharField(max_length=16)
    ae_title = fields.CharField(max_length=16)
    scheduled = fields.BooleanField()
    checked = fields.BooleanField()
    data: Any = fields.BinaryField()
    began = fields.DatetimeField()
    changed = fields.DatetimeField()

    class Meta:
        table = "worklist_performed"
        indexes = (Index(fields=("checked", "state", "changed")), Index(fields=("changed",)))


class PerformedStudyRow(Model):
    """Which study a performed procedure step belongs to."""

    id = fields.BigIntField(primary_key=True)
    uid = fields.CharField(max_length=64, db_index=True)
    study_uid = fields.CharField(max_length=64, db_index=True)

    class Meta:
        table = "worklist_performed_study"


class CopyRow(Model):
    """A worklist of another system that is copied on a schedule."""

    node = fields.CharField(max_length=63, primary_key=True)
    every_seconds = fields.FloatField()
    days = fields.IntField()
    last_at = fields.DatetimeField(null=True)
    items = fields.IntField()
    note = fields.TextField()

    class Meta:
        table = "worklist_copy"
