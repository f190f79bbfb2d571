"""Studies are found in, and brought from, other people's archives."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.appliance.retrieval.archive import STUDY, Archive
from tests.system.appliance import ARCA, Appliance, CommandFailed, free_port
from tests.system.images import Image, ct, part10
from tests.system.peers import Orthanc, Program, listening, storescu


class QueryRetrieve(Program):
    """dcmqrscp, which knows us as a destination."""

    def __init__(self, folder: Path, arca_port: int) -> None:
        self.port = free_port()
        (folder / "db").mkdir(parents=True)
        settings = folder / "dcmqrscp.cfg"
        settings.write_text(
            f"NetworkTCPPort = {self.port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n"
            f"HostTable BEGIN\narca = (ARCA, 127.0.0.1, {arca_port})\nHostTable END\n"
            "VendorTable BEGIN\nVendorTable END\n"
            f"AETable BEGIN\nQRSCP {folder / 'db'} RW (200, 1024mb) ANY\nAETable END\n"
        )
        words = ["dcmqrscp", "-c", str(settings)]
        super().__init__(words, self.port, folder / "log")
        self.await_ready(lambda: listening(self.port), "dcmqrscp listens")


@pytest.fixture
def dcmqrscp(shared_arca: Appliance, tmp_path: Path) -> Iterator[QueryRetrieve]:
    if not shutil.which("dcmqrscp"):
        pytest.skip("DCMTK IS NOT INSTALLED")
    with QueryRetrieve(tmp_path / "qr", shared_arca.port) as made:
        yield made


def _brought(arca: Appliance, node: str, method: str, images: list[Image]) -> None:
    [study] = {row["study_uid"] for row in arca.ask("query", node)}
    [one] = arca.ask("retrieve", node, study, "--method", method)
    assert (one["state"], one["expected"], one["here"]) == ("complete", len(images), len(images))
    assert arca.holds(images)


@pytest.mark.parametrize("method", ["get", "move", "auto"])
def test_from_dcmtk(
    shared_arca: Appliance,
    dcmqrscp: QueryRetrieve,
    tmp_path: Path,
    method: str,
) -> None:
    images = [ct(number, source=92 + len(method)) for number in range(3)]
    files = []
    for number, image in enumerate(images):
        files.append(tmp_path / f"{number}.dcm")
        files[-1].write_bytes(part10(image))
    assert storescu(dcmqrscp.port, files, "-aec", "QRSCP").returncode == 0
    node = f"qr-{method}"
    words = ["--ae", "QRSCP", "--host", "127.0.0.1", "--port", str(dcmqrscp.port)]
    shared_arca.ask("node", "add", node, *words)
    _brought(shared_arca, node, method, images)


@pytest.mark.parametrize("method", ["get", "move"])
def test_from_orthanc(shared_arca: Appliance, tmp_path: Path, method: str) -> None:
    images = [ct(number, source=96 + len(method)) for number in range(3)]
    with Orthanc(tmp_path / "orthanc", shared_arca.port) as orthanc:
        for image in images:
            orthanc.upload(image)
        node = f"orthanc-{method}"
        words = ["--ae", "ORTHANC", "--host", "127.0.0.1", "--port", str(orthanc.port)]
        shared_arca.ask("node", "add", node, *words)
        _brought(shared_arca, node, method, images)


def test_who_does_not_know_us_is_explained(
    shared_arca: Appliance, dcmqrscp: QueryRetrieve, tmp_path: Path
) -> None:
    words = ["--ae", "NOBODY", "--host", "127.0.0.1", "--port", str(dcmqrscp.port)]
    shared_arca.ask("node", "add", "wrong", *words)
    with pytest.raises(CommandFailed) as failed:
        shared_arca.ask("query", "wrong")
    assert "called AE title" in failed.value.errors


def test_control_c_cancels_at_the_archive(shared_arca: Appliance) -> None:
    known = {"ARCA": ("127.0.0.1", shared_arca.port)}
    with Archive(lies={"never ends"}, destinations=known) as archive:
        words = ["--ae", "PACS", "--host", "127.0.0.1", "--port", str(archive.port)]
        shared_arca.ask("node", "add", "endless", *words)
        words = ["retrieve", "endless", STUDY, "--method", "move"]
        command = [str(ARCA), *words, "--config", str(shared_arca.config)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
            try:
                assert archive.sending.wait(20)
                asking.send_signal(signal.SIGINT)
                assert archive.cancelled.wait(10)
            finally:
                archive.lies.clear()
                asking.kill()
