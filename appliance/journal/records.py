"""The journal's tables and units of work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model
from tortoise.queryset import QuerySet

from appliance.database.schema import transaction
from appliance.journal.model import Availability, Event, Severity, by_month, outlived

_LONGEST_NAME = 255


class EventRow(Model):
    """One event. Rows are added, never changed."""

    id = fields.BigIntField(primary_key=True)
    time = fields.DatetimeField()
    kind = fields.CharField(max_length=64)
    severity = fields.CharField(max_length=8)
    subject = fields.CharField(max_length=_LONGEST_NAME)
    text = fields.TextField()
    details: Any = fields.JSONField()

    class Meta:
        table = "journal_event"
        indexes = (Index(fields=("kind", "id")), Index(fields=("severity", "id")))


class BeatRow(Model):
    """When we were last known to be alive (one row)."""

    id = fields.IntField(primary_key=True, generated=False)
    at = fields.DatetimeField()

    class Meta:
        table = "journal_beat"


class MonthRow(Model):
    """Seconds up and down in a month."""

    month = fields.CharField(max_length=7, primary_key=True)
    up_seconds = fields.FloatField(default=0.0)
    down_seconds = fields.FloatField(default=0.0)

    class Meta:
        table = "journal_month"


async def note(events: Sequence[Event]) -> None:
    """Append events, in order."""
    async with transaction():
        await EventRow.bulk_create([_row(event) for event in events])


async def latest(limit: int, kind: str = "", severity: Severity | None = None) -> list[Event]:
    """The newest events first; `kind` may be the beginning of one ("object.")."""
    query = EventRow.all().order_by("-id").limit(limit)
    if kind:
        query = query.filter(kind__startswith=kind)
    if severity is not None:
        query = query.filter(severity=severity.value)
    return [_event(row) for row in await query]


def oldest(severity: Severity, limit: int) -> QuerySet[EventRow]:
    """Those written first; their numbers and times."""
    return EventRow.filter(severity=severity.value).order_by("id").limit(limit).only("id", "time")


async def trim(severity: Severity, before: datetime, now: datetime, limit: int) -> int:
    """Forget the oldest events of a severity, if they are from before a moment; how many."""
    async with transaction():
        rows = await oldest(severity, limit)
        gone = outlived([(row.id, row.time) for row in rows], before, now)
        if gone:
            await EventRow.filter(id__in=gone).delete()
    return len(gone)


async def beat(now: datetime, *, starting: bool) -> None:
    """We are alive: the time since the last beat was up, or down when we are just starting."""
    async with transaction():
        last = await BeatRow.get_or_none(id=1)
        for month, seconds in (by_month(last.at, now) if last else {}).items():
            row, _ = await MonthRow.get_or_create(month=month)
            row.up_seconds += 0.0 if starting else seconds
            row.down_seconds += seconds if starting else 0.0
            await row.save()
        await BeatRow.update_or_create(defaults={"at": now}, id=1)


async def availability(month: str) -> Availability:
    row = await MonthRow.get_or_none(month=month)
    return Availability(month, row.up_seconds, row.down_seconds) if row else Availability(month)


def _row(event: Event) -> EventRow:
    return EventRow(
        time=event.time,
        kind=event.kind[:64],
        severity=event.severity.value,
        subject=_storable(event.subject)[:_LONGEST_NAME],
        text=_storable(event.text),
        details={key: _storable(value) for key, value in event.details.items()},
    )


def _event(row: EventRow) -> Event:
    return Event(
        row.time, row.kind, row.text, Severity(row.severity), row.subject, row.details, row.id
    )


def _storable(text: str) -> str:
    """PostgreSQL takes neither NUL nor lone surrogates."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
