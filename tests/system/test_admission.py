"""A caller that waits, is admitted to some services, and gets no others; the way to a node."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.appliance import Appliance, free_port
from tests.system.images import ct, part10
from tests.system.patience import until
from tests.system.peers import Orthanc, StoreScp, echoscu, storescu


@pytest.fixture(scope="module")
def holding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """An appliance that lets nobody in whom it does not know."""
    home = tmp_path_factory.mktemp("holding")
    with Appliance(home / "arca", {"dicom": {"unknown_callers": "hold"}}) as appliance:
        appliance.start(ready=lambda: appliance.run("status").returncode == 0)
        yield appliance


def _findscu(port: int, title: str) -> subprocess.CompletedProcess[str]:
    words = ["findscu", "-v", "-W", "-aet", title, "-aec", "ARCA", "127.0.0.1", str(port)]
    keys = ["-k", "PatientName"]
    return subprocess.run([*words, *keys], capture_output=True, text=True, timeout=60, check=False)


def test_pending_admitted_and_limited(holding: Appliance, tmp_path: Path) -> None:
    image = tmp_path / "ct.dcm"
    image.write_bytes(part10(ct(1)))
    assert storescu(holding.port, [image], "-aet", "CT1").returncode != 0
    [caller] = holding.ask("node", "pending")
    assert (caller["calling_ae_title"], caller["calls"]) == ("CT1", 1)
    assert any("CT Image Storage" in name for name in caller["asked_for"])
    assert any("Explicit VR Little Endian" in name for name in caller["transfer_syntaxes"])
    assert "is not registered" in caller["reason"]

    holding.ask("node", "admit", "CT1", "--services", "worklist")
    assert echoscu(holding.port, "-aet", "CT1").returncode == 0
    assert _findscu(holding.port, "CT1").returncode == 0
    assert storescu(holding.port, [image], "-aet", "CT1").returncode != 0
    holding.ask("node", "set", "ct1", "--services", "store")
    assert storescu(holding.port, [image], "-aet", "CT1").returncode == 0
    assert "No Acceptable Presentation Contexts" in _findscu(holding.port, "CT1").stderr
    until(lambda: _told(holding, "offered here to it"), 10, "the report")


def _told(arca: Appliance, words: str) -> bool:
    return any(words in one["diagnosis"] for one in arca.ask("associations"))


def test_only_the_syntaxes_of_the_node(holding: Appliance, tmp_path: Path) -> None:
    image = tmp_path / "ct.dcm"
    image.write_bytes(part10(ct(2)))
    where = ["--ae", "MR1", "--host", "127.0.0.1", "--port", "104"]
    jpeg = ["--accept-syntax", "1.2.840.10008.1.2.4.70"]
    holding.ask("node", "add", "MR1", *where, *jpeg)
    assert storescu(holding.port, [image], "-aet", "MR1").returncode != 0


def test_the_doctor_knows_a_wrong_title(holding: Appliance, tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc", holding.port, more={"DicomCheckCalledAet": True}) as orthanc:
        _add(holding, "right", "ORTHANC", orthanc.port)
        well = holding.run("node", "doctor", "right")
        assert (well.returncode, well.stdout.splitlines()[-1]) == (0, "All is well with right.")
        _add(holding, "wrong", "PACS", orthanc.port)
        ill = holding.run("node", "doctor", "wrong")
        assert ill.returncode == 1
        assert 'Check that it is really called "PACS"' in ill.stdout


def test_the_doctor_sees_what_is_taken(holding: Appliance, tmp_path: Path) -> None:
    with StoreScp(tmp_path / "sink") as sink:
        _add(holding, "sink", "SINK", sink.port)
        steps = holding.ask("node", "doctor", "sink")["steps"]
        assert "takes 12 of the 12 usual kinds of objects" in steps[-1]["words"]
    assert holding.run("node", "doctor", "sink").returncode == 1


def test_the_doctor_knows_a_web_page(holding: Appliance) -> None:
    _add(holding, "page", "PAGE", holding.web_port)
    told = holding.run("node", "doctor", "page").stdout
    assert "TLS" in told or "not DICOM" in told


def test_the_doctor_finds_nobody(holding: Appliance) -> None:
    _add(holding, "gone", "GONE", free_port())
    assert "nothing listens on that port" in holding.run("node", "doctor", "gone").stdout


def _add(arca: Appliance, name: str, title: str, port: int) -> None:
    where = ["--host", "127.0.0.1", "--port", str(port)]
    arca.ask("node", "add", name, "--ae", title, *where)
