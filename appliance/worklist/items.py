"""Items in their table: units of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from appliance.database.schema import transaction
from appliance.dicom.dataset import decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.dicom.text import folded
from appliance.worklist.attributes import item_of, put
from appliance.worklist.model import FINAL, WAITING, Entry, Item, Kept, State
from appliance.worklist.narrowing import Narrowing
from appliance.worklist.records import ItemRow

_LONGEST_UID = 64


@dataclass(frozen=True, slots=True)
class Told:
    """An item to keep, and its data set."""

    item: Item
    raw: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """An item's data set, and its place among the others."""

    start: str
    number: int
    raw: bytes


async def keep(told: Sequence[Told], source: str, now: datetime) -> Kept:
    """Add items, or replace those of the same identity; what became of them by MPPS stays."""
    added = changed = 0
    async with transaction():
        for one in told:
            row = await ItemRow.get_or_none(identity=one.item.identity)
            if row is None:
                await ItemRow.create(**_columns(one, source, now))
                added += 1
            elif await _replaced(row, one, source, now):
                changed += 1
    return Kept(added, changed, len(told) - added - changed)


async def _replaced(row: ItemRow, one: Told, source: str, now: datetime) -> bool:
    """Whether anything of it is new."""
    kept = _state(row.state, one.item.state)
    if kept != one.item.state:
        one = _with_state(one, kept)
    if bytes(row.data) == one.raw and row.source == source:
        return False
    await ItemRow.filter(id=row.id).update(**_columns(one, source, now))
    return True


def _state(before: str, told: State) -> State:
    return told if before in WAITING or told in FINAL else before  # type: ignore[return-value]


def _with_state(one: Told, state: State) -> Told:
    dataset = decode(one.raw, EXPLICIT_LITTLE_ENDIAN)
    put(dataset, {"state": state})
    return Told(item_of(dataset), encode(dataset, EXPLICIT_LITTLE_ENDIAN))


def _columns(one: Told, source: str, now: datetime) -> dict[str, Any]:
    item = one.item
    words = (item.patient_name, item.patient_id, item.accession_number, item.step_description)
    columns = {
        "identity": item.identity,
        "source": source,
        "state": item.state,
        "start": item.start[:14],
        "accession_number": item.accession_number,
        "step_id": item.step_id,
        "study_uid": item.study_instance_uid[:_LONGEST_UID],
        "modality": item.modality,
        "patient_id": item.patient_id,
        "search": folded(" ".join(words)),
    }
    # PostgreSQL keeps no zero byte in a text.
    plain = {name: text.replace("\0", "") for name, text in columns.items()}
    return {**plain, "data": one.raw, "changed": now}


async def vanish(source: str, present: Sequence[str], first: str, last: str) -> int:
    """Remove what a source does not tell any more of these days and nobody has begun."""
    query = _waiting_of(source).filter(start__gte=first, start__lt=f"{last}9")
    there = await query.values_list("identity", flat=True)
    gone = {str(one) for one in there} - set(present)
    async with transaction():
        for identity in gone:
            await _waiting_of(source).filter(identity=identity).delete()
    return len(gone)


def _waiting_of(source: str) -> QuerySet[ItemRow]:
    return ItemRow.filter(source=source, state__in=WAITING)


async def page(wanted: Narrowing, after: tuple[str, int], limit: int) -> list[Stored]:
    """The next ones behind (start, number), by when they are due."""
    start, number = after
    behind = Q(start__gt=start) | Q(start=start, id__gt=number)
    query = ItemRow.filter(_condition(wanted), behind).order_by("start", "id").limit(limit)
    found = await query.values_list("start", "id", "data")
    return [Stored(start, number, bytes(raw)) for start, number, raw in found]


def _condition(wanted: Narrowing) -> Q:
    parts: dict[str, Any] = {"state__in": wanted.states}
    texts = {
        "start__gte": wanted.first_day,
        "start__lt": wanted.last_day and f"{wanted.last_day}9",
        "accession_number": wanted.accession_number,
        "patient_id": wanted.patient_id,
        "study_uid": wanted.study_instance_uid,
        "modality": wanted.modality,
    }
    return Q(**parts, **{name: text for name, text in texts.items() if text})


async def found(search: str, states: Sequence[State], limit: int) -> list[Entry]:
    """What people look for: the next due first."""
    query = ItemRow.filter(state__in=states, search__contains=folded(search))
    return [_entry(row) for row in await query.order_by("start", "id").limit(limit)]


async def entry(number: int) -> Entry | None:
    row = await ItemRow.get_or_none(id=number)
    return _entry(row) if row else None


async def by_identity(identity: str) -> Entry | None:
    row = await ItemRow.get_or_none(identity=identity)
    return _entry(row) if row else None


async def remove(number: int) -> bool:
    async with transaction():
        return bool(await ItemRow.filter(id=number).delete())


async def with_accession(accession_number: str) -> int:
    """How many items have it."""
    return await ItemRow.filter(accession_number=accession_number).count()


async def trim(before: str, limit: int) -> int:
    """Forget items that were due before that day; how many."""
    numbers = await ItemRow.filter(start__lt=before).limit(limit).values_list("id", flat=True)
    if not numbers:
        return 0
    async with transaction():
        return await ItemRow.filter(id__in=list(numbers)).delete()


def _entry(row: ItemRow) -> Entry:
    raw = bytes(row.data)
    item = item_of(decode(raw, EXPLICIT_LITTLE_ENDIAN))
    return Entry(row.id, item, row.source, raw, row.changed)


async def advance(link: Q, state: State, now: datetime) -> int:
    """Inside a transaction: the items that a performed step is about follow it; how many."""
    rows = await ItemRow.filter(link)
    for row in rows:
        raw = bytes(row.data)
        told = _with_state(Told(item_of(decode(raw, EXPLICIT_LITTLE_ENDIAN)), raw), state)
        await ItemRow.filter(id=row.id).update(state=state, data=told.raw, changed=now)
    return len(rows)
