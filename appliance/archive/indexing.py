"""Writes the index: a batch of ledger lines, their orders and the cursor in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeAlias

from tortoise.expressions import F

from appliance.archive.model import Described, Finding, Patient, Removed, Study, agree
from appliance.archive.people import People
from appliance.archive.records import CursorRow, InstanceRow, OpenRow, SeriesRow, StudyRow
from appliance.archive.removal import remove
from appliance.archive.rows import (
    instance_row,
    modalities_column,
    modalities_of,
    patient_of,
    series_row,
    study_row,
)
from appliance.database.schema import transaction

# What is remembered between batches; an archive receives some dozen studies at a time.
_MOST_REMEMBERED = 5_000
_CONFLICT = "its images name different patients; it is listed under the first one"

Line: TypeAlias = Described | Removed
AddOrders: TypeAlias = Callable[[Sequence[Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lines of a unit's ledger, in order, and what the rules want done about them."""

    unit: str
    upto: int  # the sequence of the last line, also of one that needs no row
    lines: Sequence[Line] = ()
    silent_to: int = 0  # a rebuild up to this line: its studies were complete and routed before
    orders: Sequence[Any] = ()
    add_orders: AddOrders | None = None


@dataclass(slots=True)
class _Known:
    """What the next batch wants to know of a study in the index."""

    row: int
    person: Patient
    modalities: set[str]
    conflict: bool
    series: dict[str, int] = field(default_factory=dict)  # UID -> row


class Indexing:
    """The one writer of the index; its methods are units of work, one at a time."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The rows changed, or were never committed."""
        self._people = People()
        self._studies: dict[str, _Known] = {}
        self._findings: list[Finding] = []
        self._studies_added = self._instances_added = 0  # less those taken away; of this batch

    async def add(self, batch: Batch) -> list[Finding]:
        """Index a batch: all of it with its orders, or nothing."""
        if max(len(self._people), len(self._studies)) > _MOST_REMEMBERED:
            self.forget()
        self._findings = []
        self._studies_added = self._instances_added = 0
        try:
            async with transaction():
                await self._write(batch)
        except BaseException:
            self.forget()
            raise
        return self._findings

    async def _write(self, batch: Batch) -> None:
        for put, run in groupby(batch.lines, lambda line: isinstance(line, Described)):
            if put:
                lines = [line for line in run if isinstance(line, Described)]
                await self._put(lines, batch.silent_to)
            else:
                await self._remove([line.sha256 for line in run if isinstance(line, Removed)])
        if batch.orders and batch.add_orders:
            await batch.add_orders(batch.orders)
        await CursorRow.filter(unit=batch.unit).update(
            sequence=batch.upto,
            studies=F("studies") + self._studies_added,
            instances=F("instances") + self._instances_added,
        )

    async def _remove(self, digests: Sequence[str]) -> None:
        studies, instances = await remove(digests)
        self._studies_added -= studies
        self._instances_added -= instances
        self._people, self._studies = People(), {}

    async def _put(self, run: Sequence[Described], silent_to: int) -> None:
        digests = [line.instance.sha256 for line in run]
        found = await InstanceRow.filter(sha256__in=digests).only("sha256")
        there = {row.sha256 for row in found}
        lines: list[Described] = []
        for line in run:  # a copy that replaces a damaged one may come in the same batch
            if line.instance.sha256 not in there:
                there.add(line.instance.sha256)
                lines.append(line)
        await self._meet_studies(lines, silent_to)
        fresh = await self._meet_series(lines)
        await InstanceRow.bulk_create([self._row(line) for line in lines])
        self._instances_added += len(lines)
        for study_uid, members in _by_study(lines).items():
            await self._add_up(self._studies[study_uid], members, fresh[study_uid], silent_to)

    def _row(self, line: Described) -> InstanceRow:
        known = self._studies[line.study.study_uid]
        return instance_row(line, known.series[line.series.series_uid])

    async def _meet_studies(self, lines: Sequence[Described], silent_to: int) -> None:
        """Know every study of the batch; add those that are new."""
        first: dict[str, Study] = {}
        for line in lines:  # in the order they came, which is the order they are listed in
            first.setdefault(line.study.study_uid, line.study)
        await self._recall([uid for uid in first if uid not in self._studies])
        fresh = [study for uid, study in first.items() if uid not in self._studies]
        if fresh:
            people = await self._people.of(fresh, self._findings)
            rows = [study_row(*pair) for pair in zip(fresh, people, strict=True)]
            if silent_to:
                await _as_before(rows, silent_to)
            await StudyRow.bulk_create(rows)
            self._studies_added += len(rows)
            await self._recall([study.study_uid for study in fresh])

    async def _recall(self, study_uids: Sequence[str]) -> None:
        """Read what the index knows of these studies."""
        if not study_uids:
            return
        found = await StudyRow.filter(study_uid__in=study_uids).select_related("person")
        known = {row.id: _known(row) for row in found}
        self._studies.update({row.study_uid: known[row.id] for row in found})
        for part in await SeriesRow.filter(study_id__in=list(known)) if known else ():
            known[part.study_id].series[part.series_uid] = part.id

    async def _meet_series(self, lines: Sequence[Described]) -> Counter[str]:
        """Know every series of the batch; how many new ones each study has."""
        fresh = {
            (line.study.study_uid, line.series.series_uid): line.series
            for line in reversed(lines)
            if line.series.series_uid not in self._studies[line.study.study_uid].series
        }
        if fresh:
            studies = {uid: self._studies[uid].row for uid, _ in fresh}
            await SeriesRow.bulk_create(
                [series_row(series, studies[uid]) for (uid, _), series in fresh.items()]
            )
            await self._recall(list(studies))
        return Counter(uid for uid, _ in fresh)

    async def _add_up(
        self, known: _Known, lines: Sequence[Described], series: int, silent_to: int
    ) -> None:
        """Add a batch's share of one study to its sums."""
        known.modalities |= {line.series.modality for line in lines if line.series.modality}
        self._look_for_conflict(known, lines)
        newest = lines[-1].study
        await StudyRow.filter(id=known.row).update(
            instances=F("instances") + len(lines),
            series=F("series") + series,
            size=F("size") + sum(line.instance.size for line in lines),
            modalities=modalities_column(known.modalities),
            conflict=known.conflict,
            source=newest.source[:64],
            last_at=newest.last_at,
            **({} if silent_to else {"complete": False}),
        )

    def _look_for_conflict(self, known: _Known, lines: Sequence[Described]) -> None:
        if known.conflict:
            return
        for line in lines:
            if line.instance.readable and not agree(known.person, line.patient):
                known.conflict = True
                uid = line.study.study_uid
                self._findings.append(Finding("study.patient_conflict", uid, _CONFLICT))
                return


def _by_study(lines: Sequence[Described]) -> dict[str, list[Described]]:
    found: dict[str, list[Described]] = {}
    for line in lines:
        found.setdefault(line.study.study_uid, []).append(line)
    return found


def _known(row: StudyRow) -> _Known:
    modalities = set(modalities_of(row.modalities))
    return _Known(row.id, patient_of(row.person), modalities, row.conflict)


async def _as_before(rows: Sequence[StudyRow], silent_to: int) -> None:
    """Studies of a rebuild are complete and routed, but for those that were open when it began."""
    uids = [row.study_uid for row in rows]
    opened = dict(await OpenRow.filter(study_uid__in=uids).values_list("study_uid", "planned_to"))
    for row in rows:
        row.complete = row.study_uid not in opened
        row.planned_to = opened.get(row.study_uid, silent_to)
