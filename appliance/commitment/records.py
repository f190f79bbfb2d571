"""The tables of commitment: what others ask of us, and what we ask of them."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from appliance.commitment.model import Stage, Step


class RequestRow(Model):
    """A request of somebody, and how far it is."""

    id = fields.BigIntField(primary_key=True)
    transaction_uid = fields.CharField(max_length=64)
    calling_ae_title = fields.CharField(max_length=16)
    called_ae_title = fields.CharField(max_length=16)
    host = fields.CharField(max_length=253)
    received = fields.DatetimeField()
    content = fields.CharField(max_length=64)  # a digest of the list
    listed = fields.BinaryField()
    reasons = fields.BinaryField()
    total = fields.IntField()
    failed = fields.IntField(default=0)
    stage = fields.SmallIntField(default=Stage.VERIFYING)
    tries = fields.IntField(default=0)
    next_try = fields.DatetimeField(null=True)
    last_error = fields.TextField(default="")
    closed = fields.DatetimeField(null=True)

    class Meta:
        table = "commitment_request"
        indexes = (Index(fields=("transaction_uid",)), Index(fields=("stage", "next_try")))


class InquiryRow(Model):
    """A request of ours to a node, and how far it is."""

    id = fields.BigIntField(primary_key=True)
    transaction_uid = fields.CharField(max_length=64)
    transfer_id = fields.BigIntField()
    study_uid = fields.CharField(max_length=64)
    node = fields.CharField(max_length=63)
    created = fields.DatetimeField()
    listed = fields.BinaryField()
    items = fields.BinaryField()
    total = fields.IntField(default=0)
    failed = fields.IntField(default=0)
    step = fields.SmallIntField(default=Step.NEW)
    tries = fields.IntField(default=0)
    next_try = fields.DatetimeField(null=True)
    last_error = fields.TextField(default="")
    closed = fields.DatetimeField(null=True)

    class Meta:
        table = "commitment_inquiry"
        indexes = (Index(fields=("transaction_uid",)), Index(fields=("step", "next_try")))
