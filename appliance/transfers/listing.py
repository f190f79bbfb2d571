"""Units of work of those who look at the queue, and of those who steer it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import F, Q
from tortoise.functions import Count, Min

from appliance.database.schema import transaction
from appliance.transfers.leases import close
from appliance.transfers.model import Item, ItemState, Order, Stage, Standing, Transfer, shown
from appliance.transfers.records import (
    DestinationRow,
    HolderRow,
    ItemRow,
    TransferRow,
    add_orders,
    chunks,
)

_UNSETTLED = (Stage.OPEN, Stage.PARTLY, Stage.FAILED)


@dataclass(frozen=True, slots=True)
class _Progress:
    """What the waiting items of a transfer say."""

    held: int = 0
    put_off: bool = False  # all of them wait for a later time
    next_try: datetime | None = None


async def queue(
    standings: Mapping[str, Standing], settled: int, now: datetime, destination: str = ""
) -> list[Transfer]:
    """All transfers that need somebody or something, and the last settled ones; newest first."""
    wanted = TransferRow.filter(destination=destination) if destination else TransferRow.all()
    rows = await wanted.filter(stage__in=_UNSETTLED).order_by("-id")
    rows += await wanted.filter(stage__not_in=_UNSETTLED).order_by("-id").limit(settled)
    progress = await _progress([row.id for row in rows if row.stage == Stage.OPEN], now)
    return [_transfer(row, standings, progress) for row in sorted(rows, key=lambda one: -one.id)]


async def transfer(id: int, standings: Mapping[str, Standing], now: datetime) -> Transfer | None:  # noqa: A002
    """One transfer; None when there is none of that number."""
    row = await TransferRow.get_or_none(id=id)
    if row is None:
        return None
    return _transfer(row, standings, await _progress([row.id], now))


async def newest(order: Order) -> int | None:
    """The number of the newest transfer of an order's study, destination and rule."""
    row = (
        await TransferRow.filter(
            study_uid=order.study_uid, destination=order.destination, rule=order.rule
        )
        .order_by("-id")
        .first()
    )
    return row.id if row else None


async def _progress(transfers: Sequence[int], now: datetime) -> dict[int, _Progress]:
    found: dict[int, _Progress] = {}
    living = [one for (one,) in await HolderRow.filter(until__gte=now).values_list("holder")]
    for chunk in chunks(transfers):
        rows = (
            await ItemRow.filter(transfer_id__in=chunk, state=ItemState.WAITING)
            .annotate(
                waiting=Count("id"),
                later=Count("id", _filter=Q(next_try__gt=now)),
                held=Count("id", _filter=Q(holder__in=living or ["-"])),
                first=Min("next_try"),
            )
            .group_by("transfer_id")
            .values("transfer_id", "waiting", "later", "held", "first")
        )
        found.update((row["transfer_id"], _read(row)) for row in rows)
    return found


def _read(row: dict[str, Any]) -> _Progress:
    put_off = row["later"] == row["waiting"]
    return _Progress(row["held"], put_off, _moment(row["first"]) if put_off else None)


