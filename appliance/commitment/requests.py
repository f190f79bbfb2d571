"""Units of work on what others ask of us."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from tortoise.functions import Sum

from appliance.commitment.model import MOST_OPEN, Asked, Request, Stage, Transaction
from appliance.commitment.packing import pack_numbers, unpack, unpack_numbers
from appliance.commitment.records import RequestRow
from appliance.database.schema import transaction
from appliance.dicom import statuses
from appliance.network.services import Caller

_OPEN = (Stage.VERIFYING, Stage.REPORTING)
# How long the answer to a repeated request is the same one.
_REMEMBERED = timedelta(days=7)
_STATES = {
    Stage.VERIFYING: "verifying",
    Stage.REPORTING: "to be reported",
    Stage.REPORTED: "reported",
    Stage.GIVEN_UP: "not taken",
}


class Kept(Enum):
    """What became of a request that came."""

    NEW = "new"
    AGAIN = "again"  # asked before: the same result is reported again
    CLASH = "clash"  # its Transaction UID means something else already
    FULL = "full"  # too much is open: nothing was kept


async def keep(
    request: Request, packed: bytes, content: str, caller: Caller, now: datetime
) -> tuple[Kept, int]:
    """Write down a request, durably; its number. `packed` and `content` are of its list."""
    async with transaction():
        title = caller.calling_ae_title.strip()
        known = await RequestRow.filter(transaction_uid=request.transaction_uid).order_by("id")
        for row in known:
            if (row.calling_ae_title, row.content) == (title, content):
                return Kept.AGAIN, await _again(row, now)
        sums = await RequestRow.filter(stage__in=_OPEN).annotate(sum=Sum("total")).values("sum")
        if int(sums[0]["sum"] or 0) + len(request.references) > MOST_OPEN:
            return Kept.FULL, 0
        row = await RequestRow.create(
            transaction_uid=request.transaction_uid,
            calling_ae_title=title,
            called_ae_title=caller.called_ae_title.strip(),
            host=caller.host,
            received=now,
            content=content,
            listed=packed,
            total=len(request.references),
            **(_refused(len(request.references), now) if known else {"reasons": b""}),
        )
    return (Kept.CLASH if known else Kept.NEW), row.id


def _refused(total: int, now: datetime) -> dict[str, Any]:
    reasons = pack_numbers([statuses.DUPLICATE_TRANSACTION] * total)
    return {"reasons": reasons, "failed": total, "stage": Stage.REPORTING, "next_try": now}


async def _again(row: RequestRow, now: datetime) -> int:
    if row.stage != Stage.VERIFYING:
        await RequestRow.filter(id=row.id).update(
            stage=Stage.REPORTING, next_try=now, tries=0, received=now, closed=None
        )
    return int(row.id)


async def to_verify(without: Sequence[int], limit: int) -> list[int]:
    """What is to be verified next: the shortest lists first."""
    query = RequestRow.filter(stage=Stage.VERIFYING, id__not_in=[0, *without])
    return [id_ for (id_,) in await query.order_by("total", "id").limit(limit).values_list("id")]


async def to_report(now: datetime, limit: int) -> list[tuple[int, str]]:
    """Whose reports are due, with the requesters' AE titles."""
    query = RequestRow.filter(stage=Stage.REPORTING, next_try__lte=now)
    rows = await query.order_by("next_try").limit(limit).values_list("id", "calling_ae_title")
    return [(id_, title) for id_, title in rows]


async def hurry(ae_title: str, now: datetime) -> None:
    """The requester is there: its reports are due now."""
    async with transaction():
        query = RequestRow.filter(stage=Stage.REPORTING, calling_ae_title=ae_title)
        await query.update(next_try=now)


async def load(number: int) -> Asked | None:
    row = await RequestRow.get_or_none(id=number)
    if row is None:
        return None
    return Asked(
        id=row.id,
        request=Request(row.transaction_uid, unpack(row.listed)),
        calling_ae_title=row.calling_ae_title,
        called_ae_title=row.called_ae_title,
        host=row.host,
        received=row.received,
        reasons=unpack_numbers(row.reasons),
        tries=row.tries,
    )


async def note_reasons(asked: Asked, now: datetime) -> None:
    """Keep what was found out so far; with all of it the report is due."""
    reasons = asked.reasons
    done = len(reasons) == len(asked.request.references)
    changes: dict[str, Any] = {"stage": Stage.REPORTING, "next_try": now} if done else {}
    async with transaction():
        await RequestRow.filter(id=asked.id).update(
            reasons=pack_numbers(reasons), failed=sum(map(bool, reasons)), **changes
        )


async def reported(number: int, now: datetime) -> None:
    async with transaction():
        await RequestRow.filter(id=number).update(
            stage=Stage.REPORTED, closed=now, next_try=None, last_error=""
        )


async def not_reported(number: int, words: str, next_try: datetime | None, now: datetime) -> None:
    """A try failed; without a next one it is given up."""
    changes: dict[str, Any] = {"next_try": next_try, "last_error": words}
    if next_try is None:
        changes |= {"stage": Stage.GIVEN_UP, "closed": now}
    async with transaction():
        row = await RequestRow.get(id=number)
        await RequestRow.filter(id=number).update(tries=row.tries + 1, **changes)


async def forget_old(now: datetime) -> None:
    async with transaction():
        await RequestRow.filter(closed__lt=now - _REMEMBERED).delete()


async def recent(closed: int) -> list[Transaction]:
    """All that is open, and so many of the last closed ones."""
    names = [name for name in RequestRow._meta.fields_map if name not in ("listed", "reasons")]
    rows = await RequestRow.filter(stage__in=_OPEN).only(*names)
    rows += await RequestRow.exclude(stage__in=_OPEN).order_by("-id").limit(closed).only(*names)
    return [_shown(row) for row in rows]


def _shown(row: RequestRow) -> Transaction:
    return Transaction(
        row.transaction_uid,
        "in",
        row.calling_ae_title,
        _STATES[Stage(row.stage)],
        row.total,
        row.failed,
        row.received,
        row.closed,
        row.next_try,
        row.last_error,
    )
