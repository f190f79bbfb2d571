"""Peers that others wrote: DCMTK's programs and pynetdicom, calling and being called."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pydicom
import pytest
import trio
from pynetdicom import AE, AllStoragePresentationContexts, build_context, evt
from pynetdicom.events import Event

from appliance.network.errors import AssociationFailed
from appliance.network.requestor import VERIFICATION, associate
from appliance.network.settings import Outgoing, Remote
from tests.appliance.network.reception import Reception, receiving


@dataclass(frozen=True)
class Image:
    path: Path
    sop_class: str
    instance: str
    syntax: str
    data: bytes

    def outgoing(self) -> Outgoing:
        half = len(self.data) // 2
        parts = [self.data[:half], self.data[half:]]
        return Outgoing(
            self.sop_class, self.instance, self.syntax, len(self.data), lambda: iter(parts)
        )


_NAMES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "rtplan.dcm", "liver_expb_1frame.dcm")
_SAYS_SYNTAX = {"1.2.840.10008.1.2.2": ("-xb",), "1.2.840.10008.1.2.4.91": ("-xw",)}  # to storescu


def _images() -> list[Image]:
    """The images that pydicom brings along, with the bytes of their data sets."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    images = []
    for name in _NAMES:
        raw = (folder / name).read_bytes()
        header = pydicom.dcmread(folder / name, stop_before_pixels=True)
        meta = header.file_meta
        images.append(
            Image(
                folder / name,
                str(meta.MediaStorageSOPClassUID),
                str(header.SOPInstanceUID),
                str(meta.TransferSyntaxUID),
                raw[144 + meta.FileMetaInformationGroupLength :],
            )
        )
    return images


IMAGES = _images()
_CONTEXTS = [VERIFICATION, *dict.fromkeys((i.sop_class, (i.syntax,)) for i in IMAGES)]


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"DCMTK IS NOT TESTED HERE: {name} is not installed")
    return found


