"""System calls that fail on purpose, in a process that runs already."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.system.patience import until

SYNCS = "fsync,fdatasync,sync_file_range,syncfs,msync"


class NotAllowed(Exception):
    """This machine does not let us trace a process."""


class Injection:
    """While this stands, `calls` of the process fail: `when` is strace's own expression.

    strace counts the calls of each thread by itself. `paths`: only calls on these files.
    """

    def __init__(
        self,
        pid: int,
        *,
        calls: str = SYNCS,
        error: str = "EIO",
        when: str = "1+",
        paths: Sequence[Path] = (),
    ) -> None:
        if not shutil.which("strace"):
            raise NotAllowed("strace is not here")
        self._pid = pid
        words = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}"]
        words += ["-e", f"inject={calls}:error={error}:when={when}", "-p", str(pid)]
        words += [word for path in paths for word in ("-P", str(path))]
        self._tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        until(self._attached, 20, "strace attached")

    def _attached(self) -> bool:
        if self._tracer.poll() is not None and self._tracer.stderr is not None:
            raise NotAllowed(self._tracer.stderr.read().strip())
        return all(self._tracers())

    def _tracers(self) -> list[int]:
        """The tracer of each thread; 0 for none."""
        lines = []
        for task in Path(f"/proc/{self._pid}/task").iterdir():
            try:
                lines += (task / "status").read_text().splitlines()
            except OSError:  # the thread has ended
                continue
        return [int(line.split()[1]) for line in lines if line.startswith("TracerPid")]

    def end(self) -> None:
        """Let the calls succeed again."""
        self._tracer.terminate()
        self._tracer.communicate(timeout=20)
        if Path(f"/proc/{self._pid}").exists():
            until(lambda: not any(self._tracers()), 20, "strace let go")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
