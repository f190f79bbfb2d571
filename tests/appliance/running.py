"""A whole appliance in this process, images to send to it, and ways to ask it."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, TypeVar

import pydicom
import trio
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from appliance.assembly import serve
from appliance.commands.talk import Door
from appliance.config import Config, load
from appliance.database.door import open_database
from appliance.dicom.part10 import file_header
from appliance.network.requestor import associate
from appliance.network.settings import Outgoing, Remote

T = TypeVar("T")

CT_SMALL = Path(pydicom.__file__).parent / "data" / "test_files" / "CT_small.dcm"
EXPLICIT = "1.2.840.10008.1.2.1"

Sections = Mapping[str, Mapping[str, object]]

_USUAL: Sections = {
    "dicom": {"address": "127.0.0.1", "port": 0},
    "web": {"address": "127.0.0.1", "port": 0},
    "storage": {"low_watermark": 0, "reserve": 0, "sync": False},
}


def make_database(path: Path) -> None:
    """A database with its tables: making them takes longer than most tests."""

    async def migrate() -> None:
        async with open_database(f"sqlite:///{path}"):
            pass

    trio.run(migrate)


def spoil(database: Path) -> None:
    """Overwrite a SQLite database that is in use, with all that belongs to it."""
    for path in database.parent.glob(f"{database.name}*"):
        with path.open("r+b") as file:
            file.write(b"nothing of the kind " * (path.stat().st_size // 20 + 500))


def configured(folder: Path, database: Path, **sections: Mapping[str, object]) -> Config:
    """The configuration of an appliance in `folder`, with a copy of `database`."""
    home = folder / "arca-data"
    if not home.exists():
        home.mkdir(mode=0o700)
        shutil.copy(database, home / "index.sqlite")
    names = [*_USUAL, *(name for name in sections if name not in _USUAL)]
    given = {name: {**_USUAL.get(name, {}), **sections.get(name, {})} for name in names}
    (folder / "arca.toml").write_text(_toml(given))
    return load(folder / "arca.toml")


def _toml(sections: Sections) -> str:
    lines: list[str] = []
    for name, values in sections.items():
        lines += [f"[{name}]", *(f"{key} = {_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else f'"{value}"'


@dataclass(frozen=True)
class Picture:
    """An image as it goes over the wire."""

    sop_class: str
    instance: str
    study: str
    content: bytes  # its data set

    def outgoing(self) -> Outgoing:
        size = len(self.content)
        return Outgoing(self.sop_class, self.instance, EXPLICIT, size, lambda: iter([self.content]))

    def save(self, path: Path) -> Path:
        """As a file of a medium."""
        path.write_bytes(file_header(self.sop_class, self.instance, EXPLICIT) + self.content)
        return path


@cache
def _ct_small() -> Dataset:
    return pydicom.dcmread(CT_SMALL)


def picture(instance: str, study: str = "1.2.3", **attributes: Any) -> Picture:
    """The CT that pydicom brings along, under other names; None takes an attribute away."""
    made = Dataset()
    made.update(_ct_small())
    named = {"SOPInstanceUID": instance, "StudyInstanceUID": study}
    for keyword, value in {**named, **attributes}.items():
        if value is None:
            delattr(made, keyword)
        else:
            setattr(made, keyword, value)
    file = DicomBytesIO()
    file.is_implicit_VR, file.is_little_endian = False, True
    write_dataset(file, made)
    return Picture(str(made.SOPClassUID), instance, study, bytes(file.getvalue()))


async def send(port: int, pictures: Sequence[Picture], calling: str = "CT1") -> list[int]:
    """C-STORE over one association; the statuses."""
    contexts = {(one.sop_class, (EXPLICIT,)) for one in pictures}
    remote = Remote("ARCA", "127.0.0.1", port, calling)
    async with associate(remote, sorted(contexts)) as association:
        return [(await association.store(one.outgoing())).status for one in pictures]


@asynccontextmanager
async def serving(config: Config) -> AsyncIterator[int]:
    """An appliance that runs; its DICOM port. It is stopped at the end of the block."""
    async with trio.open_nursery() as nursery:
        yield await nursery.start(serve, config)
        nursery.cancel_scope.cancel()


@dataclass(frozen=True)
class Operator:
    """Asks a running appliance as the command line does."""

    config: Config

    async def get(self, address: str, **query: str | int) -> Any:
        return await self._do(partial(self._door.get, address, **query))

    async def post(self, address: str, **body: Any) -> Any:
        return await self._do(partial(self._door.post, address, body))

    async def lines(self, address: str, **body: Any) -> list[dict[str, Any]]:
        """All of an answer that comes line by line."""
        return await self._do(lambda: list(self._door.lines(address, body)))

    async def node(self, name: str, port: int) -> None:
        node = {"name": name, "ae_title": name, "host": "127.0.0.1", "port": port}
        await self.post("/nodes", **node)

    async def rule(self, to: str, when: str = "true", **more: Any) -> None:
        await self.post("/rules", name=f"to {to}", when=when, to=to, **more)

    @property
    def _door(self) -> Door:
        return Door(self.config.control.socket, "arca serve")

    async def _do(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what no event tells; fails after a time in which it should long have come."""
    with trio.fail_after(20):
        while not await condition():  # noqa: ASYNC110 - it is not ours to signal
            await trio.sleep(0.01)
