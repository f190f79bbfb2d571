"""DICOMweb in front of rooms that really work, reached without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from appliance.answers.dicomweb import dicomweb_of
from appliance.config import Config
from appliance.rooms import Rooms, furnished
from tests.appliance.running import Picture, configured, make_database
from web.dicomweb.door import Door
from web.dicomweb.services import Dicomweb


async def nowhere(scope: Any, receive: Any, send: Any) -> None:
    """The portal, as far as it matters here."""
    await send({"type": "http.response.start", "status": 418, "headers": []})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass
class Place:
    rooms: Rooms
    web: Dicomweb
    token: str

    def client(self, token: str | None = None, **headers: str) -> httpx.AsyncClient:
        given = token if token is not None else self.token
        headers = {"Authorization": f"Bearer {given}", **headers} if given else headers
        wires = httpx.ASGITransport(Door(nowhere, self.web))
        base = "https://arca/dicomweb"
        return httpx.AsyncClient(transport=wires, base_url=base, headers=headers)

    async def keep(self, *pictures: Picture, folder: Path) -> None:
        for number, one in enumerate(pictures):
            await self.rooms.intake.import_file(one.save(folder / f"{number}.dcm"))
        await self.indexed()

    async def indexed(self) -> None:
        with trio.fail_after(10):
            last = await trio.to_thread.run_sync(self.rooms.volume.last)
            await self.rooms.archive.until_indexed(last)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "index.sqlite"
    make_database(path)
    return path


@pytest.fixture
def config(tmp_path: Path, empty_database: Path) -> Config:
    return configured(tmp_path, empty_database)


@pytest.fixture
async def place(config: Config) -> AsyncIterator[Place]:
    async with furnished(config) as rooms, trio.open_nursery() as work:
        work.start_soon(rooms.archive.follow)
        _, secret = await rooms.access.add("viewer", ["search", "retrieve", "store"], None)
        web = dicomweb_of(rooms)
        assert web is not None
        yield Place(rooms, web, secret)
        work.cancel_scope.cancel()
