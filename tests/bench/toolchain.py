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
    return Programs(_compile(compiler, "sender", folder), _compile(compiler, "receiver", folder))


def _compile(compiler: str, name: str, folder: Path) -> Path:
    target = folder / name
    words = [compiler, *_FLAGS, "-o", str(target), str(_SOURCES / f"{name}.c")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{compiler} cannot compile {name}.c:\n{done.stderr.strip()}")
    return target
