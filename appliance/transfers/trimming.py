"""The unit of work that forgets what was finished long ago.

The items of a transfer go in parts and its counters with them: whenever this stops, what is
left is a smaller transfer, which a late image may open again as before. What failed or was
set aside waits for a person, however long.

Nothing that was forgotten is sent again by itself. The index commits its cursor with the
orders, and how far the rules of a study have seen with theirs: a replay after a crash begins
behind both. Only a good copy that replaces a damaged object goes again, as a late image does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from tortoise.expressions import F
from tortoise.queryset import QuerySet

from appliance.database.schema import transaction
from appliance.transfers.model import ItemState
from appliance.transfers.records import CHUNK, FINISHED, ItemRow, TransferRow

# One transaction deletes at most so many transfers and items: others wait for it.
_TRANSFERS = 100


async def trim(before: datetime, limit: int = CHUNK) -> int:
    """Forget some of what was finished before a moment; how many rows, 0 when none is left."""
    async with transaction():
        # One that is being opened again at this moment is not finished any more.
        rows = await _finished(before).select_for_update(skip_locked=True)
        return await _forget([row.id for row in rows], limit) if rows else 0


def _finished(before: datetime) -> QuerySet[TransferRow]:
    found = TransferRow.filter(stage__in=FINISHED, closed__lt=before)
    return found.only("id").limit(_TRANSFERS)


def _items(transfers: Sequence[int]) -> QuerySet[ItemRow]:
    found = ItemRow.filter(transfer_id__in=transfers).only("id", "transfer_id", "state")
    return found.order_by("transfer_id")


async def _forget(transfers: Sequence[int], limit: int) -> int:
    found = await _items(transfers).limit(limit)
    items = [(row.id, row.transfer_id, ItemState(row.state)) for row in found]
    await ItemRow.filter(id__in=[number for number, _, _ in items]).delete()
    emptied = transfers
    if len(items) == limit:  # the last one may have more of them
        last = items[-1][1]
        emptied = [number for number in transfers if number < last]
        await _shrink(last, Counter(state for _, number, state in items if number == last))
    await TransferRow.filter(id__in=emptied).delete()
    return len(items) + len(emptied)


async def _shrink(transfer: int, gone: Counter[ItemState]) -> None:
    await TransferRow.filter(id=transfer).update(
        instances=F("instances") - gone.total(),
        sent=F("sent") - gone[ItemState.SENT],
        cancelled=F("cancelled") - gone[ItemState.CANCELLED],
    )
