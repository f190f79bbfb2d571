"""The appliance as its users have it: a process, a configuration file and a command line."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.system import wire
from tests.system.images import Image, content_digest
from tests.system.patience import until

ARCA = Path(sys.executable).with_name("arca")
_PORTS = range(20_000, 32_768)
_READY = 30.0  # seconds; the promise of 10 s is asserted where it is tested

Value = str | int | float | bool
Settings = Mapping[str, Mapping[str, Value]]


class CommandFailed(Exception):
    """A command ended with another code than 0."""

    def __init__(self, code: int, output: str, errors: str) -> None:
        super().__init__(f"exit {code}\n{output}\n{errors}")
        self.code, self.output, self.errors = code, output, errors


def free_port() -> int:
    """A port that nobody listens on now.

    Not one of those the kernel gives to outgoing connections: it must still be free when its
    owner comes back after a restart.
    """
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@dataclass
class Appliance:
    """One installation in a folder of its own."""

    home: Path
    settings: Settings = field(default_factory=dict)
    prefix: Sequence[str] = ()  # words before each command, to run it elsewhere
    store: Path | None = None  # where its objects are as seen from here; None: below home

    def __post_init__(self) -> None:
        self.home.mkdir(exist_ok=True, parents=True)
        self.port, self.web_port = free_port(), free_port()
        self.config = self.home / "arca.toml"
        self.log = self.home / "arca.log"
        self.config.write_text(_toml(self._sections()))
        self._process: subprocess.Popen[bytes] | None = None

    def _sections(self) -> dict[str, dict[str, Value]]:
        sections: dict[str, dict[str, Value]] = {
            "appliance": {"home": str(self.home / "data")},
            "dicom": {"address": "127.0.0.1", "port": self.port, "quiet_seconds": 1},
            "storage": {"low_watermark": 1 << 20, "reserve": 1 << 20},
            "web": {"address": "127.0.0.1", "port": self.web_port},
            "control": {"socket": str(self.home / "arca.sock")},
        }
        for name, values in self.settings.items():
            sections.setdefault(name, {}).update(values)
        return sections

    # Running

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, *, ready: Callable[[], bool] | None = None, within: float = _READY) -> float:
        """Start it; seconds until it answered a C-ECHO, or was ready by another measure."""
        assert not self.alive()
        began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.prefix, str(ARCA), "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(ready or self._echoes, within, f"ready; its log: {self.log.read_text()[-2000:]}")
        return time.monotonic() - began

    def _echoes(self) -> bool:
        assert self.alive(), f"it ended by itself: {self.log.read_text()[-2000:]}"
        try:
            return wire.echo(self.port, timeout=5) == 0
        except (OSError, wire.Gone):
            return False

    def healthy(self) -> bool:
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """SIGKILL, and wait for its end."""
        self._signal(signal.SIGKILL)
        self.wait()

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def stop(self) -> int:
        """SIGTERM, and wait for its end; its exit code."""
        self.terminate()
        return self.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self, within: float = 30) -> int:
        """Wait for its end; its exit code."""
        assert self._process is not None
        return self._process.wait(within)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.alive():
            self.kill()

    # Asking

    def run(self, *words: str, within: float = 120) -> subprocess.CompletedProcess[str]:
        """Run one command as a person would."""
        return subprocess.run(
            [*self.prefix, str(ARCA), *words, "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=within,
            cwd=self.home,
            check=False,
        )

    def ask(self, *words: str, within: float = 120) -> Any:
        """The answer of a command as JSON; raises CommandFailed."""
        done = self.run(*words, "--json", within=within)
        if done.returncode:
            raise CommandFailed(done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def route(self, name: str, port: int, *, ae_title: str = "SINK", when: str = "true") -> None:
        """A node and a rule that sends to it."""
        self.ask("node", "add", name, "--ae", ae_title, "--host", "127.0.0.1", "--port", str(port))
        self.ask("rule", "add", f"to-{name}", "--when", when, "--to", name)

    def queue(self, destination: str) -> list[dict[str, Any]]:
        return [job for job in self.ask("queue") if job["destination"] == destination]

    def indexed(self) -> dict[str, int]:
        """Instances in the index by study."""
        return {study["study_uid"]: study["instances"] for study in self.ask("studies")}

    def settled(self, instances: int, within: float = 60) -> dict[str, int]:
        """The index once it holds that many instances."""
        until(
            lambda: sum(self.indexed().values()) >= instances,
            within,
            f"{instances} instances in the index",
        )
        return self.indexed()

    def get(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        """A page over HTTPS; the certificate is the appliance's own."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.web_port, context=context, timeout=30
        )
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, answer.read(), headers
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        lines = self.get("/metrics")[1].decode().splitlines()
        found = [line for line in lines if line.split("{")[0].split(" ")[0] == name]
        return sum(float(line.rsplit(" ", 1)[1]) for line in found)

    def told(self, since: int = 0) -> str:
        """Its log from that byte on."""
        return self.log.read_bytes()[since:].decode()

    # Looking inside

    def objects(self) -> list[Path]:
        """Every object that stands in the store."""
        root = self.store or self.home / "data"
        return sorted(path for path in root.rglob("*.dcm") if "objects" in path.parts)

    def kept(self) -> Counter[str]:
        """How often each data set stands in the store, by its SHA-256."""
        return Counter(content_digest(path) for path in self.objects())

    def holds(self, images: Sequence[Image]) -> bool:
        return not {image.digest for image in images} - set(self.kept())

    def memory(self) -> int:
        """Resident bytes now."""
        return self._memory("VmRSS")

    def reset_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def peak(self) -> int:
        """Most resident bytes since `reset_peak`."""
        return self._memory("VmHWM")

    def _memory(self, key: str) -> int:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/fd"))


def _toml(sections: Settings) -> str:
    lines = []
    for name, values in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"
