"""The measuring tools themselves: what the sender says it sent is what a receiver got."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pydicom
import pytest

from appliance.meter import Meter
from tests.bench.goals import Goal, Medians
from tests.bench.measure import Result, median
from tests.bench.metrics import worst_lag
from tests.bench.objects import SMALL, Kind, Template, make_template
from tests.bench.tables import table
from tests.bench.toolchain import Programs, Unavailable, compile_programs

ODD = Kind("odd", 77, 5)  # several frames; pixels that fill no number of PDUs evenly


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Programs:
    try:
        return compile_programs(tmp_path_factory.mktemp("programs"))
    except Unavailable as reason:
        pytest.skip(str(reason))


class Receiver:
    """receiver.c, listening."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, log: Path) -> None:
        assert process.stdout is not None
        self.port = process.stdout.readline().split()[1]
        self.folder, self.log = folder, log

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.folder.glob("*/*")}


@pytest.fixture(params=["4096", "131072"])
def receiver(
    request: pytest.FixtureRequest, programs: Programs, tmp_path: Path
) -> Iterator[Receiver]:
    folder, log = tmp_path / "received", tmp_path / "log"
    folder.mkdir()
    words = [str(programs.receiver), "--fsync", "--pdu", request.param]
    words += ["--directory", str(folder), "--log", str(log)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        yield Receiver(process, folder, log)
        process.kill()


def send(programs: Programs, port: str, words: Sequence[str]) -> tuple[int, dict[str, Any]]:
    line = [str(programs.sender), "--port", port, "--timeout", "10", *words]
    done = subprocess.run(line, capture_output=True, text=True, timeout=30, check=False)
    return done.returncode, json.loads(done.stdout)


def expected(template: Template, received: bytes) -> bytes:
    """The object that the template makes, with the names that were received in it."""
    head = bytearray(template.head.read_bytes())
    for name, length in {"number": 6, "patient": 16}.items():
        at = template.places[name]
        head[at : at + length] = received[at : at + length]
    for name in ("study", "series", "instance"):
        at = template.places[name]
        head[at : at + 44] = received[at : at + 44]
    block = template.block.read_bytes()
    pixels = template.kind.pixels
    return bytes(head) + (block * (pixels // len(block) + 1))[:pixels]


@pytest.mark.parametrize("kind", [SMALL, ODD], ids=lambda kind: kind.name)
def test_objects_arrive_byte_for_byte(
    programs: Programs, receiver: Receiver, tmp_path: Path, kind: Kind
) -> None:
    template = make_template(kind, tmp_path)
    words = [*template.arguments(), "--associations", "3", "--objects", "4"]
    code, result = send(programs, receiver.port, words)
    files = receiver.files()
    assert (code, result["objects"], len(files)) == (0, 12, 12)
    for name, content in files.items():
        assert content == expected(template, content)
        dataset = pydicom.dcmread(tmp_path / "received" / _one(receiver, name), force=True)
        assert dataset.SOPInstanceUID == name
        assert len(dataset.PixelData) == kind.pixels


def _one(receiver: Receiver, name: str) -> Path:
    return next(receiver.folder.glob(f"*/{name}"))


def test_both_logs_name_the_same_objects(
    programs: Programs, receiver: Receiver, tmp_path: Path
) -> None:
    template, log = make_template(SMALL, tmp_path), tmp_path / "answers"
    words = [*template.arguments(), "--objects", "3", "--log", str(log), "--run", "7"]
    assert send(programs, receiver.port, words)[0] == 0
    answered = [line.split() for line in log.read_text().splitlines()]
    accepted = [line.split() for line in receiver.log.read_text().splitlines()]
    assert [uid for uid, _ in answered] == [uid for uid, _, _ in accepted]
    assert [int(size) for _, _, size in accepted] == [template.size] * 3
    for (_, answer), (_, arrival, _) in zip(answered, accepted, strict=True):
        assert int(arrival) <= int(answer)


def test_runs_and_associations_share_no_names(
    programs: Programs, receiver: Receiver, tmp_path: Path
) -> None:
    template = make_template(SMALL, tmp_path)
    for run in ("1", "2"):
        words = [*template.arguments(), "--associations", "2", "--objects", "2", "--run", run]
        assert send(programs, receiver.port, words)[0] == 0
    assert len({line.split()[0] for line in receiver.log.read_text().splitlines()}) == 8


def test_the_receiver_answers_an_echo(programs: Programs, receiver: Receiver) -> None:
    assert send(programs, receiver.port, ["--echo"])[0] == 0


def test_the_sender_tells_when_nobody_listens(programs: Programs, tmp_path: Path) -> None:
    template = make_template(SMALL, tmp_path)
    code, result = send(programs, "1", [*template.arguments(), "--objects", "1"])
    assert (code, result["failed"]) == (1, 1)
    assert result["trouble"] == "cannot connect: Connection refused"


def test_lag_is_the_bound_no_wake_up_was_beyond() -> None:
    meter = Meter()
    assert worst_lag(meter.exposition().decode()) is None
    for seconds in (0.0001, 0.02, 0.003):
        meter.loop_lag.observe(seconds)
    assert worst_lag(meter.exposition().decode()) == 0.025


def _result(rate: float, trouble: str = "") -> Result:
    return Result(rate, rate, 1.0, 2.0, 3.0, 1000, None, trouble)


def test_the_median_leaves_out_what_gave_nothing() -> None:
    found = median([_result(10), _result(0, "it ended"), _result(30), _result(20)])
    assert found is not None
    assert (found.objects_per_second, found.trouble) == (20, "it ended")
    assert median([_result(0, "it ended")]) is None


def test_a_goal_is_a_ratio_of_two_measured_rates() -> None:
    goal = Goal("arca", "orthanc", "ct, 1", 3.0)
    medians: Medians = {"arca": {"ct, 1": _result(700)}, "orthanc": {"ct, 1": _result(200)}}
    assert goal.reached(medians) == 3.5
    assert goal.reached({"arca": {"ct, 1": _result(700)}}) is None


def test_tables_line_up() -> None:
    assert table(["", "a"], [["long name", "1"], ["x", "100"]]).splitlines() == [
        "|           |   a |",
        "| --------- | --: |",
        "| long name |   1 |",
        "| x         | 100 |",
    ]
