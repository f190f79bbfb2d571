"""How fast studies are fetched: C-GET by getscu and C-MOVE to a receiver in C, of two archives."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import AE

from tests.bench.candidates import Place, arca_configuration
from tests.bench.measure import Bench
from tests.bench.objects import CT
from tests.bench.processes import Failed, Running, free_port, running

_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
_CALLERS = ("FINDSCU", "GETSCU", "MOVESCU")
_LIMIT = 300.0
TITLES = ["CT objects/s", "C-GET", "C-MOVE"]

_DCMQRSCP = """NetworkTCPPort = {port}
MaxPDUSize = 131072
MaxAssociations = 16
HostTable BEGIN
sink = (SINK, 127.0.0.1, {sink})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCA {folder} RW (9, 100000mb) ANY
AETable END
"""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What one archive reached; the trouble when it did not."""

    label: str
    got: float = 0.0  # objects per second
    moved: float = 0.0
    trouble: str = ""

    def row(self) -> list[str]:
        return [self.label, f"{self.got:.0f}", f"{self.moved:.0f}"]


def measure_retrieval(bench: Bench, objects: int) -> list[Fetched]:
    """Fill each archive with so many CT of one study and fetch them twice."""
    missing = [one for one in ("dcmqrscp", "getscu", "movescu") if not shutil.which(one)]
    if missing:
        trouble = f"{', '.join(missing)} not installed; apt-get install dcmtk"
        return [Fetched("retrieval", trouble=trouble)]
    return [_measured(bench, label, objects) for label in ("Arca", "dcmqrscp")]


def _measured(bench: Bench, label: str, objects: int) -> Fetched:
    folder = bench.folder / f"retrieve-{label}"
    place = Place(bench.programs, bench.arca, folder, free_port(), free_port())
    (folder / "ARCA").mkdir(parents=True)
    try:
        with _sink(place) as sink, _archive(place, label, sink) as archive:
            bench.sender(place.port, bench.templates[CT.name], "--objects", str(objects))
            study = _study(place.port, archive, arca=label == "Arca", objects=objects)
            got = _timed("getscu", place.port, study, "--ignore")
            moved = _timed("movescu", place.port, study, "-aem", "SINK")
            return Fetched(label, objects / got, objects / moved)
    except (Failed, OSError, subprocess.SubprocessError) as error:
        return Fetched(label, trouble=str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _sink(place: Place) -> Iterator[int]:
    port = free_port()
    words = [str(place.programs.receiver), "--port", str(port), "--pdu", "131072"]
    with running(words, place.folder / "sink.log"):
        yield port


@contextlib.contextmanager
def _archive(place: Place, label: str, sink: int) -> Iterator[Running]:
    if label == "Arca":
        config = arca_configuration(place)
        words = [str(place.arca), "serve", "--config", str(config)]
    else:
        config = place.folder / "dcmqrscp.cfg"
        text = _DCMQRSCP.format(port=place.port, sink=sink, folder=place.folder / "ARCA")
        config.write_text(text)
        words = ["dcmqrscp", "-c", str(config)]
    with running(words, place.folder / "log") as archive:
        echo = [str(place.programs.sender), "--port", str(place.port), "--called", "ARCA"]
        _until(lambda: _answers([*echo, "--echo"]), archive)
        if label == "Arca":
            for title, port in (*((one, 104) for one in _CALLERS), ("SINK", sink)):
                _node(place, config, title, port)
        yield archive


def _answers(echo: list[str]) -> bool:
    return subprocess.run(echo, capture_output=True, check=False).returncode == 0


def _node(place: Place, config: Path, title: str, port: int) -> None:
    words = ["node", "add", title, "--ae", title, "--host", "127.0.0.1", "--port", str(port)]
    line = [str(place.arca), *words, "--config", str(config)]
    subprocess.run(line, capture_output=True, check=True, timeout=60)


def _study(port: int, archive: Running, *, arca: bool, objects: int) -> str:
    """The study, once the archive lists it; dcmqrscp counts nothing, but lists at once."""
    found: list[str] = []

    def listed() -> bool:
        found[:] = [study for study, count in _studies(port) if count == objects or not arca]
        return bool(found)

    _until(listed, archive)
    return found[0]


def _studies(port: int) -> list[tuple[str, int]]:
    asked = Dataset()
    asked.QueryRetrieveLevel, asked.StudyInstanceUID = "STUDY", ""
    asked.NumberOfStudyRelatedInstances = ""
    entity = AE(ae_title="FINDSCU")
    entity.add_requested_context(_FIND)
    association = entity.associate("127.0.0.1", port, ae_title="ARCA")
    if not association.is_established:
        return []
    answers = [dataset for _, dataset in association.send_c_find(asked, _FIND) if dataset]
    association.release()
    return [
        (str(one.StudyInstanceUID), int(one.get("NumberOfStudyRelatedInstances") or 0))
        for one in answers
    ]


def _timed(program: str, port: int, study: str, *words: str) -> float:
    """Seconds that it took; raises Failed when it did not end well."""
    keys = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
    line = [program, "-S", "-aec", "ARCA", "-pdu", "131072", *words, *keys]
    began = time.monotonic()
    done = subprocess.run(
        [*line, "127.0.0.1", str(port)], capture_output=True, text=True, timeout=_LIMIT, check=False
    )
    if done.returncode:
        raise Failed(f"{program}: {(done.stderr or done.stdout).strip()[-300:]}")
    return time.monotonic() - began


def _until(done: Callable[[], bool], archive: Running) -> None:
    for _ in range(600):
        if done():
            return
        archive.pause(0.1)
    raise Failed(f"it did not become ready: {archive.last_words()}")
