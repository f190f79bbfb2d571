"""A third party's dissector makes sense of every conversation."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import Appliance
from tests.system.capture import POSSIBLE, Capture
from tests.system.images import ct
from tests.system.patience import until
from tests.system.peers import StoreScp, echoscu

pytestmark = pytest.mark.skipif(
    not POSSIBLE or os.geteuid() != 0, reason="TSHARK IS NOT HERE, OR MAY NOT LISTEN"
)


def _echo(arca: Appliance, folder: Path) -> None:
    assert echoscu(arca.port).returncode == 0


def _store(arca: Appliance, folder: Path) -> None:
    assert wire.store(arca.port, [ct(number, source=81) for number in range(3)]) == [0] * 3


def _asking(arca: Appliance, *words: str) -> str:
    """A program of DCMTK's, called ASKER, that is registered here."""
    if not any(row["name"] == "asker" for row in arca.ask("node", "list")):
        here = ["--ae", "ASKER", "--host", "127.0.0.1", "--port", "1"]
        arca.ask("node", "add", "asker", *here)
    program, *rest = words
    call = [program, "-v", "-aet", "ASKER", "-aec", "ARCA", *rest, "127.0.0.1", str(arca.port)]
    done = subprocess.run(call, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


_STUDIES = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientName", "-k", "StudyInstanceUID"]


def _find(arca: Appliance, folder: Path) -> None:
    assert wire.store(arca.port, [ct(1, source=83)]) == [0]
    arca.settled(1)
    assert "StudyInstanceUID" in _asking(arca, "findscu", *_STUDIES)


def _get(arca: Appliance, folder: Path) -> None:
    image = ct(2, source=84)
    assert wire.store(arca.port, [image]) == [0]
    arca.settled(1)
    study = ["-k", f"StudyInstanceUID={arca.ask('studies')[0]['study_uid']}"]
    words = ["-S", "-k", "QueryRetrieveLevel=STUDY", *study, "-od", str(folder)]
    _asking(arca, "getscu", *words)
    assert any(path.is_file() for path in folder.iterdir())


def _worklist(arca: Appliance, folder: Path) -> None:
    _asking(arca, "findscu", "-W", "-k", "PatientName", "-k", "PatientID")


TALKS: list[tuple[Callable[[Appliance, Path], None], list[str]]] = [
    (_echo, ["C-ECHO-RQ", "C-ECHO-RSP ID=1 (Success)", "A-RELEASE response"]),
    (_store, ["C-STORE-RQ", "C-STORE-RSP ID=1 (Success)"]),
    (_find, ["C-FIND-RQ", "C-FIND-RSP-DATA", "C-FIND-RSP ID=1 (Success)"]),
    (_get, ["C-GET-RQ", "C-STORE-RQ", "C-GET-RSP ID=1 C=1 (Success)"]),
    (_worklist, ["C-FIND-RQ", "C-FIND-RSP ID=1 (Success)"]),
]


@pytest.mark.parametrize(("talk", "said"), TALKS, ids=lambda one: getattr(one, "__name__", ""))
def test_what_we_answer_is_well_formed(
    shared_arca: Appliance,
    tmp_path: Path,
    talk: Callable[[Appliance, Path], None],
    said: list[str],
) -> None:
    with Capture(tmp_path, shared_arca.port) as capture:
        talk(shared_arca, tmp_path)
    assert capture.malformed() == []
    lines = "\n".join(capture.lines())
    for words in said:
        assert words in lines


def test_what_we_send_is_well_formed(shared_arca: Appliance, tmp_path: Path) -> None:
    with StoreScp(tmp_path / "scp") as scp, Capture(tmp_path, scp.port) as capture:
        shared_arca.route("captured", scp.port)
        image = ct(1, source=82)
        assert wire.store(shared_arca.port, [image]) == [0]
        until(lambda: len(scp.digests()) > 0, 30, "the forwarded object")
    assert capture.malformed() == []
    assert "C-STORE-RSP ID=1 (Success)" in "\n".join(capture.lines())
