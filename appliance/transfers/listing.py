"""Units of work of those who look at the queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.functions import Count, Min

from appliance.transfers.model import Item, ItemState, Stage, Standing, Transfer, shown
from appliance.transfers.records import (
    UNSETTLED,
    DestinationRow,
    HolderRow,
    ItemRow,
    TransferRow,
    chunks,
)


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
    open_ones = await wanted.filter(stage__in=UNSETTLED).order_by("-id")
    done_ones = await wanted.filter(stage__not_in=UNSETTLED).order_by("-id").limit(settled)
    # A transfer that was finished between the two questions is in both answers.
    rows = {row.id: row for row in [*open_ones, *done_ones]}.values()
    progress = await _progress([row.id for row in rows if row.stage == Stage.OPEN], now)
    return [_transfer(row, standings, progress) for row in sorted(rows, key=lambda one: -one.id)]


async def transfer(id: int, standings: Mapping[str, Standing], now: datetime) -> Transfer | None:  # noqa: A002
    """One transfer; None when there is none of that number."""
    row = await TransferRow.get_or_none(id=id)
    if row is None:
        return None
    return _transfer(row, standings, await _progress([row.id], now))


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
        verified=row.verified,
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
    rows = await TransferRow.filter(stage__in=UNSETTLED, set_aside__gt=0).values_list("set_aside")
    return sum(count for (count,) in rows)


async def open_transfers(destination: str) -> int:
    return await TransferRow.filter(stage=Stage.OPEN, destination=destination).count()
