"""The appliance as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import trio

from appliance import clock
from appliance.alarm import StoreWatch
from appliance.archive.service import Archive
from appliance.config import Config
from appliance.database.failures import failures
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.nodes.service import Nodes
from appliance.routing.service import Routing
from appliance.supervisor import Health
from appliance.transfers.service import Transfers
from storage.errors import StoreError
from storage.volume import Volume
from web.services.overview import Event, Level, Part, Status


@dataclass(frozen=True, slots=True)
class Running:
    """What is known of this run of the process."""

    config: Config
    version: str
    port: int  # the DICOM port we got
    started: datetime
    parts: tuple[str, ...]  # names of what is supervised


@dataclass(frozen=True, slots=True)
class _Counted:
    """What only the database knows."""

    studies: int | None = None
    instances: int | None = None
    waiting: int | None = None
    set_aside: int | None = None
    availability: float | None = None


@dataclass(frozen=True)
class Overview:
    """See `web.services.overview.Overview`."""

    running: Running
    health: Health
    meter: Meter
    volume: Volume
    watch: StoreWatch
    archive: Archive
    transfers: Transfers
    nodes: Nodes
    routing: Routing
    journal: Journal

    async def status(self) -> Status:
        config, running = self.running.config, self.running
        counted, broken = await self._counted()
        return Status(
            name=config.appliance.name,
            version=running.version,
            ae_title=config.dicom.ae_title,
            address=config.dicom.address,
            port=running.port,
            started=running.started,
            uptime_seconds=(clock.now() - running.started).total_seconds(),
            free_bytes=await self._free(),
            store=self.watch.state,
            studies=counted.studies,
            instances=counted.instances,
            waiting=counted.waiting,
            set_aside=counted.set_aside,
            index_lag=max(0, self.volume.last() - self.archive.indexed_to),
            open_associations=self.meter.associations_now(),
            nodes=len(self.nodes.list()),
            rules=len(self.routing.list()),
            levels=tuple(
                Level(one.name, one.promised, one.average, one.count, one.kept)
                for one in self.meter.levels()
            ),
            parts=(*await self.healthy(), *broken),
            availability=counted.availability,
        )

    async def _counted(self) -> tuple[_Counted, Sequence[Part]]:
        """The numbers; without them the part that is broken."""
        try:
            return await self._count(), ()
        except failures() as error:
            why = f"{type(error).__name__}: {error}"
            text = f"the numbers of the index and the queue are unavailable: {why}"
            return _Counted(), [Part("database", well=False, failure=text)]

    async def _count(self) -> _Counted:
        studies, instances = await self.archive.totals()
        waiting = sum((await self.transfers.waiting()).values())
        month = await self.journal.availability()
        return _Counted(studies, instances, waiting, await self.transfers.set_aside(), month.share)

    async def healthy(self) -> tuple[Part, ...]:
        health = self.health
        supervised = (
            Part(
                name,
                well=not health.trouble(name),
                failure=health.trouble(name),
                restarts=health.restarts.get(name, 0),
            )
            for name in self.running.parts
        )
        trouble = self.watch.trouble
        return (*supervised, Part("store", well=not trouble, failure=trouble))

    async def exposition(self) -> bytes:
        self.meter.free_bytes.set(await self._free())
        self.meter.store_open.set(self.watch.state == "open")
        return self.meter.exposition()

    async def _free(self) -> int:
        """Room in the store; 0 when its disk does not answer, which its part tells."""
        try:
            return (await trio.to_thread.run_sync(self.volume.space)).free
        except StoreError:
            return 0

    async def events(self, limit: int) -> list[Event]:
        found = await self.journal.latest(limit)
        return [Event(one.time, one.kind, one.severity.value, one.text) for one in found]
