"""Objects per second into a volume, beside a loop that only writes and syncs.

    .venv/bin/python tests/bench/storage_commit.py [FOLDER]

Both sides are run in turn, so that a disk shared with others is unfair to neither.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from storage.volume import Volume, VolumeSettings, create_volume, open_volume

ROUNDS = 5
PIECE = 256 << 10
START = datetime(2026, 1, 1, tzinfo=UTC)
Step = Callable[[int, int, bytes], None]


def in_threads(threads: int, each: int, data: bytes, step: Step) -> float:
    """Objects per second when every thread does its share."""

    def work(thread: int) -> None:
        for number in range(each):
            step(thread, number, data)

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return threads * each / (time.perf_counter() - began)


def plain(folder: Path, mark: str) -> Step:
    def step(thread: int, number: int, data: bytes) -> None:
        path = folder / f"{mark}-{thread}-{number}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        for start in range(0, len(data), PIECE):
            os.write(descriptor, data[start : start + PIECE])
        os.fsync(descriptor)
        os.close(descriptor)

    return step


def into(volume: Volume, mark: str) -> Step:
    def step(thread: int, number: int, data: bytes) -> None:
        incoming = volume.receive(f"{mark} {thread} {number}".encode().ljust(400))
        for start in range(0, len(data), PIECE):
            incoming.write([memoryview(data)[start : start + PIECE]])
        incoming.commit(f"{mark}.{thread}.{number}", f"study {mark} {thread}", {"source": "BENCH"})

    return step


def compare(folder: Path, label: str, data: bytes, threads: int, each: int, *, sync: bool) -> None:
    settings = VolumeSettings(low_watermark=0, reserve=0, sync=sync)
    unit = folder / "unit"
    create_volume(unit, name="bench", settings=settings)
    plain_rates, volume_rates = [], []
    with open_volume(unit, settings=settings, clock=lambda: START) as volume:
        for turn in range(ROUNDS):
            loose = folder / "loose"
            loose.mkdir()
            plain_rates.append(in_threads(threads, each, data, plain(loose, str(turn))))
            shutil.rmtree(loose)
            volume_rates.append(in_threads(threads, each, data, into(volume, str(turn))))
    shutil.rmtree(unit)
    loop, kept = statistics.median(plain_rates), statistics.median(volume_rates)
    click.echo(f"{label:24} {threads:3} threads {loop:8.0f}/s {kept:8.0f}/s {kept / loop:6.2f}")


def main() -> None:
    base = sys.argv[1] if len(sys.argv) > 1 else None
    folder = Path(tempfile.mkdtemp(prefix="arca-bench-", dir=base))
    click.echo(f"{'':35} write+fsync   volume  ratio")
    try:
        small, slice_, large = os.urandom(12 << 10), os.urandom(526 << 10), os.urandom(200 << 20)
        for threads in (1, 16):
            compare(folder, "12 KB", small, threads, 800 // threads, sync=True)
            compare(folder, "526 KB", slice_, threads, 160 // threads, sync=True)
        compare(folder, "200 MB", large, 1, 1, sync=True)
        compare(folder, "12 KB, volume unsynced", small, 1, 2000, sync=False)
        compare(folder, "526 KB, volume unsynced", slice_, 1, 160, sync=False)
        compare(folder, "200 MB, volume unsynced", large, 1, 1, sync=False)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
