"""Workers that hang, die or are left alone: the pool stays usable."""

from __future__ import annotations

import os
import signal
import struct
from pathlib import Path

import pytest
import trio

from appliance.pixels.model import EXPLICIT, RLE, Job, PixelError, Settings
from appliance.pixels.pool import Pool
from tests.appliance.pixels.pictures import grey, native


def _settings(folder: Path, seconds: float = 20) -> Settings:
    return Settings(folder, workers=1, memory=1 << 30, seconds=seconds, largest=1 << 40)


def _job(folder: Path) -> Job:
    (folder / "given").write_bytes(native(grey()))
    (folder / "out").write_bytes(b"")
    return Job("convert", str(folder / "given"), 0, EXPLICIT, str(folder / "out"), RLE)


def _endless(folder: Path) -> Job:
    """A file of four gigabytes, nearly all of it a hole: a minute's work at least."""
    raw = native(grey(1, 1), NumberOfFrames=2147, Rows=1000, Columns=1000)[:-14]
    path = folder / "endless"
    with path.open("wb") as file:
        file.write(raw + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OW", 0, 0xFFFFFFFE))
        file.truncate((1 << 32) + len(raw) + 10)
    job = _job(folder)
    return Job("convert", str(path), 0, EXPLICIT, job.out, RLE)


async def _works(pool: Pool, folder: Path) -> bool:
    return await pool.run(_job(folder)) == {}


async def test_a_worker_is_kept(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path))
    assert await _works(pool, tmp_path)
    [worker] = pool._idle
    assert await _works(pool, tmp_path)
    assert pool._idle == [worker]
    assert worker.jobs == 2
    await pool.close()


async def test_one_that_hangs_is_ended(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path, seconds=0.5))
    assert await _works(pool, tmp_path)
    process = pool._idle[0]._process
    os.kill(process.pid, signal.SIGSTOP)  # it hangs as hard as anything can
    with pytest.raises(PixelError, match=r"longer than 0\.5 seconds"):
        await pool.run(_job(tmp_path))
    assert process.returncode == -signal.SIGKILL
    assert await _works(pool, tmp_path)
    await pool.close()


async def test_one_that_works_without_end_is_ended(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path, seconds=0.5))
    assert await _works(pool, tmp_path)
    with pytest.raises(PixelError, match="longer than"):
        await pool.run(_endless(tmp_path))
    assert await _works(pool, tmp_path)
    await pool.close()


async def test_one_that_dies_is_replaced(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path))
    assert await _works(pool, tmp_path)
    os.kill(pool._idle[0]._process.pid, signal.SIGKILL)
    with pytest.raises(PixelError, match="died"):
        await pool.run(_job(tmp_path))
    assert await _works(pool, tmp_path)
    await pool.close()


async def test_one_whose_caller_went_away_is_ended(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path))
    assert await _works(pool, tmp_path)
    process = pool._idle[0]._process
    with trio.move_on_after(0.05):
        await pool.run(_endless(tmp_path))
    assert process.returncode is not None
    assert pool._idle == []
    assert await _works(pool, tmp_path)
    await pool.close()


async def test_closing_ends_the_processes(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path))
    assert await _works(pool, tmp_path)
    process = pool._idle[0]._process
    await pool.close()
    assert process.returncode is not None


async def test_there_are_no_more_of_them_than_allowed(tmp_path: Path) -> None:
    pool = Pool(_settings(tmp_path))
    job = _job(tmp_path)
    async with trio.open_nursery() as nursery:
        for _ in range(4):
            nursery.start_soon(pool.run, job)
    assert len(pool._idle) == 1
    await pool.close()
