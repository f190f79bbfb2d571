"""The answers of rooms that really work, with what the common suite expects to be there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trio

from appliance import clock
from appliance.alarm import StoreWatch
from appliance.answers.commitment import Commitments
from appliance.answers.nodes import Nodes
from appliance.answers.overview import Overview, Running
from appliance.answers.queue import Queue
from appliance.answers.retrieval import Retrieval
from appliance.answers.rules import Rules
from appliance.answers.statement import Conformance
from appliance.answers.studies import Studies
from appliance.answers.tokens import Tokens
from appliance.answers.worklist import Worklist
from appliance.config import Config
from appliance.database.door import open_database
from appliance.journal.model import Severity
from appliance.network.services import AssociationReport, Caller
from appliance.network.settings import ListenerSettings
from appliance.premises import volume_settings
from appliance.rooms import Rooms, _wired, furnished
from appliance.supervisor import Health
from storage.system import System
from storage.volume import create_volume, open_volume
from tests.appliance.running import configured, picture
from web.services.bundle import Services

SR = "1.2.840.10008.5.1.4.1.1.88.11"
JANE = {"PatientID": "P1", "PatientName": "Doe^Jane", "StudyDate": "20260228"}
YAMADA = {
    "PatientID": "P2",
    "PatientName": "山田^太郎",
    "StudyDate": "",
    "SpecificCharacterSet": "ISO_IR 192",
    "Modality": None,
}


def answers(
    rooms: Rooms, health: Health | None = None, watch: StoreWatch | None = None
) -> Services:
    """As the process puts them together."""
    running = Running(rooms.config, "1.0", 11112, clock.now(), ("index", "queue"))
    overview = Overview(
        running,
        health or Health(),
        rooms.meter,
        rooms.volume,
        watch or StoreWatch(rooms.volume, rooms.journal),
        rooms.archive,
        rooms.transfers,
        rooms.nodes,
        rooms.routing,
        rooms.journal,
    )
    nodes = Nodes(rooms.nodes, rooms.transfers)
    studies = Studies(rooms.archive, rooms.transfers, rooms.intake)
    rules = Rules(rooms.routing, rooms.archive)
    retrieval = Retrieval(rooms.nodes, rooms.retrieval, rooms.archive)
    queue, worklist = Queue(rooms.transfers, nodes), Worklist(rooms.worklist, rooms.nodes)
    commitments, tokens = Commitments(rooms.commitment), Tokens(rooms.access)
    conformance = Conformance(running, ListenerSettings(), rooms.nodes, ())
    return Services(
        overview,
        studies,
        nodes,
        rules,
        queue,
        retrieval,
        worklist,
        commitments,
        tokens,
        conformance,
    )


@asynccontextmanager
async def rooms_on(config: Config, system: System) -> AsyncIterator[Rooms]:
    """Rooms whose store is on a disk with troubles; their index is at work."""
    settings = volume_settings(config)
    create_volume(config.storage.path, name="Arca", settings=settings)
    store = open_volume(config.storage.path, settings=settings, clock=clock.now, system=system)
    async with open_database(config.database.url) as database, trio.open_nursery() as work:
        with store:
            rooms = _wired(config, store, database)
            await rooms.archive.open()
            work.start_soon(rooms.archive.follow)
            yield rooms
            work.cancel_scope.cancel()


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Config:
    """A box that holds unknown callers."""
    return configured(tmp_path, empty_database, dicom={"unknown_callers": "hold"})


@pytest.fixture
async def rooms(config: Config) -> AsyncIterator[Rooms]:
    """Rooms whose index and queue are at work."""
    async with furnished(config) as made, trio.open_nursery() as work:
        work.start_soon(made.archive.follow)
        work.start_soon(made.transfers.run)
        yield made
        work.cancel_scope.cancel()


@pytest.fixture
async def lived_in(rooms: Rooms, tmp_path: Path) -> Rooms:
    """Rooms that hold what the common suite expects."""
    studies = [
        picture("1.2.3.1", **JANE),
        picture("1.2.3.2", **JANE),
        picture("1.2.3.3", **JANE, Modality="SR", SOPClassUID=SR, SeriesInstanceUID="1.2.3.9"),
        picture("1.2.4.1", "1.2.4", **YAMADA),
    ]
    for one in studies:
        await rooms.intake.import_file(one.save(tmp_path / f"{one.instance}.dcm"))
    with trio.fail_after(20):
        await rooms.archive.until_indexed(rooms.volume.last())
    for _ in range(3):
        await rooms.nodes.admit(Caller("MR2", "ARCA", "10.0.0.8", 50000))
    began = datetime(2026, 3, 1, tzinfo=UTC)
    told = "the AE title is wrong: set ARCA on the sender"
    rooms.nodes.note_report(
        AssociationReport("10.0.0.7", "CT1", "ARC", "in", began, 0.1, "rejected", 0, 0, told)
    )
    for number in (2, 1, 0):
        rooms.journal.note("conflict", f"object {number} differs", severity=Severity.ALARM)
    return rooms


@pytest.fixture
def services(lived_in: Rooms) -> Services:
    return answers(lived_in)
