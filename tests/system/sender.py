"""A process that sends without end and keeps a log of what was acknowledged.

The log is the oracle of the crash tests: a line is written only after the response with
status 0000 was read, and by one `write`, so it is complete whenever the receiver dies. An
object whose answer was lost is sent again, as modalities do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.system.images import CT, EXPLICIT_LITTLE, ROOT, ct
from tests.system.patience import until
from tests.system.wire import Association, Gone

_STUDY = 250  # objects of one study


@dataclass(frozen=True, slots=True)
class Ack:
    """One line of the log."""

    status: int
    sop_instance_uid: str
    digest: str
    study_uid: str


def read_log(path: Path) -> list[Ack]:
    """Every answer in a log, oldest first."""
    lines = [line.split() for line in path.read_text().splitlines()]
    return [Ack(int(line[0], 16), line[1], line[2], line[3]) for line in lines]


@dataclass(frozen=True, slots=True)
class Orders:
    """What one run of the process has to do."""

    port: int
    log: Path
    associations: int = 8
    source: int = 0  # distinct for each run: the objects of one run are those of no other
    limit: int = 1_000_000  # objects in each association's stream
    each: int = 20  # objects on one association
    pixels: int = 32768
    calling: str = "SENDER"


class Sender:
    """The process, and the log it keeps."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        words = [f"--{name}={getattr(orders, name)}" for name in Orders.__dataclass_fields__]
        orders.log.touch()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.system.sender", *words], cwd=ROOT
        )

    def acks(self) -> list[Ack]:
        """Everything acknowledged so far."""
        return [ack for ack in self.answers() if ack.status == 0]

    def answers(self) -> list[Ack]:
        """Every answer so far, whatever its status."""
        return read_log(self.orders.log)

    def reach(self, count: int, within: float = 120) -> None:
        """Wait until so many objects are acknowledged."""
        until(lambda: len(self.acks()) >= count, within, f"{count} acknowledgements")

    def running(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout: float) -> None:
        """Until everything was sent."""
        self._process.wait(timeout)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


class _Stream:
    """One stream of objects, sent to its end whatever happens to the receiver."""

    def __init__(self, orders: Orders, stream: int, write: Callable[[str], None]) -> None:
        self._orders, self._stream, self._write = orders, stream, write
        self._number = 1  # the next object

    def run(self) -> None:
        pause = threading.Event()
        while self._number <= self._orders.limit:
            try:
                self._associate()
            except (Gone, OSError):
                pause.wait(0.02)

    def _associate(self) -> None:
        orders = self._orders
        contexts, calling = [(CT, (EXPLICIT_LITTLE,))], orders.calling.encode()
        with Association(orders.port, contexts, calling=calling) as association:
            end = min(self._number + orders.each, orders.limit + 1)
            while self._number < end:
                self._send(association)

    def _send(self, association: Association) -> None:
        orders = self._orders
        study = self._stream + orders.associations * (self._number // _STUDY)
        image = ct(self._number, source=orders.source, study=study, pixels=orders.pixels)
        status = association.store(image)
        self._write(f"{status:04x} {image.sop_instance_uid} {image.digest} {image.study_uid}\n")
        if status:
            raise Gone(f"answered {status:04x}")
        self._number += 1


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, field in Orders.__dataclass_fields__.items():
        kind = {"Path": Path, "int": int}.get(str(field.type), str)
        parser.add_argument(f"--{name}", type=kind)
    orders = Orders(**vars(parser.parse_args()))
    log = os.open(orders.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(line: str) -> None:
        os.write(log, line.encode())

    threads = [
        threading.Thread(target=_Stream(orders, stream, write).run)
        for stream in range(orders.associations)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
