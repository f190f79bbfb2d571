"""The worklist: filled by hand, from files and from other systems; told to modalities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import trio

from appliance import clock
from appliance.database.door import Database
from appliance.dicom.dataset import decode, encode
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.dicom.uids import stand_in
from appliance.errors import BadRequest, UnknownName
from appliance.journal.service import Journal
from appliance.network.services import Provider
from appliance.worklist import completeness, copies, files, items, performed, steps
from appliance.worklist.attributes import dataset_of
from appliance.worklist.completeness import Arrived
from appliance.worklist.copies import Copy
from appliance.worklist.errands import Errands, Fetch
from appliance.worklist.finding import Finding
from appliance.worklist.items import Told
from appliance.worklist.model import (
    BY_HAND,
    FINAL,
    FROM_FILE,
    STATES,
    Entry,
    Item,
    Kept,
    Settings,
    problems,
)
from appliance.worklist.performed import Expected, Performed
from appliance.worklist.performing import Performing

_LOOK_SECONDS = 5.0
_BATCH = 200
_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Added:
    """A new item, and what is odd about it."""

    entry: Entry
    warnings: tuple[str, ...]


class Worklist:
    """What is scheduled, and what became of it."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        *,
        fetch: Fetch,
        arrived: Arrived,
        settings: Settings | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        """`fetch` asks a node for its worklist of some days, `arrived` what is here of a study."""
        self._database = database
        self._journal = journal
        self._arrived = arrived
        self._settings = settings or Settings()
        self._now = now
        self._errands = Errands(database, journal, fetch, now)
        self._finding = Finding(database, journal, self._settings)
        self._performing = Performing(database, journal, now)

    @property
    def providers(self) -> Sequence[Provider]:
        return self._finding.provider, self._performing.provider

    async def run(self) -> None:
        """Copy what is due and look for what is missing, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._errands.run)
            while True:
                await self.check()
                await trio.sleep(_LOOK_SECONDS)

    async def check(self) -> int:
        """Look for instances of completed steps that never arrived; how many steps were due."""
        quiet = timedelta(seconds=self._settings.quiet_seconds)
        return await completeness.check(
            self._database, self._journal, self._arrived, quiet, self._now()
        )

    # Items.

    async def add(self, item: Item) -> Added:
        """Schedule a step by hand. Raises `BadRequest` with all that is wrong with it."""
        whole = _completed(item, clock.fresh_name())
        if wrong := problems(whole):
            raise BadRequest("; ".join(wrong))
        warnings = await self._warnings(whole)
        told = Told(whole, encode(dataset_of(whole), EXPLICIT_LITTLE_ENDIAN))
        await self._database.run(items.keep, [told], BY_HAND, self._now())
        entry = await self._database.read(items.by_identity, whole.identity)
        assert entry is not None
        return Added(entry, tuple(warnings))

    async def _warnings(self, item: Item) -> list[str]:
        if await self._database.read(items.by_identity, item.identity):
            raise BadRequest(
                f"accession number {item.accession_number} has a step {item.step_id} already: "
                "remove it first, or give another --step-id"
            )
        if not item.accession_number:
            return []
        count = await self._database.read(items.with_accession, item.accession_number)
        words = f"accession number {item.accession_number} is used by {count} other items"
        return [words] if count else []

    async def import_path(self, path: Path) -> Kept:
        """Take in a file or a folder; again does no harm. Raises `BadRequest`."""
        found = await trio.to_thread.run_sync(lambda: list(files.read(path)))
        wrong = tuple(one for one in found if isinstance(one, str))
        told = [item for one in found if not isinstance(one, str) for item in one]
        kept = await self._keep(told, FROM_FILE)
        return replace(kept, problems=wrong[:_MOST_PROBLEMS])

    async def _keep(self, told: Sequence[Told], source: str) -> Kept:
        whole = Kept()
        for at in range(0, len(told), _BATCH):
            part = told[at : at + _BATCH]
            one = await self._database.run(items.keep, part, source, self._now())
            whole = Kept(
                whole.added + one.added,
                whole.changed + one.changed,
                whole.unchanged + one.unchanged,
            )
        return whole

    async def find(self, search: str = "", *, all_: bool = False, limit: int = 50) -> list[Entry]:
        """What is still to be done, or everything; the first due first."""
        states = STATES if all_ else tuple(one for one in STATES if one not in FINAL)
        return await self._database.read(items.found, search, states, limit)

    async def entry(self, number: int) -> Entry:
        """Raises `UnknownName`."""
        found = await self._database.read(items.entry, number)
        if found is None:
            raise UnknownName(f"there is no worklist item {number}; `arca worklist list` shows all")
        return found

    async def remove(self, number: int) -> None:
        """Raises `UnknownName`."""
        await self.entry(number)
        await self._database.run(items.remove, number)

    # Copies of other systems' worklists.

    async def copy(self, node: str, more_days: int) -> Kept:
        """Copy now. Raises `BadRequest`, `UnknownName` and `PeerError`."""
        return await self._errands.copy(node, more_days)

    async def schedule(self, node: str, every_seconds: float, more_days: int) -> Copy:
        """Copy from now on. Raises `BadRequest` and `UnknownName`."""
        return await self._errands.schedule(node, every_seconds, more_days)

    async def unschedule(self, node: str) -> None:
        """Copy no more; what was copied stays. Raises `UnknownName`."""
        if not await self._database.run(copies.remove, node):
            raise UnknownName(f"the worklist of {node} is not copied")

    async def copies(self) -> list[Copy]:
        return await self._database.read(copies.listed)

    async def copied_from(self, node: str) -> bool:
        """Whether a copy needs that node."""
        return any(one.node == node for one in await self.copies())

    # What modalities performed.

    async def performed(self, limit: int = 50) -> list[Performed]:
        """The steps that changed last."""
        return await self._database.read(steps.latest, limit)

    async def expected(self, study_uid: str) -> list[Expected]:
        """The series and instances that modalities say they made of a study."""
        found = await self._database.read(steps.of_study, study_uid)
        sets = (decode(one.raw, EXPLICIT_LITTLE_ENDIAN) for one in found)
        return [series for dataset in sets for series in performed.expected(dataset)]

    async def trim(self) -> int:
        """Forget some of what is past; 0 when there is no more of it."""
        before = self._now() - timedelta(days=self._settings.keep_days)
        day = f"{clock.local(before):%Y%m%d}"
        gone = await self._database.run(items.trim, day, _BATCH)
        return gone + await self._database.run(steps.trim, before, _BATCH)


def _completed(item: Item, name: str) -> Item:
    """What a modality must have and nobody gave is made (PS3.4 Table K.6-1, type 1)."""
    procedure = item.requested_procedure_id or item.accession_number or f"A{name[:12].upper()}"
    return replace(
        item,
        study_instance_uid=item.study_instance_uid or stand_in(name),
        requested_procedure_id=procedure,
        step_id=item.step_id or procedure,
        requested_procedure_description=(
            item.requested_procedure_description or item.step_description or item.modality
        ),
        step_description=(
            item.step_description or item.requested_procedure_description or item.modality
        ),
    )
