"""Makes the environment and does the job: `./run`, `./run tests`, `./run check`, `./run bench`.

Python's own library only: this file must work before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
OLDEST, NEWEST = (3, 11), (3, 13)

# What the tests need beside Python: peers, fault injection, file systems to fill and to cut.
PEERS = {
    "storescu": "dcmtk",
    "Orthanc": "orthanc",
    "strace": "strace",
    "tshark": "tshark",
    "curl": "curl",
    "/usr/share/orthanc/plugins/libOrthancDicomWeb.so": "orthanc-dicomweb",
    "mkfs.xfs": "xfsprogs",
    "mkfs.ext4": "e2fsprogs",
    "cc": "build-essential",
}

USAGE = """\
./run                  start Arca with a demonstration
./run setup            only make the environment: .venv/bin/arca
./run arca …           the command line, for example: ./run arca status
./run tests [--long]   every test; with --long also those that take many minutes
./run check            what has to pass before a change is published
./run bench [--full]   measure against other receivers on this machine
"""


def main(arguments: list[str]) -> int:
    """Do what the first argument says; its exit code is ours."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("demonstration", [])
    jobs = {
        "demonstration": demonstration,
        "setup": setup,
        "arca": arca,
        "tests": tests,
        "check": check,
        "bench": bench,
    }
    if command not in jobs:
        print(USAGE, end="")
        return 0 if command in {"help", "--help", "-h"} else 2
    os.chdir(ROOT)
    return jobs[command](rest)


def demonstration(rest: list[str]) -> int:
    environment("requirements.lock")
    return run(BIN / "python", "packaging/demonstration.py", *rest)


def setup(rest: list[str]) -> int:
    environment("requirements.lock")
    print(f"Ready: {BIN / 'arca'}")
    return 0


def arca(rest: list[str]) -> int:
    environment("requirements.lock")
    return run(BIN / "arca", *rest)


def tests(rest: list[str]) -> int:
    environment("requirements-dev.lock")
    peers()
    selection = [] if "--long" in rest else ["-m", "not long"]
    chosen = [one for one in rest if one != "--long"]
    return run(BIN / "python", "-m", "pytest", *selection, *chosen)


def check(rest: list[str]) -> int:
    environment("requirements-dev.lock")
    steps = (
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "--strict", "appliance", "storage", "web", "tui", "packaging", "tests"),
        ("lint-imports",),
    )
    for tool, *words in steps:
        print(f"── {tool} {' '.join(words)}", flush=True)
        if code := run(BIN / tool, *words):
            return code
    return tests(rest)


def bench(rest: list[str]) -> int:
    environment("requirements-dev.lock")
    peers()
    return run(BIN / "python", "tests/bench", *rest)


def run(*words: str | Path) -> int:
    """Run a command in the foreground; Ctrl-C is the command's to handle."""
    process = subprocess.Popen([str(word) for word in words])
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def environment(lock: str) -> None:
    """Make `.venv` hold what `lock` says; quick when it does already."""
    wanted = _state(lock)
    stamp = VENV / "state"
    have = set(stamp.read_text().split()) if stamp.exists() else set()
    if wanted in have:
        return
    if not (BIN / "python").exists():
        _create()
    print(f"Installing what {lock} lists …", flush=True)
    options = ("--disable-pip-version-check", "install", "--quiet")
    pip = (BIN / "python", "-m", "pip", *options)
    _must(*pip, "--require-hashes", "-r", lock)
    _must(*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", ".")
    # The larger environment serves the smaller demand as well.
    stamp.write_text("\n".join({*have, wanted, _state("requirements.lock")}))


def _state(lock: str) -> str:
    content = (ROOT / lock).read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    return f"{lock}:{hashlib.sha256(content).hexdigest()}:{ROOT}".replace(" ", "_")


def _create() -> None:
    python = _python()
    print(f"Making {VENV} with {python} …", flush=True)
    if subprocess.run([python, "-c", "import ensurepip"], capture_output=True).returncode:
        install(["python3-venv"])
    _must(python, "-m", "venv", "--clear", VENV)


def _python() -> str:
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return sys.executable
    names = (f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))
    for name in names:
        if found := shutil.which(name):
            return found
    sys.exit("Arca needs Python 3.11, 3.12 or 3.13. On Debian 12: apt-get install python3")


def peers() -> None:
    """See to it that the programs the tests talk to are here, or say how to get them."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    there = {tool for tool in PEERS if shutil.which(tool, path=path) or Path(tool).is_file()}
    missing = sorted({package for tool, package in PEERS.items() if tool not in there})
    if missing:
        install(missing, needed=False)


def install(packages: list[str], *, needed: bool = True) -> None:
    """Install Debian packages as root; otherwise say what to type."""
    line = f"apt-get install --yes --no-install-recommends {' '.join(packages)}"
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing Debian packages: {' '.join(packages)} …", flush=True)
        quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, stdout=subprocess.DEVNULL)
        done = subprocess.run([*line.split(), "-qq"], env=quiet, stdout=subprocess.DEVNULL)
        if done.returncode == 0:
            return
    message = f"Missing: {', '.join(packages)}. As root: {line}"
    if needed:
        sys.exit(message)
    print(f"{message}\nTests that need them are skipped and say so.", flush=True)


def _must(*words: str | Path) -> None:
    if code := subprocess.run([str(word) for word in words]).returncode:
        sys.exit(code)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
