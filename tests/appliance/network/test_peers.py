"""Peers that others wrote: DCMTK's programs and pynetdicom, calling and being called."""

from __future__ import annotations

import shutil
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trio
from pydicom import dcmread
from pydicom.data import get_testdata_files
from pynetdicom import AE, AllStoragePresentationContexts, build_context, evt
from pynetdicom.events import Event

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


def _images() -> list[Image]:
    """The images that pydicom brings along, with the bytes of their data sets."""
    wanted = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "ExplVR_BigEnd.dcm", "rtplan.dcm")
    images = []
    for name in get_testdata_files("*.dcm"):
        path = Path(name)
        if path.name not in wanted:
            continue
        meta = dcmread(path, stop_before_pixels=True).file_meta
        raw = path.read_bytes()
        start = 144 + meta.FileMetaInformationGroupLength
        images.append(
            Image(
                path,
                str(meta.MediaStorageSOPClassUID),
                str(meta.MediaStorageSOPInstanceUID),
                str(meta.TransferSyntaxUID),
                raw[start:],
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
    syntax = {"1.2.840.10008.1.2.2": "-xb", "1.2.840.10008.1.2.4.90": "-xv"}.get(image.syntax, "")
    options = [syntax, "-R"] if syntax in ("-xv",) else [syntax] if syntax else []
    async with receiving() as reception:
        said = await _run(reception, "storescu", *options, str(image.path))
        assert "Received Store Response (Success)" in said
        [stored], [request] = reception.rooms.stored, reception.rooms.requests
        assert request.affected_sop_instance_uid == image.instance
        assert request.affected_sop_class_uid == image.sop_class
        # It drops trailing padding and rewrites lengths: what it sends is not byte for byte the file.
        assert len(stored) <= len(image.data) + 64


async def test_dcmtk_stores_many_over_one_association() -> None:
    ct = next(image for image in IMAGES if image.path.name == "CT_small.dcm")
    async with receiving() as reception:
        await _run(reception, "storescu", "--repeat", "5", *[str(ct.path)] * 20)
        assert len(reception.rooms.stored) == 100


@asynccontextmanager
async def _storescp(tmp_path: Path, *options: str) -> AsyncIterator[Remote]:
    program = _program("storescp")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    async with trio.open_nursery() as nursery:
        command = [program, "+B", "+xa", *options, "-od", str(tmp_path), str(port)]
        process = await nursery.start(trio.run_process, command)
        remote = Remote("STORESCP", "127.0.0.1", port, "ARCA", "127.0.0.2")
        await _until_listening(remote)
        yield remote
        process.terminate()
        nursery.cancel_scope.cancel()


async def _until_listening(remote: Remote) -> None:
    with trio.fail_after(30):
        while True:
            try:
                async with await trio.open_tcp_stream(remote.host, remote.port):
                    return
            except OSError:
                await trio.sleep(0.05)


async def test_dcmtk_is_sent_to(tmp_path: Path) -> None:
    async with _storescp(tmp_path) as remote, associate(remote, _CONTEXTS) as association:
        assert await association.echo() == 0
        for image in IMAGES:
            assert (await association.store(image.outgoing())).status == 0
    for image in IMAGES:
        [kept] = tmp_path.glob(f"*{image.instance}")
        assert kept.read_bytes().endswith(image.data)


async def test_dcmtk_refuses_associations(tmp_path: Path) -> None:
    from appliance.network.errors import AssociationFailed

    async with _storescp(tmp_path, "--refuse") as remote:
        with pytest.raises(AssociationFailed) as raised:
            async with associate(remote, _CONTEXTS):
                pytest.fail("it must not come about")
    assert raised.value.kind == "rejected_permanent"


@pytest.mark.parametrize("moment", ["--abort-after", "--abort-during"])
async def test_dcmtk_aborts(tmp_path: Path, moment: str) -> None:
    from appliance.network.errors import AssociationFailed

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
