"""The queue's tables, and how orders get into them.

Finished rows stay for some months (see `trimming`): an index that begins with the state keeps
them out of every query's way.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

from tortoise import fields
from tortoise.expressions import F
from tortoise.indexes import Index
from tortoise.models import Model

from appliance import clock
from appliance.transfers.model import ItemState, Order, Proof, Stage

T = TypeVar("T")

# Beyond this a statement has too many parameters for some database.
CHUNK = 500
_LONGEST_NAME = 64
# What still needs somebody or something.
UNSETTLED = (Stage.OPEN, Stage.PARTLY, Stage.FAILED)
FINISHED = (Stage.DONE, Stage.CANCELLED)


class TransferRow(Model):
    """A study on its way to a destination by a rule, its counters follow its items."""

    id = fields.BigIntField(primary_key=True)
    study_uid = fields.CharField(max_length=_LONGEST_NAME)
    destination = fields.CharField(max_length=_LONGEST_NAME)
    rule = fields.CharField(max_length=_LONGEST_NAME)  # empty: by hand
    priority = fields.IntField()
    stage = fields.SmallIntField(default=Stage.OPEN)
    instances = fields.IntField(default=0)
    sent = fields.IntField(default=0)
    set_aside = fields.IntField(default=0)
    cancelled = fields.IntField(default=0)
    failures = fields.IntField(default=0)  # associations that failed with it under way
    last_error = fields.TextField(default="")
    created = fields.DatetimeField()
    closed = fields.DatetimeField(null=True)
    verified = fields.IntField(null=True)  # null: the destination was not asked

    class Meta:
        table = "transfers_transfer"
        indexes = (
            Index(fields=("study_uid", "destination", "rule")),
            Index(fields=("stage", "destination")),
            Index(fields=("stage", "closed")),
        )


class ItemRow(Model):
    """One object of a transfer. What a lease must know stands here, so that it needs no join."""

    id = fields.BigIntField(primary_key=True)
    transfer_id = fields.BigIntField()
    sha256 = fields.CharField(max_length=64)
    # The order it came from, so that the same order again adds nothing; null: by hand.
    once = fields.CharField(max_length=32, null=True, unique=True)
    destination = fields.CharField(max_length=_LONGEST_NAME)
    state = fields.SmallIntField(default=ItemState.WAITING)
    urgency = fields.IntField()  # the priority turned round: the smallest goes first
    window = fields.CharField(max_length=11, default="")
    timed = fields.BooleanField(default=False)
    holder = fields.CharField(max_length=32, default="")  # whose lease it is
    tries = fields.IntField(default=0)
    next_try = fields.DatetimeField(null=True)
    status = fields.IntField(null=True)
    error = fields.TextField(default="")
    sent_at = fields.DatetimeField(null=True)
    proof = fields.SmallIntField(default=Proof.NONE, db_default=0)
    resends = fields.SmallIntField(
        default=0, db_default=0
    )  # because the destination did not keep it

    class Meta:
        table = "transfers_item"
        indexes = (
            Index(fields=("destination", "state", "urgency", "id")),
            Index(fields=("transfer_id", "state")),
        )


class HolderRow(Model):
    """A process that holds leases, they are void once it has not been heard of for a while."""

    holder = fields.CharField(max_length=32, primary_key=True)
    node = fields.CharField(max_length=_LONGEST_NAME)
    until = fields.DatetimeField()

    class Meta:
        table = "transfers_holder"


class DestinationRow(Model):
    """What is kept about a destination, without a row it is neither paused nor parked."""

    name = fields.CharField(max_length=_LONGEST_NAME, primary_key=True)
    paused = fields.BooleanField(default=False)
    parked = fields.TextField(default="")
    parked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "transfers_destination"


async def add_orders(orders: Sequence[Order]) -> int:
    """Queue what the orders ask for and is not queued yet; the number of new items.

    Runs inside the caller's transaction: the same orders again, after a crash, add nothing.
    An order joins the transfer of its study, destination and rule, and opens it again.
    """
    wanted = await _fresh(_unique(orders))
    if not wanted:
        return 0
    transfers = await _transfers([order for order, _ in wanted])
    items = [
        _item(transfers[_key(order)], order, sha256)
        for order, instances in wanted
        for sha256 in instances
    ]
    await ItemRow.bulk_create(items, batch_size=CHUNK)
    await _grow(transfers, wanted)
    return len(items)


def _key(order: Order) -> tuple[str, str, str]:
    return order.study_uid, order.destination, order.rule


def _unique(orders: Iterable[Order]) -> list[Order]:
    """One order for each transfer, each instance in it once, in order."""
    first: dict[tuple[str, str, str], Order] = {}
    instances: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for order in orders:
        first.setdefault(_key(order), order)
        instances[_key(order)].update(dict.fromkeys(order.instances))
    return [replace(one, instances=tuple(instances[key])) for key, one in first.items()]


async def _fresh(orders: Sequence[Order]) -> list[tuple[Order, list[str]]]:
    """The orders with those of their instances that are not queued by them already."""
    known = await _known([_once(one, sha) for one in orders if one.rule for sha in one.instances])
    fresh = [
        (one, [sha for sha in one.instances if _once(one, sha) not in known])
        if one.rule
        else (one, await _not_waiting(one))
        for one in orders
    ]
    return [(order, instances) for order, instances in fresh if instances]


async def _known(names: list[str]) -> set[str]:
    known: set[str] = set()
    for chunk in chunks(names):
        rows = await ItemRow.filter(once__in=chunk).values_list("once")
        known.update(once for (once,) in rows)
    return known


async def _not_waiting(order: Order) -> list[str]:
    """By hand everything goes again, but not twice at the same time."""
    open_ones = await TransferRow.filter(
        study_uid=order.study_uid, destination=order.destination, rule="", stage=Stage.OPEN
    ).values_list("id", flat=True)
    rows = await ItemRow.filter(
        transfer_id__in=list(open_ones), state=ItemState.WAITING
    ).values_list("sha256")
    waiting = {sha256 for (sha256,) in rows}
    return [sha256 for sha256 in order.instances if sha256 not in waiting]


def _once(order: Order, sha256: str) -> str:
    name = "\0".join((*_key(order), sha256))
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


async def _transfers(orders: Sequence[Order]) -> dict[tuple[str, str, str], TransferRow]:
    """The transfer each order joins: of a rule always the same, by hand only an open one."""
    found: dict[tuple[str, str, str], TransferRow] = {}
    for chunk in chunks(sorted({order.study_uid for order in orders})):
        rows = await TransferRow.filter(study_uid__in=chunk).select_for_update().order_by("id")
        found.update(
            ((row.study_uid, row.destination, row.rule), row)
            for row in rows
            if row.stage == Stage.OPEN or (row.rule and row.stage != Stage.CANCELLED)
        )
    for order in orders:
        if _key(order) not in found:
            found[_key(order)] = await _new_transfer(order)
    return found


async def _new_transfer(order: Order) -> TransferRow:
    return await TransferRow.create(
        study_uid=order.study_uid,
        destination=order.destination,
        rule=order.rule,
        priority=order.priority,
        created=clock.now(),
    )


def _item(transfer: TransferRow, order: Order, sha256: str) -> ItemRow:
    return ItemRow(
        transfer_id=transfer.id,
        sha256=sha256,
        once=_once(order, sha256) if order.rule else None,
        destination=order.destination,
        urgency=-order.priority,
        window=order.window,
        timed=order.timed,
    )


async def _grow(
    transfers: dict[tuple[str, str, str], TransferRow],
    wanted: Sequence[tuple[Order, list[str]]],
) -> None:
    """Count the new items; transfers that grow alike share a statement."""
    alike: dict[int, list[int]] = defaultdict(list)
    for order, instances in wanted:
        alike[len(instances)].append(transfers[_key(order)].id)
    for count, ids in alike.items():
        for chunk in chunks(ids):
            await TransferRow.filter(id__in=chunk).update(
                instances=F("instances") + count, stage=Stage.OPEN, closed=None
            )


def chunks(values: Sequence[T]) -> Iterable[Sequence[T]]:
    """The values in parts that fit into one statement."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
