"""A few processes that touch pixels, so that no hostile image can reach the appliance itself.

They are started when they are first needed and kept. One that takes too long, dies or is left
in the middle of a job is ended and replaced by the next job.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Any

import trio

from appliance.pixels.model import Job, PixelError, Settings
from storage.errors import Corrupt

# A codec's leaks end with its process.
_MOST_JOBS = 500
_LONGEST_ANSWER = 64 << 10
_START_SECONDS = 30.0


class Pool:
    """Runs jobs, each in one of a bounded number of processes."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns = trio.CapacityLimiter(settings.workers)
        self._idle: list[_Worker] = []

    async def run(self, job: Job) -> dict[str, Any]:
        """Wait for a free worker, let it work; what it reports.

        Raises `PixelError`, and `Corrupt` when the stored file is not what was put.
        """
        async with self._turns:
            worker = self._idle.pop() if self._idle else await _start(self._settings)
            answer = await self._ask(worker, job)
        if damage := answer.get("corrupt"):
            raise Corrupt(damage)
        if words := answer.get("error"):
            raise PixelError(words)
        return answer

    async def _ask(self, worker: _Worker, job: Job) -> dict[str, Any]:
        usable = False
        try:
            answer = await worker.ask(job, self._settings)
            usable = worker.jobs < _MOST_JOBS and not answer.get("spent")
            return answer
        finally:
            if usable:
                self._idle.append(worker)
            else:
                await worker.end()

    async def close(self) -> None:
        """End the workers that wait."""
        while self._idle:
            await self._idle.pop().end()


class _Worker:
    """One process. One job at a time."""

    def __init__(self, process: trio.Process) -> None:
        self._process = process
        self.jobs = 0

    async def ask(self, job: Job, settings: Settings) -> dict[str, Any]:
        self.jobs += 1
        timed = replace(job, seconds=settings.seconds, largest=settings.largest)
        # A fresh worker has to load its codecs first.
        seconds = settings.seconds + (_START_SECONDS if self.jobs == 1 else 0)
        try:
            with trio.fail_after(seconds):
                return await self._dialogue(json.dumps(timed.as_json()).encode() + b"\n")
        except trio.TooSlowError:
            raise PixelError(
                f"its pixels took longer than {settings.seconds:g} seconds and were given up: "
                "pixels.seconds allows more"
            ) from None

    async def _dialogue(self, line: bytes) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        answer = bytearray()
        with suppress(trio.BrokenResourceError):
            await self._process.stdin.send_all(line)
            while not answer.endswith(b"\n") and len(answer) < _LONGEST_ANSWER:
                part = await self._process.stdout.receive_some(_LONGEST_ANSWER)
                if not part:
                    break
                answer += part
        if not answer.endswith(b"\n"):
            raise PixelError(
                "the process that worked on its pixels died of them: the image is damaged, made "
                "to do harm, or needs more than pixels.memory and pixels.seconds allow"
            )
        said: dict[str, Any] = json.loads(answer)
        return said

    async def end(self) -> None:
        """Kill it; it holds nothing that matters."""
        with trio.CancelScope(shield=True):
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                if stream is not None:
                    await stream.aclose()


async def _start(settings: Settings) -> _Worker:
    command = [sys.executable, "-m", "appliance.pixels.worker", str(settings.memory)]
    with trio.CancelScope(shield=True):  # or a process would be left that nobody knows
        process = await trio.lowlevel.open_process(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_surroundings(),
            start_new_session=True,  # a Ctrl-C is for the appliance, which ends them itself
        )
    return _Worker(process)


def _surroundings() -> dict[str, str]:
    """One thread each, and no setting of ours beyond where Python finds things."""
    kept = ("PATH", "PYTHONPATH", "HOME", "LANG", "LD_LIBRARY_PATH", "SYSTEMROOT")
    threads = {f"{one}_NUM_THREADS": "1" for one in ("OPENBLAS", "OMP", "MKL")}
    return {name: os.environ[name] for name in kept if name in os.environ} | threads