async def _run(reception: Reception, name: str, *arguments: str) -> str:
    program = _program(name)
    result = await trio.run_process(
        [program, "-v", "-aec", "ARCA", "127.0.0.1", str(reception.port), *arguments],
        capture_stdout=True,
        capture_stderr=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return (result.stdout + result.stderr).decode()


async def test_dcmtk_echoes() -> None:
    async with receiving() as reception:
        assert "Received Echo Response (Success)" in await _run(reception, "echoscu")
        assert (await reception.rooms.report()).outcome == "released"


@pytest.mark.parametrize("image", IMAGES, ids=lambda image: image.path.name)
async def test_dcmtk_stores(image: Image) -> None:
    options = ["-R", *_SAYS_SYNTAX.get(image.syntax, ())]
    async with receiving() as reception:
        said = await _run(reception, "storescu", *options, str(image.path))
        assert "Received Store Response (Success)" in said
        [stored], [request] = reception.rooms.stored, reception.rooms.requests
        assert request.affected_sop_instance_uid == image.instance
        assert request.affected_sop_class_uid == image.sop_class
        assert stored  # it converts on its way: not the bytes of the file


async def test_dcmtk_stores_many_over_one_association() -> None:
    ct = next(image for image in IMAGES if image.path.name == "CT_small.dcm")
    async with receiving() as reception:
        await _run(reception, "storescu", "--repeat", "5", *[str(ct.path)] * 20)
        assert len(reception.rooms.stored) == 100


@asynccontextmanager
async def _storescp(tmp_path: Path, *options: str) -> AsyncIterator[Remote]:
    program = _program("storescp")
    async with trio.open_nursery() as nursery:
        for _ in range(5):  # somebody else may take the port that was free a moment ago
            port = _free_port()
            command = [program, "+B", "+xa", *options, "-od", str(tmp_path), str(port)]
            process = await nursery.start(partial(trio.run_process, command, check=False))
            if await _listening(process, port):
                break
        yield Remote("STORESCP", "127.0.0.1", port, "ARCA", "127.0.0.2")
        process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _listening(process: trio.Process, port: int) -> bool:
    """Wait until it takes callers; False: it has ended instead."""
    while process.returncode is None:
        with suppress(OSError):
            async with await trio.open_tcp_stream("127.0.0.1", port):
                return True
        await trio.sleep(0.05)
        process.poll()
    return False


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_dcmtk_is_sent_to(tmp_path: Path) -> None:
    async with _storescp(tmp_path) as remote, associate(remote, _CONTEXTS) as association:
        assert await association.echo() == 0
        for image in IMAGES:
            assert (await association.store(image.outgoing())).status == 0
    kept = {path.name: path.read_bytes() for path in _listed(tmp_path)}
    for image in IMAGES:
        [data] = [data for name, data in kept.items() if name.endswith(image.instance)]
        assert data.endswith(image.data)


async def test_dcmtk_refuses_associations(tmp_path: Path) -> None:
    async with _storescp(tmp_path, "--refuse") as remote:
        with pytest.raises(AssociationFailed) as raised:
            async with associate(remote, _CONTEXTS):
                pytest.fail("it must not come about")
    assert raised.value.kind == "rejected_permanent"


@pytest.mark.parametrize("moment", ["--abort-after", "--abort-during"])
async def test_dcmtk_aborts(tmp_path: Path, moment: str) -> None:
    async with _storescp(tmp_path, moment) as remote:
        with pytest.raises(AssociationFailed) as raised:
            async with associate(remote, _CONTEXTS) as association:
                await association.store(IMAGES[0].outgoing())
    assert raised.value.kind in ("aborted", "broken")


async def test_pynetdicom_stores_byte_for_byte() -> None:
    def send(port: int) -> list[int]:
        entity = AE(ae_title="PYNETDICOM")
        for image in IMAGES:
            entity.add_requested_context(image.sop_class, image.syntax)
        association = entity.associate("127.0.0.1", port)
        assert association.is_established
        statuses = [association.send_c_store(str(image.path)).Status for image in IMAGES]
        association.release()
        return statuses

    async with receiving() as reception:
        statuses = await trio.to_thread.run_sync(send, reception.port)
        assert statuses == [0] * len(IMAGES)
        assert sorted(reception.rooms.stored) == sorted(image.data for image in IMAGES)
        assert (await reception.rooms.report()).outcome == "released"


async def test_pynetdicom_negotiates_everything_it_knows() -> None:
    def call(port: int) -> tuple[int, int]:
        entity = AE()
        entity.requested_contexts = AllStoragePresentationContexts[:128]
        association = entity.associate("127.0.0.1", port)
        counts = len(association.accepted_contexts), len(association.rejected_contexts)
        association.release()
        return counts

    async with receiving() as reception:
        assert await trio.to_thread.run_sync(call, reception.port) == (128, 0)


async def test_pynetdicom_asks_for_what_is_not_offered() -> None:
    def call(port: int) -> int:
        entity = AE()
        entity.requested_contexts = [
            build_context("1.2.840.10008.5.1.4.1.2.2.1"),
            build_context("1.2.840.10008.1.1"),
        ]
        association = entity.associate("127.0.0.1", port)
        rejected = len(association.rejected_contexts)
        association.abort()
        return rejected

    async with receiving() as reception:
        assert await trio.to_thread.run_sync(call, reception.port) == 1
        assert (await reception.rooms.report()).outcome == "aborted"


@contextmanager
def _pynetdicom(kept: list[bytes]) -> Iterator[Remote]:
    def store(event: Event) -> int:
        kept.append(event.request.DataSet.getvalue())
        return 0x0000

    entity = AE(ae_title="PYNETDICOM")
    for sop_class, syntaxes in _CONTEXTS:
        entity.add_supported_context(sop_class, list(syntaxes))
    handlers = [(evt.EVT_C_STORE, store), (evt.EVT_C_ECHO, lambda event: 0x0000)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        port = server.socket.getsockname()[1]
        yield Remote("PYNETDICOM", "127.0.0.1", port, "ARCA")
    finally:
        server.shutdown()


async def test_pynetdicom_is_sent_to() -> None:
    kept = list[bytes]()
    with _pynetdicom(kept) as remote:
        async with associate(remote, _CONTEXTS) as association:
            assert await association.echo() == 0
            for image in IMAGES:
                assert (await association.store(image.outgoing())).status == 0
    assert kept == [image.data for image in IMAGES]
