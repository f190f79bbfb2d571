"""Every room of a running appliance, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import trio
from pydicom.dataset import Dataset

from appliance.access.service import Access
from appliance.archive.model import Settings as ArchiveSettings
from appliance.archive.planning import Planning
from appliance.archive.service import Archive
from appliance.calls import ByNode, Limited
from appliance.certificates.cabinet import Cabinet
from appliance.commitment.calling import Calls
from appliance.commitment.model import Settings as CommitmentSettings
from appliance.commitment.service import Commitment
from appliance.config import Config
from appliance.database.door import Database, open_database
from appliance.errors import UnknownName
from appliance.intake.model import Settings as IntakeSettings
from appliance.intake.service import Intake
from appliance.journal.model import Settings as JournalSettings
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.secure import Security
from appliance.nodes.calling import remote_of
from appliance.nodes.doctor import Step, examine
from appliance.nodes.model import Echo, Node
from appliance.nodes.model import Settings as NodeSettings
from appliance.nodes.service import Nodes
from appliance.nodes.verification import verify
from appliance.pixels.model import Settings as PixelSettings
from appliance.pixels.service import Pixels
from appliance.premises import ensure_certificates, make_home, open_cabinet, open_store
from appliance.query.model import Settings as QuerySettings
from appliance.query.service import Query
from appliance.retrieval.service import Ourselves, Retrieval
from appliance.routing.service import Routing
from appliance.scrubbing import note_damage
from appliance.transfers.cstore import CStore
from appliance.transfers.model import Settings as TransferSettings
from appliance.transfers.service import Transfers
from appliance.transfers.stow import Stow
from appliance.worklist.copying import fetch
from appliance.worklist.model import Settings as WorklistSettings
from appliance.worklist.service import Worklist
from storage.volume import Volume


@dataclass(frozen=True)
class Rooms:
    """Who knows what."""

    config: Config
    meter: Meter
    volume: Volume
    journal: Journal
    nodes: Nodes
    routing: Routing
    transfers: Transfers
    archive: Archive
    intake: Intake
    cabinet: Cabinet
    security: Security
    retrieval: Retrieval
    access: Access
    pixels: Pixels
    query: Query
    worklist: Worklist
    commitment: Commitment


@asynccontextmanager
async def furnished(config: Config) -> AsyncIterator[Rooms]:
    """Open the store and the database, fill the rooms; close in the other order.

    Raises `ConfigError` and `StoreError`.
    """
    await trio.to_thread.run_sync(make_home, config)
    if config.tls.listen:
        await trio.to_thread.run_sync(ensure_certificates, config)
    volume = await trio.to_thread.run_sync(open_store, config)
    try:
        async with open_database(config.database.url) as database:
            rooms = _wired(config, volume, database)
            await rooms.nodes.load()
            await rooms.routing.load()
            await rooms.archive.open()
            async with rooms.pixels.open():
                yield rooms
    finally:
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(volume.close)


def _wired(config: Config, volume: Volume, database: Database) -> Rooms:
    meter, journal = Meter(), Journal(database, _journal_settings(config))
    cabinet = open_cabinet(config)
    security = Security(
        cabinet.credentials, mutual=config.tls.mutual, verify_host=config.tls.verify_host
    )
    users = _Users(security)
    nodes = Nodes(
        database,
        NodeSettings(
            config.dicom.ae_title, config.dicom.unknown_callers, config.dicom.unknown_services
        ),
        echo=users.echo,
        examine=users.examine,
        in_use=users.of,
        changed=users.changed,
    )
    pixels = Pixels(volume, _pixel_settings(config))
    cstore = CStore(config.dicom.ae_title, meter, nodes.note_report, security)
    ways = ByNode(cstore, Stow(security.for_web, meter))
    sender = Limited(ways, config.dicom.concurrent_tasks)
    routing = Routing(database, nodes.get)
    commitment = Commitment(
        database,
        volume,
        journal,
        Calls(config.dicom.ae_title, nodes.note_report, security),
        nodes=nodes.list,
        resend=users.resend,
        damaged=partial(note_damage, volume, journal),
        settings=_commitment_settings(config),
    )
    transfers = Transfers(
        database,
        volume,
        sender,
        nodes.get,
        journal=journal,
        meter=meter,
        listener=commitment.listener,
        settings=TransferSettings(keep_days=config.transfers.keep_days),
        converter=pixels,
    )
    users.are(nodes, routing, transfers, commitment)
    archive = Archive(
        database,
        volume,
        journal,
        settings=ArchiveSettings(config.dicom.quiet_seconds),
        planning=_planning(routing, transfers),
        meter=meter,
    )
    intake = Intake(
        volume,
        journal,
        meter,
        quarantine=config.appliance.home / "quarantine",
        on_stored=archive.stored,
        settings=IntakeSettings(largest_object=config.dicom.max_object),
    )
    return Rooms(
        config,
        meter,
        volume,
        journal,
        nodes,
        routing,
        transfers,
        archive,
        intake,
        cabinet,
        security,
        Retrieval(
            Ourselves(
                config.dicom.ae_title,
                lambda node: remote_of(node, config.dicom.ae_title, security),
                intake.store,
                partial(_held, archive, volume),
                nodes.note_report,
            )
        ),
        Access(database, journal),
        pixels,
        _query(config, archive, volume, ways, nodes, pixels),
        _worklist(config, database, journal, nodes, archive, security, users),
        commitment,
    )


def _commitment_settings(config: Config) -> CommitmentSettings:
    section = config.commitment
    return CommitmentSettings(
        section.same_association_seconds,
        section.verify_rate,
        timedelta(hours=section.patience_hours),
    )


def _pixel_settings(config: Config) -> PixelSettings:
    pixels = config.pixels
    scratch = config.appliance.home / "scratch"
    return PixelSettings(
        scratch, pixels.workers, pixels.memory, pixels.seconds, config.dicom.max_object
    )


async def _held(archive: Archive, volume: Volume, study_uid: str) -> set[str]:
    """SOP Instance UIDs of a study that are here, the newest included."""
    await archive.until_indexed(volume.last())
    return {one.sop_instance_uid for one in await archive.instances(study_uid)}


def _query(
    config: Config, archive: Archive, volume: Volume, ways: ByNode, nodes: Nodes, pixels: Pixels
) -> Query:
    return Query(
        archive,
        volume,
        # Lines of its own: whoever asks at a workstation does not wait behind the queue.
        Limited(ways, config.dicom.concurrent_tasks),
        nodes.list,
        ae_title=config.dicom.ae_title,
        settings=QuerySettings(config.query.most_answers, config.query.most_instances),
        converter=pixels,
    )


def _worklist(
    config: Config,
    database: Database,
    journal: Journal,
    nodes: Nodes,
    archive: Archive,
    security: Security,
    users: _Users,
) -> Worklist:
    async def ask(name: str, first: str, last: str) -> list[Dataset]:
        node = nodes.get(name)
        if node is None:
            raise UnknownName(f"no node is called {name}; `arca node list` shows which there are")
        remote = remote_of(node, config.dicom.ae_title, security)
        return await fetch(remote, first, last, nodes.note_report)

    async def arrived(study_uid: str) -> frozenset[str]:
        return frozenset(one.sop_instance_uid for one in await archive.instances(study_uid))

    settings = WorklistSettings(
        config.worklist.most_answers, config.worklist.keep_days, config.dicom.quiet_seconds
    )
    users.worklist = Worklist(database, journal, fetch=ask, arrived=arrived, settings=settings)
    return users.worklist


def _journal_settings(config: Config) -> JournalSettings:
    kept = config.journal
    return JournalSettings(keep_days=kept.keep_days, keep_trouble_days=kept.keep_trouble_days)


def _planning(routing: Routing, transfers: Transfers) -> Planning:
    return Planning(
        instances=routing.plan,
        study=routing.plan_study,
        wants_studies=routing.wants_studies,
        add_orders=transfers.add_orders,
        ordered=transfers.news,
    )


class _Users:
    """Who needs a node. Filled in last: these rooms need the registry themselves."""

    worklist: Worklist

    def __init__(self, security: Security) -> None:
        self._security = security

    def are(
        self, nodes: Nodes, routing: Routing, transfers: Transfers, commitment: Commitment
    ) -> None:
        self._nodes, self._routing, self._transfers = nodes, routing, transfers
        self._commitment = commitment

    async def of(self, node: str) -> str:
        """What uses a node, in words; "" when nothing does."""
        if rules := self._routing.rules_to(node):
            return f"rules send to it ({', '.join(rules)}); remove them first"
        if count := await self._transfers.open_transfers(node):
            return f"{count} transfers to it are not finished; see `arca queue`"
        if await self.worklist.copied_from(node):
            return f"its worklist is copied; `arca worklist copy {node} --stop` ends that"
        return ""

    async def echo(self, node: Node, calling_ae_title: str) -> Echo:
        ended = self._nodes.note_report
        return await verify(node, calling_ae_title, ended, self._security)

    def examine(self, node: Node, calling_ae_title: str) -> AsyncGenerator[Step, None]:
        return examine(node, calling_ae_title, self._security, self._nodes.note_report)

    def changed(self, node: str) -> None:
        self._transfers.node_changed(node)
        self._commitment.node_changed(node)

    def resend(self, node: str) -> None:
        self._transfers.news([node])
