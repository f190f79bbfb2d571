"""What went over the wire, as a third party reads it."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.system.patience import until

POSSIBLE = shutil.which("tshark") is not None


class Capture:
    """Everything over loopback from or to a port, while the block lasts."""

    def __init__(self, folder: Path, port: int) -> None:
        self._file, self._log, self._port = folder / "talk.pcapng", folder / "tshark.log", port

    def __enter__(self) -> Self:
        words = ["tshark", "-i", "lo", "-f", f"tcp port {self._port}", "-w", str(self._file), "-q"]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        until(self._begun, 20, "tshark to listen")
        return self

    def _begun(self) -> bool:
        return self._file.exists() and self._file.stat().st_size > 0

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        until(self._quiet, 20, "the last packets in the capture")
        self._process.send_signal(signal.SIGINT)
        self._process.wait(20)

    def _quiet(self) -> bool:
        """The buffered end of a capture is written when the connection's end is in it."""
        return bool(self._read("tcp.flags.fin == 1 || tcp.flags.reset == 1", "tcp.stream"))

    def lines(self) -> list[str]:
        """What the dissector says of each DICOM packet."""
        return self._read("dicom", "_ws.col.Info")

    def malformed(self) -> list[str]:
        """Packets that it cannot make sense of."""
        return self._read("_ws.malformed || dicom.pdu.type == 0", "_ws.col.Info")

    def _read(self, wanted: str, shown: str) -> list[str]:
        words = ["tshark", "-r", str(self._file), "-d", f"tcp.port=={self._port},dicom"]
        words += ["-Y", wanted, "-T", "fields", "-e", shown]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return [line for line in done.stdout.splitlines() if line.strip()]
