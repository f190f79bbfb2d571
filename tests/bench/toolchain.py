"""The two C programs, made when they are needed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_SOURCES = Path(__file__).parent
_FLAGS = ("-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread")


class Unavailable(Exception):
    """Something that the measurement needs is not on this machine; says what to do."""


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the compiled programs are."""

    sender: Path
    receiver: Path


def compile_programs(folder: Path) -> Programs:
    """Raises Unavailable without a C compiler, or when it does not like the sources."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise Unavailable("no C compiler: the sender is a C program; apt-get install gcc libc6-dev")
    sender = _compile(compiler, folder / "sender", "sender.c", "sending.c", "asking.c")
    return Programs(sender, _compile(compiler, folder / "receiver", "receiver.c"))


def _compile(compiler: str, target: Path, *sources: str) -> Path:
    files = [str(_SOURCES / source) for source in sources]
    words = [compiler, *_FLAGS, "-o", str(target), *files]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{compiler} cannot compile {target.name}:\n{done.stderr.strip()}")
    return target
