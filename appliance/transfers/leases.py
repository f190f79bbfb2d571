"""Units of work of those who send: take the next items, write down what became of them.

A lease names its holder, and a holder is alive while its row is young: one small write
in a while keeps any number of leases, and what a dead process held is free at once when
its successor starts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from tortoise.expressions import F, Q

from appliance.database.schema import transaction
from appliance.transfers.model import Finished, ItemState, Leased, Result, Stage, settled
from appliance.transfers.records import HolderRow, ItemRow, TransferRow, chunks

Note: TypeAlias = Callable[[Sequence[Finished]], Awaitable[None]]

# A process that was silent for so long is taken for dead. Its beat is much faster.
HOLDER_LIVES = timedelta(seconds=120)


async def beat(holder: str, node: str, now: datetime) -> None:
    """Say that `holder` is alive, and forget those who are not."""
    async with transaction():
        await HolderRow.update_or_create({"node": node, "until": now + HOLDER_LIVES}, holder=holder)
        await HolderRow.filter(until__lt=now).delete()


async def begin(holder: str, node: str, now: datetime) -> None:
    """A process starts: what earlier processes of the same node held is free at once."""
    async with transaction():
        await HolderRow.filter(node=node).delete()
        await HolderRow.create(holder=holder, node=node, until=now + HOLDER_LIVES)


async def end(holder: str) -> None:
    """A process stops: its leases are free at once."""
    async with transaction():
        await HolderRow.filter(holder=holder).delete()


async def lease(destination: str, holder: str, limit: int, now: datetime) -> list[Leased]:
    """The next items for a destination, ours until they are recorded or released."""
    async with transaction():
        living = [one for (one,) in await HolderRow.filter(until__gte=now).values_list("holder")]
        rows = (
            await ItemRow.filter(destination=destination, state=ItemState.WAITING)
            .filter(Q(next_try__isnull=True) | Q(next_try__lte=now))
            .filter(holder__not_in=[*living, holder])
            .order_by("urgency", "id")
            .limit(limit)
            .select_for_update(skip_locked=True)
            .only("id", "transfer_id", "sha256", "tries", "window", "timed")
        )
        if rows:
            await ItemRow.filter(id__in=[row.id for row in rows]).update(holder=holder)
    return [
        Leased(row.id, row.transfer_id, row.sha256, row.tries, row.window, row.timed)
        for row in rows
    ]


async def release(items: Sequence[Leased]) -> None:
    """Give items back as they were."""
    async with transaction():
        for chunk in chunks([item.id for item in items]):
            await ItemRow.filter(id__in=chunk, state=ItemState.WAITING).update(holder="")


async def put_off(items: Sequence[Leased], until: datetime) -> None:
    """Give items back for a later time; no failure is counted."""
    async with transaction():
        for chunk in chunks([item.id for item in items]):
            await ItemRow.filter(id__in=chunk, state=ItemState.WAITING).update(
                holder="", next_try=until
            )


async def record(results: Sequence[Result], note: Note | None = None) -> bool:
    """Write down what became of leased items, and close the transfers that are all answered.

    `note` is told of those; whether there were any. An item that was answered already, by
    whoever sent it too, is not counted again.
    """
    async with transaction():
        waiting = await _still_waiting([one.item.id for one in results])
        fresh = list({one.item.id: one for one in results if one.item.id in waiting}.values())
        await _record_sent([one for one in fresh if one.state is ItemState.SENT])
        for one in fresh:
            if one.state is not ItemState.SENT:
                await _record_failure(one)
        finished = await _count(fresh)
        if finished and note is not None:
            await note(finished)
    return bool(finished)


async def _still_waiting(ids: list[int]) -> set[int]:
    waiting: set[int] = set()
    for chunk in chunks(ids):
        rows = (
            await ItemRow.filter(id__in=chunk, state=ItemState.WAITING)
            .select_for_update()
            .only("id")
        )
        waiting.update(row.id for row in rows)
    return waiting


async def _record_sent(results: Sequence[Result]) -> None:
    """Those that were answered alike share a statement: nearly all are plain successes."""
    alike: dict[tuple[int | None, str], list[Result]] = defaultdict(list)
    for one in results:
        alike[one.status, one.words].append(one)
    for (status, words), same in alike.items():
        for chunk in chunks([one.item.id for one in same]):
            await ItemRow.filter(id__in=chunk).update(
                state=ItemState.SENT, holder="", status=status, error=words, sent_at=same[-1].at
            )


async def _record_failure(one: Result) -> None:
    await ItemRow.filter(id=one.item.id).update(
        state=one.state,
        holder="",
        tries=F("tries") + int(one.tried),
        next_try=one.next_try,
        status=one.status,
        error=one.words,
    )


async def _count(results: Sequence[Result]) -> list[Finished]:
    """Bring the transfers' counters up to date; those that change alike share a statement."""
    sent = Counter(one.item.transfer for one in results if one.state is ItemState.SENT)
    aside = Counter(one.item.transfer for one in results if one.state is ItemState.SET_ASIDE)
    failures = {one.item.transfer: one.words for one in results if one.failed}
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for transfer in sorted({one.item.transfer for one in results}):
        alike[sent[transfer], aside[transfer]].append(transfer)
    for (more_sent, more_aside), ids in alike.items():
        for chunk in chunks(ids):
            await TransferRow.filter(id__in=chunk).update(
                sent=F("sent") + more_sent, set_aside=F("set_aside") + more_aside
            )
    for transfer, words in failures.items():
        await TransferRow.filter(id=transfer).update(last_error=words)
    if not results:
        return []
    return await close([one.item.transfer for one in results], max(one.at for one in results))


async def close(transfers: Sequence[int], now: datetime) -> list[Finished]:
    """Close those of the transfers whose items were all answered; those that sent anything."""
    finished: list[Finished] = []
    for chunk in chunks(sorted(set(transfers))):
        rows = await TransferRow.filter(
            id__in=chunk, stage=Stage.OPEN, instances=F("sent") + F("set_aside") + F("cancelled")
        ).only("id", "study_uid", "destination", "instances", "sent", "set_aside", "cancelled")
        finished += [Finished(row.id, row.study_uid, row.destination) for row in rows if row.sent]
        alike: dict[Stage, list[int]] = defaultdict(list)
        for row in rows:
            alike[settled(row.instances, row.sent, row.set_aside, row.cancelled)].append(row.id)
        for stage, ids in alike.items():
            await TransferRow.filter(id__in=ids).update(stage=stage, closed=now)
    return finished


async def note_failure(transfers: Sequence[int], words: str) -> None:
    """An association failed with these transfers under way."""
    async with transaction():
        for chunk in chunks(sorted(set(transfers))):
            await TransferRow.filter(id__in=chunk).update(
                failures=F("failures") + 1, last_error=words
            )
