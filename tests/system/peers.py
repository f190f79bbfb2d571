"""Other people's programs: dcmtk, Orthanc and pynetdicom, as senders and as destinations."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydicom.dataset import Dataset
from pynetdicom import (
    AE,
    ALL_TRANSFER_SYNTAXES,
    evt,
    sop_class,
)
from pynetdicom.presentation import build_context

from tests.system import wire
from tests.system.appliance import free_port
from tests.system.images import Image, content_digest, part10, split
from tests.system.patience import until

_CLASSES = [
    *sop_class._STORAGE_CLASSES.values(),
    *sop_class._NON_PATIENT_OBJECT_CLASSES.values(),
]


def echoscu(port: int, *switches: str) -> subprocess.CompletedProcess[str]:
    words = ["echoscu", "-v", "-aec", "ARCA", *switches, "127.0.0.1", str(port)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


def storescu(port: int, files: Sequence[Path], *switches: str) -> subprocess.CompletedProcess[str]:
    words = ["storescu", "-v", "-aec", "ARCA", *switches, "127.0.0.1", str(port), *map(str, files)]
    return subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)


class Program:
    """A peer that runs as a process of its own."""

    def __init__(self, words: Sequence[str], port: int, log: Path) -> None:
        self.port = port
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                words, stdout=output, stderr=output, start_new_session=True
            )

    def await_ready(self, ready: Callable[[], bool], what: str) -> None:
        try:
            until(ready, 60, what)
        except AssertionError:
            self.stop()
            raise

    def stop(self) -> None:
        """End it and the processes it forked."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def listening(port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        wire.connect(port, timeout=5).close()
    except OSError:
        return False
    return True


class StoreScp(Program):
    """dcmtk's storescp, writing what it reads as it reads it."""

    def __init__(self, folder: Path, *switches: str, port: int = 0) -> None:
        folder.mkdir(exist_ok=True, parents=True)
        self.folder, port = folder, port or free_port()
        words = ["storescp", "+B", "+xa", "-pm", "+uf", "-pdu", "131072", "-od", str(folder)]
        super().__init__([*words, *switches, str(port)], port, folder.with_suffix(".log"))
        self.await_ready(lambda: listening(port), "storescp listens")

    def digests(self) -> set[str]:
        """SHA-256 of the data set of every file written so far."""
        found = set()
        for path in self.folder.iterdir():
            try:
                found.add(content_digest(path))
            except (OSError, IndexError):  # renamed or still being written
                continue
        return found


class Orthanc(Program):
    """Orthanc with a folder of its own; it knows the appliance as modality `arca`."""

    def __init__(
        self,
        folder: Path,
        arca_port: int,
        ae_title: str = "ORTHANC",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True, parents=True)
        self.ae_title = ae_title
        self.http, port = free_port(), free_port()
        config = folder / "orthanc.json"
        config.write_text(json.dumps({**self._config(folder, port, arca_port), **(more or {})}))
        super().__init__(["Orthanc", str(config)], port, folder / "orthanc.log")
        self.await_ready(self._answers, "Orthanc answers")

    def _config(self, folder: Path, port: int, arca_port: int) -> dict[str, Any]:
        return {
            "StorageDirectory": str(folder / "store"),
            "IndexDirectory": str(folder / "index"),
            "HttpPort": self.http,
            "DicomPort": port,
            "DicomAet": self.ae_title,
            "UnknownSopClassAccepted": True,
            "DicomModalities": {"arca": ["ARCA", "127.0.0.1", arca_port]},
        }

    def _answers(self) -> bool:
        try:
            return bool(self.ask("/system"))
        except OSError:
            return False

    def upload(self, image: Image) -> None:
        self.fetch("/instances", part10(image))

    def instances(self) -> list[str]:
        return list(self.ask("/instances"))

    def content(self, instance: str) -> bytes:
        """The data set of an instance as it keeps it."""
        data = self.fetch(f"/instances/{instance}/file")
        return data[split(data)[1] :]

    def send(self, modality: str) -> Any:
        """Send all it has; its own report."""
        return self.ask(f"/modalities/{modality}/store", json.dumps(self.instances()).encode())

    def ask(self, path: str, body: bytes | None = None) -> Any:
        return json.loads(self.fetch(path, body))

    def fetch(self, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data=body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())


@dataclass(frozen=True, slots=True)
class Received:
    """One C-STORE as a destination saw it."""

    image: Image
    calling_ae_title: str
    status: int


class Scripted:
    """A pynetdicom receiver that keeps data sets as they came and answers as it is told to."""

    def __init__(
        self,
        answer: Callable[[Image], int] = lambda image: 0,
        *,
        port: int = 0,
        syntaxes: Sequence[str] = (),
    ) -> None:
        self.received: list[Received] = []
        self._answer = answer
        entity = AE(ae_title="SINK")
        entity.maximum_pdu_size = 0
        entity.maximum_associations = 50
        for abstract in _CLASSES:
            entity.add_supported_context(abstract, list(syntaxes or ALL_TRANSFER_SYNTAXES))
        entity.add_supported_context(wire.VERIFICATION)
        self.port = port or free_port()
        self._server = entity.start_server(
            ("127.0.0.1", self.port), block=False, evt_handlers=[(evt.EVT_C_STORE, self._take)]
        )

    def _take(self, event: evt.Event) -> int:
        request = event.request
        image = Image(
            str(request.AffectedSOPClassUID),
            str(request.AffectedSOPInstanceUID),
            str(event.context.transfer_syntax),
            bytes(request.DataSet.getvalue()),
        )
        calling = str(event.assoc.requestor.ae_title).strip()
        status = self._answer(image)
        self.received.append(Received(image, calling, status))
        return status

    def reach(self, count: int) -> None:
        """Wait until so many C-STOREs have come."""
        until(lambda: len(self.received) >= count, 60, f"{count} C-STOREs at the destination")

    def digests(self) -> set[str]:
        """SHA-256 of every data set that was answered with success so far."""
        return {one.image.digest for one in self.received if one.status == 0}

    def stop(self) -> None:
        self._server.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def send_by_pynetdicom(port: int, datasets: Sequence[Dataset]) -> list[int]:
    """The statuses of pynetdicom's own sender."""
    entity = AE(ae_title="PYNETDICOM")
    pairs = {(str(one.SOPClassUID), str(one.file_meta.TransferSyntaxUID)) for one in datasets}
    entity.requested_contexts = [build_context(*pair) for pair in sorted(pairs)]
    association = entity.associate("127.0.0.1", port, ae_title="ARCA")
    assert association.is_established
    try:
        return [int(association.send_c_store(one).Status) for one in datasets]
    finally:
        association.release()
