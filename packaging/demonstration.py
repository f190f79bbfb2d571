"""Arca at work, in one minute: a study comes in, is kept, is routed and forwarded.

Started by `./run`. Two appliances run: yours, with the defaults, and a small second one
that plays the destination. The study is sent by pynetdicom, as a modality would.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import FileDataset
from pydicom.uid import generate_uid
from pynetdicom import AE

ROOT = Path(__file__).resolve().parent.parent
ARCA = ROOT / ".venv" / "bin" / "arca"
SLICES = 12
PATIENCE = 60.0  # seconds until we say that something does not work

RECEIVER = """\
[appliance]
home = "."
name = "Second receiver"
[dicom]
ae_title = "SECOND"
address = "127.0.0.1"
port = {port}
quiet_seconds = 2
[web]
address = "127.0.0.1"
port = 0
[storage]
low_watermark = "256 MiB"
reserve = "1 MiB"
"""

APPLIANCE = """\
# Made by the demonstration; edit it as you like. All keys: config.example.toml
[appliance]
home = "."
[dicom]
port = {port}
quiet_seconds = 5
[web]
port = {web}
[storage]
low_watermark = "256 MiB"
reserve = "16 MiB"
"""


class Failed(Exception):
    """The demonstration cannot go on; the text says what to do."""


class Appliance:
    """An `arca serve` that we started."""

    def __init__(self, config: Path, log: Path) -> None:
        self.config = config
        self.log = log
        with log.open("ab") as out:
            words = [str(ARCA), "serve", "--config", str(config)]
            self.process = subprocess.Popen(words, stdout=out, stderr=out)

    def ask(self, *words: str) -> Any:
        """A command's answer, as JSON."""
        command = [str(ARCA), *words, "--config", str(self.config), "--json"]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            raise Failed(f"arca {' '.join(words)}: {done.stderr.strip()}")
        return json.loads(done.stdout or "null")

    def ready(self) -> bool:
        if self.process.poll() is not None:
            last = self.log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Failed(f"arca serve ended: {''.join(last)}\nThe whole log: {self.log}")
        try:
            self.ask("status")
        except Failed:
            return False
        return True

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


def main() -> int:
    """Show it, then stay up until Ctrl-C."""
    options = _options()
    home = options.home.absolute()
    appliances: list[Appliance] = []
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _show(home, options.port, options.web, appliances)
        if not options.once:
            _stay(home, options.web)
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopping …")
    finally:
        for one in appliances:
            one.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("arca-data"))
    parser.add_argument("--port", type=int, default=11112, help="DICOM port")
    parser.add_argument("--web", type=int, default=8443, help="HTTPS port")
    parser.add_argument("--once", action="store_true", help="stop when all was shown")
    return parser.parse_args()


def _show(home: Path, port: int, web: int, appliances: list[Appliance]) -> None:
    print("\n\N{BLACK CIRCLE} Arca demonstration\n")
    ours = _start(home, APPLIANCE.format(port=port, web=web), appliances)
    second = _start(home / "second", RECEIVER.format(port=port + 1), appliances)
    _say(f"Arca listens for DICOM on port {port} as ARCA, for browsers on https://localhost:{web}")
    _say(f"A second receiver plays the destination: SECOND on port {port + 1}")
    _introduce(ours, port + 1)
    study = _send_study(port)
    _await(lambda: _kept(ours, study), "the study to be kept")
    _say(f"{SLICES} images were acknowledged: each is safe on disk, hashed, and in the ledger")
    _tell_study(ours, study)
    _await(lambda: _sent(ours, study), "the study to be forwarded")
    _await(lambda: _kept(second, study), "the second receiver to keep it")
    _say("The rule 'ct-to-second' forwarded the study; the second receiver keeps all of it")
    report = ours.ask("verify")
    _say(f"Everything was read back: {report['checked']} objects, nothing corrupt or missing")


def _start(home: Path, text: str, appliances: list[Appliance]) -> Appliance:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    config = home / "arca.toml"
    if not config.exists():
        config.write_text(text)
    appliances.append(Appliance(config, home / "arca.log"))
    _await(appliances[-1].ready, "arca serve to be ready")
    return appliances[-1]


def _introduce(ours: Appliance, port: int) -> None:
    if not any(node["name"] == "second" for node in ours.ask("node", "list")):
        ours.ask(
            "node", "add", "second", "--ae", "SECOND", "--host", "127.0.0.1", "--port", str(port)
        )
    if not any(rule["name"] == "ct-to-second" for rule in ours.ask("rule", "list")):
        ours.ask("rule", "add", "ct-to-second", "--when", 'Modality == "CT"', "--to", "second")
    _say("""A rule was added: arca rule add ct-to-second --when 'Modality == "CT"' --to second""")


def _send_study(port: int) -> str:
    images = _images()
    ae = AE(ae_title="CT_SCANNER")
    ae.add_requested_context(images[0].SOPClassUID, images[0].file_meta.TransferSyntaxUID)
    association = ae.associate("127.0.0.1", port, ae_title="ARCA")
    if not association.is_established:
        raise Failed(f"Nothing answered on port {port} as ARCA")
    answers = [association.send_c_store(image).get("Status") for image in images]
    association.release()
    if answers != [0x0000] * SLICES:
        raise Failed(f"The study was not taken in: {answers}")
    return str(images[0].StudyInstanceUID)


def _images() -> list[FileDataset]:
    path = get_testdata_file("CT_small.dcm", download=False)
    study, series = generate_uid(), generate_uid()
    return [_slice(dcmread(str(path)), study, series, number) for number in range(1, SLICES + 1)]


def _slice(image: FileDataset, study: str, series: str, number: int) -> FileDataset:
    image.PatientName, image.PatientID = "Demonstration^Arca", "DEMO-1"
    image.StudyDescription = "Demonstration"
    image.StudyInstanceUID, image.SeriesInstanceUID = study, series
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.InstanceNumber = number
    image.ImagePositionPatient[2] = number * 5
    return image


def _study(appliance: Appliance, study: str) -> dict[str, Any]:
    return next((s for s in appliance.ask("studies") if s["study_uid"] == study), {})


def _kept(appliance: Appliance, study: str) -> bool:
    return bool(_study(appliance, study).get("instances") == SLICES)


def _sent(appliance: Appliance, study: str) -> bool:
    jobs = [job for job in appliance.ask("queue") if job["study_uid"] == study]
    return sum(int(job["sent"]) for job in jobs) == SLICES


def _tell_study(ours: Appliance, study: str) -> None:
    found = _study(ours, study)
    name = str(found["patient_name"]).replace("^", ", ")
    _say(f"It is indexed: {name}, {'/'.join(found['modalities'])}, {found['instances']} images")


def _stay(home: Path, web: int) -> None:
    config = "" if home == ROOT / "arca-data" else f" --config {home / 'arca.toml'}"
    option = config or " --config arca-data/arca.toml"
    print(
        f"""
Now try, in a second terminal:

  export PATH="{ARCA.parent}:$PATH"
  arca status{option}
  arca studies{option}
  arca queue{option}
  arca rule test{option}
  storescu -aec ARCA 127.0.0.1 11112 image.dcm

In a browser: https://localhost:{web} (its certificate is self-made: the browser warns once).
Everything lies in {home}. Ctrl-C stops both."""
    )
    while True:
        time.sleep(3600)


def _await(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise Failed(f"Waited {PATIENCE:.0f} s for {what}. The log is in the home folder.")
        time.sleep(0.2)


def _say(text: str) -> None:
    print(f"  \N{CHECK MARK} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
