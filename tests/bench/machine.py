"""On what, and how, was measured: figures of two machines are not to be compared."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.options import Options


def describe(options: Options) -> str:
    """A line for the head of the tables."""
    kernel, load, cores = os.uname(), os.getloadavg()[0], os.cpu_count() or 1
    busy = ": BUSY WITH OTHER THINGS, do not trust these figures" if load > cores / 2 else ""
    return (
        f"{cores} cores (load {load:.1f} before{busy}), {kernel.sysname} {kernel.release}, "
        f"data on {_file_system(options.data)}; {options.rounds} rounds of "
        f"{options.seconds} s, medians; loopback, objects of one run all different\n"
    )


def _file_system(folder: Path) -> str:
    """Its type; a file system in memory says nothing about durable storage."""
    best, kind = Path("/"), "?"
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        point = Path(before.split()[4])
        if folder.resolve().is_relative_to(point) and point.is_relative_to(best):
            best, kind = point, after.split()[0]
    return f"{kind} (IN MEMORY: syncs cost nothing here)" if kind == "tmpfs" else kind