def _moment(value: datetime | str | None) -> datetime | None:
    """SQLite gives the result of an aggregate as the text that is stored."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _transfer(
    row: TransferRow, standings: Mapping[str, Standing], progress: Mapping[int, _Progress]
) -> Transfer:
    standing = standings.get(row.destination) or Standing(row.destination)
    items, stage = progress.get(row.id, _Progress()), Stage(row.stage)
    tries = [one for one in (items.next_try, standing.next_try) if one is not None]
    open_ = stage is Stage.OPEN
    return Transfer(
        id=row.id,
        study_uid=row.study_uid,
        destination=row.destination,
        rule=row.rule,
        priority=row.priority,
        state=shown(stage, standing, running=items.held > 0, put_off=items.put_off),
        instances=row.instances,
        sent=row.sent,
        set_aside=row.set_aside,
        attempts=row.failures + int(row.sent + row.set_aside > 0),
        next_try=max(tries) if open_ and tries else None,
        last_error=(open_ and (standing.parked or standing.trouble)) or row.last_error,
        created=row.created,
        closed=row.closed,
    )


async def items(transfer_id: int, limit: int) -> list[Item]:
    """The items of a transfer, those that need somebody first."""
    rows = await ItemRow.filter(transfer_id=transfer_id).order_by("id").limit(limit)
    found = [
        Item(row.sha256, ItemState(row.state), row.tries, row.status, row.error, row.sent_at)
        for row in rows
    ]
    return sorted(found, key=lambda one: one.state is not ItemState.SET_ASIDE)


async def destinations() -> list[Standing]:
    """What is kept about destinations."""
    return [Standing(row.name, row.paused, row.parked) for row in await DestinationRow.all()]


async def waiting() -> dict[str, int]:
    """How many objects wait for each destination; by the counters, not by the items."""
    rows = await TransferRow.filter(stage=Stage.OPEN).only(
        "id", "destination", "instances", "sent", "set_aside", "cancelled"
    )
    found: dict[str, int] = {}
    for row in rows:
        left = row.instances - row.sent - row.set_aside - row.cancelled
        found[row.destination] = found.get(row.destination, 0) + left
    return found


async def set_aside() -> int:
    """How many objects a person must look at."""
    rows = await TransferRow.filter(stage__in=_UNSETTLED, set_aside__gt=0).values_list("set_aside")
    return sum(count for (count,) in rows)


async def open_transfers(destination: str) -> int:
    return await TransferRow.filter(stage=Stage.OPEN, destination=destination).count()


async def set_paused(destination: str, paused: bool) -> None:  # noqa: FBT001
    async with transaction():
        await DestinationRow.update_or_create({"paused": paused}, name=destination)


async def set_parked(destination: str, why: str, now: datetime | None) -> None:
    """Park a destination, or take it back with an empty reason."""
    async with transaction():
        await DestinationRow.update_or_create(
            {"parked": why, "parked_at": now if why else None}, name=destination
        )


async def retry(ids: Sequence[int] | None) -> set[str]:
    """Try transfers now (None: all that are not settled); the destinations they go to.

    What was put off waits no longer, what was set aside waits again, what was cancelled too
    when it is asked for by number.
    """
    async with transaction():
        query = TransferRow.filter(stage__in=_UNSETTLED)
        if ids is not None:
            query = TransferRow.filter(id__in=list(ids)).filter(stage__not=Stage.DONE)
        rows = await query.select_for_update()
        for chunk in chunks([row.id for row in rows]):
            await _wake(chunk, again=(ItemState.SET_ASIDE, ItemState.CANCELLED))
    return {row.destination for row in rows}


async def resend(id: int) -> set[str]:  # noqa: A002
    """Send everything of a transfer once more; where it goes."""
    async with transaction():
        row = await TransferRow.filter(id=id).select_for_update().first()
        if row is None:
            return set()
        await ItemRow.filter(transfer_id=id).update(
            state=ItemState.WAITING, next_try=None, tries=0, timed=False, error=""
        )
        await TransferRow.filter(id=id).update(
            stage=Stage.OPEN, closed=None, sent=0, set_aside=0, cancelled=0, last_error=""
        )
    return {row.destination}


async def _wake(transfers: Sequence[int], again: Sequence[ItemState]) -> None:
    of = ItemRow.filter(transfer_id__in=transfers)
    await of.filter(state=ItemState.WAITING).update(next_try=None)
    await of.filter(state__in=again).update(
        state=ItemState.WAITING, next_try=None, tries=0, timed=False
    )
    await TransferRow.filter(id__in=transfers).update(
        stage=Stage.OPEN, closed=None, set_aside=0, cancelled=0
    )


async def cancel(id: int, now: datetime) -> int:  # noqa: A002
    """Give up what of a transfer was not sent yet; how many objects that is."""
    async with transaction():
        row = await TransferRow.filter(id=id).select_for_update().first()
        if row is None:
            return 0
        count = await ItemRow.filter(transfer_id=id, state=ItemState.WAITING).update(
            state=ItemState.CANCELLED, holder=""
        )
        await TransferRow.filter(id=id).update(cancelled=F("cancelled") + count)
        await close([id], now)
    return count


async def send(order: Order) -> int | None:
    """Queue an order of a person; the number of the transfer that carries it."""
    async with transaction():
        await add_orders([order])
        return await newest(order)
