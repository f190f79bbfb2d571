"""Performed procedure steps in their table, and the items that follow them: units of work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tortoise.expressions import Q

from appliance.database.schema import transaction
from appliance.worklist import items
from appliance.worklist.model import State
from appliance.worklist.performed import Link, Performed
from appliance.worklist.records import ItemRow, PerformedRow, PerformedStudyRow


@dataclass(frozen=True, slots=True)
class Begun:
    """A step that an N-CREATE tells."""

    uid: str
    ae_title: str
    links: tuple[Link, ...]
    raw: bytes


async def create(begun: Begun, now: datetime) -> int | None:
    """Keep a new step; how many items follow it. None: there is one of that UID already."""
    async with transaction():
        if await PerformedRow.exists(uid=begun.uid):
            return None
        followed = await _advance(begun.links, "STARTED", now)
        await PerformedRow.create(
            uid=begun.uid,
            state="IN PROGRESS",
            ae_title=begun.ae_title[:16],
            scheduled=bool(followed),
            checked=False,
            data=begun.raw,
            began=now,
            changed=now,
        )
        for study_uid in sorted({link.study_uid for link in begun.links}):
            await PerformedStudyRow.create(uid=begun.uid, study_uid=study_uid)
    return followed


async def change(
    uid: str, state: str, becomes: State, links: Sequence[Link], raw: bytes, now: datetime
) -> None:
    """Replace what is known of a step; its items become `becomes`."""
    async with transaction():
        await PerformedRow.filter(uid=uid).update(state=state, data=raw, changed=now)
        await _advance(links, becomes, now)


async def _advance(links: Sequence[Link], state: State, now: datetime) -> int:
    return sum([await items.advance(await _meant(link), state, now) for link in links])


async def _meant(link: Link) -> Q:
    """The items of a link: by study and step, else by accession number and step."""
    step = Q(step_id=link.step_id) if link.step_id else Q()
    by_study = Q(study_uid=link.study_uid) & step
    if not link.accession_number or await ItemRow.filter(by_study).exists():
        return by_study
    return Q(accession_number=link.accession_number) & step


async def get(uid: str) -> Performed | None:
    row = await PerformedRow.get_or_none(uid=uid)
    return _performed(row) if row else None


async def latest(limit: int) -> list[Performed]:
    """The steps that changed last, the newest first."""
    return [_performed(row) for row in await PerformedRow.all().order_by("-changed").limit(limit)]


async def of_study(study_uid: str) -> list[Performed]:
    """The steps of a study, in the order they began."""
    uids = await PerformedStudyRow.filter(study_uid=study_uid).values_list("uid", flat=True)
    rows = await PerformedRow.filter(uid__in=list(uids)).order_by("began", "id")
    return [_performed(row) for row in rows]


async def unchecked(before: datetime, limit: int) -> list[Performed]:
    """Completed steps whose instances nobody has looked for since, the oldest first."""
    query = PerformedRow.filter(checked=False, state="COMPLETED", changed__lte=before)
    return [_performed(row) for row in await query.order_by("changed").limit(limit)]


async def mark_checked(uid: str) -> None:
    async with transaction():
        await PerformedRow.filter(uid=uid).update(checked=True)


async def trim(before: datetime, limit: int) -> int:
    """Forget steps that have not changed since; how many."""
    old = PerformedRow.filter(changed__lt=before).limit(limit)
    uids = list(await old.values_list("uid", flat=True))
    if not uids:
        return 0
    async with transaction():
        await PerformedStudyRow.filter(uid__in=uids).delete()
        return await PerformedRow.filter(uid__in=uids).delete()


def _performed(row: PerformedRow) -> Performed:
    return Performed(
        row.uid, row.state, row.ae_title, row.scheduled, bytes(row.data), row.began, row.changed
    )
