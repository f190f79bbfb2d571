"""Rooms that work behind a listener, and ways to ask them as a modality does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import trio

from appliance.commitment.model import (
    PUSH_MODEL,
    PUSH_MODEL_INSTANCE,
    Reference,
    Report,
    Request,
    Transaction,
)
from appliance.commitment.wire import read_report, write_request
from appliance.config import Config
from appliance.dicom.dimse import Element, Operation
from appliance.dicom.negotiation import IMPLICIT_LITTLE_ENDIAN
from appliance.network import hearing
from appliance.network.listener import listen
from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.services import Answer, Services
from appliance.network.settings import Remote
from appliance.nodes.model import Node
from appliance.rooms import Rooms, furnished
from storage.store import Entry
from tests.appliance.network.reception import SETTINGS
from tests.appliance.running import configured, picture, until

CT = "1.2.840.10008.5.1.4.1.1.2"


@dataclass
class House:
    """Rooms at work, and their DICOM port."""

    rooms: Rooms
    port: int
    folder: Path

    async def keep(self, *instances: str) -> None:
        """Take objects in."""
        for one in instances:
            await self.rooms.intake.import_file(picture(one).save(self.folder / f"{one}.dcm"))

    async def add(self, name: str, port: int, **more: object) -> None:
        node = Node(name, name, "127.0.0.1", port, connect_seconds=2.0, answer_seconds=5.0)
        await self.rooms.nodes.add(replace(node, **more))  # type: ignore[arg-type]

    async def transactions(self) -> list[Transaction]:
        return await self.rooms.commitment.transactions()

    async def until(self, *states: str) -> list[Transaction]:
        """Wait until the transactions stand so, newest first."""

        async def reached() -> bool:
            return [one.state for one in await self.transactions()] == list(states)

        await until(reached)
        return await self.transactions()

    async def kinds(self) -> list[str]:
        return [event.kind for event in await self.rooms.journal.latest()]


@asynccontextmanager
async def house(
    folder: Path, database: Path, ae_title: str = "ARCA", same_association: float = 3.0
) -> AsyncIterator[House]:
    """An appliance without its doors."""
    await trio.Path(folder).mkdir(exist_ok=True)
    sections: dict[str, dict[str, object]] = {
        "dicom": {"ae_title": ae_title},
        "commitment": {"same_association_seconds": same_association},
    }
    config: Config = configured(folder, database, **sections)
    everybody = replace(config.dicom, unknown_services=("store", "commitment"))
    config = replace(config, dicom=everybody)
    async with furnished(config) as rooms, trio.open_nursery() as work:
        work.start_soon(rooms.archive.follow)
        work.start_soon(rooms.transfers.run)
        work.start_soon(rooms.commitment.run)
        services = Services(
            rooms.nodes.admit,
            rooms.intake.store,
            rooms.nodes.note_report,
            (rooms.commitment.provider,),
        )
        addresses = await work.start(listen, SETTINGS, services, rooms.meter)
        yield House(rooms, addresses[0][1], folder)
        work.cancel_scope.cancel()


def request(uid: str, *instances: str, sop_class: str = CT) -> Request:
    return Request(uid, tuple(Reference(sop_class, one) for one in instances))


async def ask(association: OutgoingAssociation, data: bytes | None, **more: int | str) -> Answer:
    """N-ACTION with any data set."""
    values: dict[Element, int | str] = {
        Element.REQUESTED_SOP_CLASS_UID: PUSH_MODEL,
        Element.REQUESTED_SOP_INSTANCE_UID: more.get("instance", PUSH_MODEL_INSTANCE),
        Element.ACTION_TYPE_ID: more.get("action", 1),
    }
    return (await association.ask_once(PUSH_MODEL, Operation.N_ACTION, values, data)).answer


@asynccontextmanager
async def calling(port: int, title: str = "CT1") -> AsyncIterator[OutgoingAssociation]:
    remote = Remote("ARCA", "127.0.0.1", port, title)
    async with associate(remote, [(PUSH_MODEL, (IMPLICIT_LITTLE_ENDIAN,))]) as association:
        yield association


@dataclass
class Ear:
    """Keeps the reports that come, and answers them."""

    reports: list[Report]
    status: int = 0

    async def __call__(self, heard: hearing.Report) -> Answer:
        self.reports.append(read_report(heard.raw, heard.context.transfer_syntax))
        return Answer(self.status)


async def asked(port: int, *wanted: Request, seconds: float = 3.0) -> list[Report]:
    """The reports that come over the association of these requests."""
    ear = Ear([])
    async with calling(port) as association:
        association.hearing(ear)
        for one in wanted:
            answer = await ask(association, write_request(one, IMPLICIT_LITTLE_ENDIAN))
            assert answer.status == 0, answer
        await association.hear(ear, seconds, lambda: len(ear.reports) >= len(wanted))
    return ear.reports


def spoil(house: House, instance: str) -> Entry:
    """Change a byte of a stored object on its disk."""
    [entry] = house.rooms.volume.find(instance)
    path = house.rooms.config.storage.path / entry.path
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"\1")
    return entry
