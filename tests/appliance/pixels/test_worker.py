"""The process that touches pixels: what it answers, and what it may take."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from appliance.pixels.model import EXPLICIT, RLE, Job
from tests.appliance.pixels.pictures import grey, native


def _answers(memory: int, *jobs: Job) -> list[dict[str, object]]:
    lines = "".join(json.dumps(job.as_json()) + "\n" for job in jobs)
    command = [sys.executable, "-m", "appliance.pixels.worker", str(memory)]
    told = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in told.stdout.splitlines()]


def _job(folder: Path, raw: bytes, **changes: object) -> Job:
    (folder / "given").write_bytes(raw)
    (folder / "out").write_bytes(b"")
    given = {"do": "convert", "start": 0, "syntax": EXPLICIT, "target": RLE, "largest": 1 << 30}
    paths = {"path": str(folder / "given"), "out": str(folder / "out")}
    return Job(**given | paths | changes)  # type: ignore[arg-type]


def test_job_after_job(tmp_path: Path) -> None:
    good = _job(tmp_path, native(grey()))
    damaged = _job(tmp_path, native(grey()), digest="0" * 64)
    gone = _job(tmp_path, native(grey()), path="/nowhere")
    answers = _answers(1 << 30, good, damaged, gone, _job(tmp_path, native(grey())))
    assert answers[0] == answers[3] == {}
    assert "restore" in str(answers[1]["corrupt"])
    assert "could not be worked on" in str(answers[2]["error"])


def test_memory_is_bounded(tmp_path: Path) -> None:
    # 16384² of 16 bits: half a gigabyte for one frame of a file that is not much smaller.
    pixels = grey(2, 2)
    raw = native(pixels, Rows=16384, Columns=16384)
    path = tmp_path / "given"
    path.write_bytes(raw[:-20])
    tag = b"\xe0\x7f\x10\x00OW\0\0" + (2 * 16384 * 16384).to_bytes(4, "little")
    with path.open("r+b") as file:
        file.seek(len(raw) - 20)
        file.write(tag)
        file.truncate(len(raw) - 20 + 12 + 2 * 16384 * 16384)
    (tmp_path / "out").write_bytes(b"")
    job = Job("convert", str(path), 0, EXPLICIT, str(tmp_path / "out"), RLE)
    [answer] = _answers(512 << 20, job)
    assert answer["spent"]
    assert "pixels.memory" in str(answer["error"])


def test_results_are_bounded(tmp_path: Path) -> None:
    raw = native(grey(64, 64, 64))
    answers = _answers(1 << 30, _job(tmp_path, raw, largest=100_000))
    assert "100000 are allowed" in str(answers[0]["error"])
    copied = _job(tmp_path, raw, target=EXPLICIT, largest=100_000)
    assert "could not be worked on" in str(_answers(1 << 30, copied)[0]["error"])


def test_our_own_limits_are_not_touched() -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
