"""Every room of a running appliance, wired together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from appliance.archive.model import Settings as ArchiveSettings
from appliance.archive.planning import Planning
from appliance.archive.service import Archive
from appliance.calls import ByNode, Limited
from appliance.certificates.cabinet import Cabinet
from appliance.config import Config
from appliance.database.door import Database, open_database
from appliance.intake.model import Settings as IntakeSettings
from appliance.intake.service import Intake
from appliance.journal.model import Settings as JournalSettings
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.secure import Security
from appliance.nodes.doctor import Step, examine
from appliance.nodes.model import Echo, Node
from appliance.nodes.model import Settings as NodeSettings
from appliance.nodes.service import Nodes
from appliance.nodes.verification import verify
from appliance.premises import ensure_certificates, make_home, open_cabinet, open_store
from appliance.routing.service import Routing
from appliance.transfers.cstore import CStore
from appliance.transfers.model import Settings as TransferSettings
from appliance.transfers.service import Transfers
from appliance.transfers.stow import Stow
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
    cstore = CStore(config.dicom.ae_title, meter, nodes.note_report, security)
    ways = ByNode(cstore, Stow(security.for_web, meter))
    sender = Limited(ways, config.dicom.concurrent_tasks)
    routing = Routing(database, nodes.get)
    transfers = Transfers(
        database,
        volume,
        sender,
        nodes.get,
        journal=journal,
        meter=meter,
        settings=TransferSettings(keep_days=config.transfers.keep_days),
    )
    users.are(nodes, routing, transfers)
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
    )


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

    def __init__(self, security: Security) -> None:
        self._security = security

    def are(self, nodes: Nodes, routing: Routing, transfers: Transfers) -> None:
        self._nodes, self._routing, self._transfers = nodes, routing, transfers

    async def of(self, node: str) -> str:
        """What uses a node, in words; "" when nothing does."""
        if rules := self._routing.rules_to(node):
            return f"rules send to it ({', '.join(rules)}); remove them first"
        if count := await self._transfers.open_transfers(node):
            return f"{count} transfers to it are not finished; see `arca queue`"
        return ""

    async def echo(self, node: Node, calling_ae_title: str) -> Echo:
        ended = self._nodes.note_report
        return await verify(node, calling_ae_title, ended, self._security)

    def examine(self, node: Node, calling_ae_title: str) -> AsyncGenerator[Step, None]:
        return examine(node, calling_ae_title, self._security, self._nodes.note_report)

    def changed(self, node: str) -> None:
        self._transfers.node_changed(node)
