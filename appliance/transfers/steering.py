"""Units of work of those who steer the queue: pause, park, retry, send again, give up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tortoise.expressions import F

from appliance.database.schema import transaction
from appliance.transfers.leases import Note, close
from appliance.transfers.model import ItemState, Order, Proof, Stage
from appliance.transfers.records import (
    UNSETTLED,
    DestinationRow,
    ItemRow,
    TransferRow,
    add_orders,
    chunks,
)


async def set_paused(destination: str, paused: bool) -> None:
    async with transaction():
        await DestinationRow.update_or_create({"paused": paused}, name=destination)


async def set_parked(destination: str, why: str, now: datetime | None) -> None:
    """Park a destination, or take it back with an empty reason."""
    async with transaction():
        await DestinationRow.update_or_create(
            {"parked": why, "parked_at": now if why else None}, name=destination
        )


async def retry(ids: Sequence[int] | None) -> tuple[int, set[str]]:
    """Try transfers now (None: all that are not settled): how many, and where they go.

    What was put off waits no longer, what was set aside waits again; what was cancelled
    too, when it is asked for by number.
    """
    again = [ItemState.SET_ASIDE] if ids is None else [ItemState.SET_ASIDE, ItemState.CANCELLED]
    async with transaction():
        query = TransferRow.filter(stage__in=UNSETTLED)
        if ids is not None:
            query = TransferRow.filter(id__in=list(ids)).filter(stage__not=Stage.DONE)
        rows = await query.select_for_update()
        for chunk in chunks([row.id for row in rows]):
            await _wake(chunk, again)
    return len(rows), {row.destination for row in rows}


async def resend(id: int) -> set[str]:  # noqa: A002
    """Send everything of a transfer once more; where it goes."""
    async with transaction():
        row = await TransferRow.filter(id=id).select_for_update().first()
        if row is None:
            return set()
        await ItemRow.filter(transfer_id=id).update(
            state=ItemState.WAITING,
            next_try=None,
            tries=0,
            timed=False,
            error="",
            proof=Proof.NONE,
            resends=0,
        )
        await TransferRow.filter(id=id).update(
            stage=Stage.OPEN,
            closed=None,
            sent=0,
            set_aside=0,
            cancelled=0,
            last_error="",
            verified=None,
        )
    return {row.destination}


async def _wake(transfers: Sequence[int], again: Sequence[ItemState]) -> None:
    items = ItemRow.filter(transfer_id__in=transfers)
    await items.filter(state=ItemState.WAITING).update(next_try=None)
    await items.filter(state__in=again).update(
        state=ItemState.WAITING, next_try=None, tries=0, timed=False
    )
    rows = TransferRow.filter(id__in=transfers)
    await rows.update(stage=Stage.OPEN, closed=None, set_aside=0)
    if ItemState.CANCELLED in again:
        await rows.update(cancelled=0)


async def cancel(id: int, now: datetime, note: Note | None = None) -> int:  # noqa: A002
    """Give up what of a transfer was not sent yet; how many objects that is."""
    async with transaction():
        row = await TransferRow.filter(id=id).select_for_update().first()
        if row is None:
            return 0
        count = await ItemRow.filter(transfer_id=id, state=ItemState.WAITING).update(
            state=ItemState.CANCELLED, holder=""
        )
        await TransferRow.filter(id=id).update(cancelled=F("cancelled") + count)
        finished = await close([id], now)
        if finished and note is not None:
            await note(finished)
    return count


async def send(order: Order) -> int | None:
    """Queue an order of a person; the number of the transfer that carries it."""
    async with transaction():
        await add_orders([order])
        row = (
            await TransferRow.filter(
                study_uid=order.study_uid, destination=order.destination, rule=order.rule
            )
            .order_by("-id")
            .first()
        )
    return row.id if row else None
