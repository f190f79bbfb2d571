"""Units of work of those who ask a destination whether it keeps what it was sent.

All of them run inside the caller's transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tortoise.expressions import F

from appliance.dicom import statuses
from appliance.transfers.model import ItemState, Proof, Stage
from appliance.transfers.records import ItemRow, TransferRow, chunks


async def unproven(transfer: int, limit: int) -> list[tuple[int, str]]:
    """Objects of a transfer that were sent and not asked about: number and SHA-256."""
    rows = ItemRow.filter(transfer_id=transfer, state=ItemState.SENT, proof=Proof.NONE)
    return [
        (id_, sha)
        for id_, sha in await rows.order_by("id").limit(limit).values_list("id", "sha256")
    ]


async def asked(transfer: int, items: Sequence[int]) -> None:
    """The destination is asked about these."""
    for chunk in chunks(items):
        await ItemRow.filter(id__in=chunk, state=ItemState.SENT).update(proof=Proof.ASKED)
    await TransferRow.filter(id=transfer, verified__isnull=True).update(verified=0)


async def verified(transfer: int, items: Sequence[int]) -> None:
    """The destination promised to keep these."""
    await _mark(transfer, items, Proof.VERIFIED)


async def unconfirmed(transfer: int, items: Sequence[int]) -> None:
    """Nothing was heard about these in time."""
    await _mark(transfer, items, Proof.UNCONFIRMED)


async def _mark(transfer: int, items: Sequence[int], proof: Proof) -> None:
    count = 0
    for chunk in chunks(items):
        count += await ItemRow.filter(id__in=chunk, proof__in=_PENDING).update(proof=proof)
    if proof is Proof.VERIFIED:
        await TransferRow.filter(id=transfer).update(verified=F("verified") + count)


# A report may still come when nobody waits for it any more.
_PENDING = (Proof.ASKED, Proof.UNCONFIRMED)


async def refused(
    transfer: int, items: Mapping[int, int], again: Callable[[int], datetime | None]
) -> tuple[int, int]:
    """The destination does not keep these, each for a reason: they go again, or not any more.

    `again` says when one goes that went again so often already. How many do, and do not.
    """
    alike: dict[tuple[int, int], list[int]] = defaultdict(list)
    for chunk in chunks(list(items)):
        rows = await ItemRow.filter(id__in=chunk, proof__in=_PENDING).only("id", "resends")
        for row in rows:
            alike[items[row.id], row.resends].append(row.id)
    counts = [0, 0]
    for (reason, times), ids in alike.items():
        due = again(times)
        counts[due is None] += len(ids)
        await _send_again(ids, reason, due)
    await _reopen(transfer, counts[0])
    return counts[0], counts[1]


async def _send_again(ids: Sequence[int], reason: int, due: datetime | None) -> None:
    words = f"sent, but the destination does not keep it: {statuses.words(reason)}"
    for chunk in chunks(ids):
        rows = ItemRow.filter(id__in=chunk)
        if due is None:
            await rows.update(proof=Proof.REFUSED, error=words)
        else:
            await rows.update(
                state=ItemState.WAITING,
                proof=Proof.NONE,
                next_try=due,
                resends=F("resends") + 1,
                timed=False,
                error=words,
            )


async def _reopen(transfer: int, count: int) -> None:
    if count:
        await TransferRow.filter(id=transfer).update(
            stage=Stage.OPEN, closed=None, sent=F("sent") - count
        )
