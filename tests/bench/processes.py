"""Programs that are started, watched and ended here."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PATIENCE = 20.0  # seconds that a program may take to end by itself


class Failed(Exception):
    """A program ended, or did not do what it was started for; says its last words."""


@dataclass(frozen=True, slots=True)
class Running:
    """A program and where it writes what it has to say."""

    process: subprocess.Popen[bytes]
    log: Path

    def last_words(self) -> str:
        """The end of its log, in one line."""
        lines = self.log.read_text(errors="replace").split("\n")
        return " / ".join(line.strip() for line in lines[-6:] if line.strip())[-400:]

    def pause(self, seconds: float) -> None:
        """Wait a little; raises Failed when the program ends meanwhile."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(seconds)
            raise Failed(f"it ended with {code}: {self.last_words()}")

    def peak_memory(self) -> int:
        """Bytes: the most that it and the children it has now ever held, summed."""
        return sum(_status(pid, "VmHWM") << 10 for pid in family(self.process.pid))


@contextlib.contextmanager
def running(words: Sequence[str], log: Path) -> Iterator[Running]:
    """Start a program in a process group of its own; end all of the group afterwards."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,
        )
    try:
        yield Running(process, log)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    """A port that nobody listens on now, for programs that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def family(pid: int) -> list[int]:
    """The process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            children.setdefault(_status(int(entry.name), "PPid"), []).append(int(entry.name))
    found = [pid]
    for parent in found:  # grows while it is walked
        found += children.get(parent, [])
    return found


def _status(pid: int, key: str) -> int:
    """A number of /proc/PID/status; -1 when the process is gone, 0 when it has no such line."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return -1
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{key}:")), 0)
