"""Units of work on what we ask of nodes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from appliance.commitment.model import (
    Inquiry,
    Reference,
    Report,
    Request,
    Step,
    Transaction,
    reasons_in,
    resend_at,
)
from appliance.commitment.packing import pack, pack_numbers, unpack, unpack_numbers
from appliance.commitment.records import InquiryRow
from appliance.database.schema import transaction
from appliance.transfers import proof
from appliance.transfers.model import Finished

_OPEN = (Step.NEW, Step.ASKING, Step.AWAITING)
_REMEMBERED = timedelta(days=30)
_STATES = {
    Step.NEW: "to be asked",
    Step.ASKING: "to be asked",
    Step.AWAITING: "waiting for the report",
    Step.ANSWERED: "answered",
    Step.UNCONFIRMED: "not confirmed",
}


@dataclass(frozen=True, slots=True)
class Settled:
    """What a report made of an inquiry."""

    node: str
    study_uid: str
    total: int
    reasons: Mapping[str, int]  # SOP Instance UID to reason, of those that failed
    resent: int
    given_up: int


async def open_for(finished: Sequence[Finished], now: datetime) -> None:
    """Note transfers to ask about; inside the transaction that ends them."""
    rows = [
        InquiryRow(
            transaction_uid="",
            transfer_id=one.transfer,
            study_uid=one.study_uid,
            node=one.destination,
            created=now,
            listed=b"",
            items=b"",
            next_try=now,
        )
        for one in finished
    ]
    await InquiryRow.bulk_create(rows)


async def fresh(limit: int) -> list[tuple[int, int]]:
    """Ended transfers whose objects are not listed yet: inquiry and transfer."""
    rows = InquiryRow.filter(step=Step.NEW).order_by("id").limit(limit)
    return [(id_, transfer) for id_, transfer in await rows.values_list("id", "transfer_id")]


async def begin(
    number: int,
    transaction_uid: str,
    listed: Sequence[tuple[int, Reference]],
    gone: Sequence[int] = (),
    *,
    more: bool,
) -> None:
    """An inquiry is about these items of its transfer.

    `gone` are items that we do not keep any more: nobody is asked about them. `more`: another
    inquiry follows for the rest.
    """
    async with transaction():
        row = await InquiryRow.get(id=number)
        if more:
            await open_for([Finished(row.transfer_id, row.study_uid, row.node)], row.created)
        await proof.asked(row.transfer_id, [*gone, *(item for item, _ in listed)])
        await proof.unconfirmed(row.transfer_id, gone)
        await _fill(number, transaction_uid, listed)


async def _fill(number: int, transaction_uid: str, listed: Sequence[tuple[int, Reference]]) -> None:
    query = InquiryRow.filter(id=number)
    if not listed:
        await query.delete()
        return
    await query.update(
        transaction_uid=transaction_uid,
        listed=pack(reference for _, reference in listed),
        items=pack_numbers([item for item, _ in listed]),
        total=len(listed),
        step=Step.ASKING,
    )


async def to_ask(now: datetime, limit: int) -> list[tuple[int, str]]:
    """What is due to be asked, with the nodes' names."""
    query = InquiryRow.filter(step=Step.ASKING, next_try__lte=now)
    rows = await query.order_by("next_try").limit(limit).values_list("id", "node")
    return [(id_, node) for id_, node in rows]


async def hurry(node: str, now: datetime) -> None:
    """What this node is to be asked is due now."""
    async with transaction():
        await InquiryRow.filter(step=Step.ASKING, node=node).update(next_try=now)


async def load(number: int) -> Inquiry | None:
    row = await InquiryRow.get_or_none(id=number)
    return _inquiry(row) if row is not None else None


def _inquiry(row: InquiryRow) -> Inquiry:
    return Inquiry(
        id=row.id,
        node=row.node,
        study_uid=row.study_uid,
        transfer=row.transfer_id,
        request=Request(row.transaction_uid, unpack(row.listed)),
        items=unpack_numbers(row.items),
        created=row.created,
        tries=row.tries,
    )


async def was_asked(number: int) -> None:
    """The node has taken the request; its report may have come already."""
    async with transaction():
        await InquiryRow.filter(id=number, step=Step.ASKING).update(
            step=Step.AWAITING, next_try=None, last_error=""
        )


async def not_asked(inquiry: Inquiry, words: str, next_try: datetime) -> None:
    async with transaction():
        await InquiryRow.filter(id=inquiry.id, step=Step.ASKING).update(
            tries=inquiry.tries + 1, next_try=next_try, last_error=words
        )


async def is_asking(number: int) -> bool:
    """Whether the node has not taken it yet."""
    return await InquiryRow.filter(id=number, step=Step.ASKING).exists()


async def settle(report: Report, now: datetime) -> Settled | bool | None:
    """Take a report in: None when it is of no transaction of ours, True when it came before."""
    async with transaction():
        row = await InquiryRow.filter(transaction_uid=report.transaction_uid).first()
        if row is None or not row.transaction_uid:
            return None
        if row.step == Step.ANSWERED:
            return True
        inquiry = _inquiry(row)
        reasons = reasons_in(report, inquiry.request)
        resent, given_up = await _prove(inquiry, reasons, now)
        failed = {
            one.sop_instance_uid: reason
            for one, reason in zip(inquiry.request.references, reasons, strict=True)
            if reason
        }
        await InquiryRow.filter(id=row.id).update(
            step=Step.ANSWERED, closed=now, next_try=None, failed=len(failed), last_error=""
        )
    return Settled(row.node, row.study_uid, row.total, failed, resent, given_up)


async def _prove(inquiry: Inquiry, reasons: Sequence[int], now: datetime) -> tuple[int, int]:
    judged = list(zip(inquiry.items, reasons, strict=True))
    await proof.verified(inquiry.transfer, [item for item, reason in judged if not reason])
    refused = {item: reason for item, reason in judged if reason}
    return await proof.refused(inquiry.transfer, refused, lambda times: resend_at(now, times))


async def give_up(before: datetime, now: datetime) -> list[Inquiry]:
    """Close what began before and was not answered; what that is."""
    async with transaction():
        rows = await InquiryRow.filter(
            step__in=(Step.ASKING, Step.AWAITING), created__lt=before
        ).limit(100)
        for row in rows:
            words = row.last_error or "no report came"
            await proof.unconfirmed(row.transfer_id, unpack_numbers(row.items))
            await InquiryRow.filter(id=row.id).update(
                step=Step.UNCONFIRMED, closed=now, next_try=None, last_error=words
            )
    return [_inquiry(row) for row in rows]


async def forget_old(now: datetime) -> None:
    async with transaction():
        await InquiryRow.filter(closed__lt=now - _REMEMBERED).delete()


async def recent(closed: int) -> list[Transaction]:
    """All that is open, and so many of the last closed ones."""
    names = [name for name in InquiryRow._meta.fields_map if name not in ("listed", "items")]
    rows = await InquiryRow.filter(step__in=_OPEN).only(*names)
    rows += await InquiryRow.exclude(step__in=_OPEN).order_by("-id").limit(closed).only(*names)
    return [_shown(row) for row in rows]


def _shown(row: InquiryRow) -> Transaction:
    values: dict[str, Any] = {
        "state": _STATES[Step(row.step)],
        "instances": row.total,
        "failed": row.failed,
        "began": row.created,
        "closed": row.closed,
        "next_try": row.next_try,
        "last_error": row.last_error,
    }
    return Transaction(row.transaction_uid, "out", row.node, **values)
