"""How long a start takes when much is stored: `.venv/bin/python tests/bench/start.py [INSTANCES]`.

Makes a ledger and an index of so many instances (without their files), then starts Arca on
them and waits for a C-ECHO. Prints seconds and memory; a million instances by default.
"""

from __future__ import annotations

import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click
import trio
from pynetdicom import AE

from appliance.database.door import open_database
from storage.ledger import Ledger
from storage.segments import Mark, Segments
from storage.store import Action, Entry
from storage.system import System
from storage.volume import VolumeSettings, create_volume, open_volume

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_PER_STUDY = 500
_ARCA = Path(sys.executable).parent / "arca"
_SETTINGS = VolumeSettings(low_watermark=0, reserve=0)
_CT, _EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"


def main() -> None:
    instances = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    home = Path(tempfile.mkdtemp(prefix="arca-start-", dir="/var/tmp"))
    try:
        click.echo(f"Making {instances} instances …")
        _make_store(home / "store", instances)
        _make_index(home / "index.sqlite", instances)
        for attempt in ("first", "second"):
            seconds, memory = _start(home)
            click.echo(f"{attempt} start: {seconds:.1f} s until C-ECHO, {memory} MB")
    finally:
        shutil.rmtree(home)


def _make_store(path: Path, instances: int) -> None:
    create_volume(path, name="bench", settings=_SETTINGS)
    with open_volume(path, clock=lambda: _NOW, settings=_SETTINGS):
        pass
    segments = Segments(f"{path}/ledger")
    ledger = Ledger(segments, _SETTINGS.segment_bytes, System(sync=False))
    *_, last = segments.follow()
    ledger.begin(Mark(1, last.seal, last.position))
    for start in range(0, instances, 1000):
        ledger.append([_entry(number) for number in range(start, min(start + 1000, instances))])
    ledger.close()
    with open_volume(path, clock=lambda: _NOW, settings=_SETTINGS):
        pass  # the catalogue is made here


def _entry(number: int) -> Entry:
    notes = {"source": "CT1", "called": "ARCA", "host": "192.0.2.5", "sop_class": _CT}
    study = f"1.2.840.{number // _PER_STUDY}"
    path = f"objects/2026/01/01/{'a' * 20}/{number:064x}.dcm"
    return Entry(
        number + 2, _NOW, Action.PUT, f"{number:064x}", f"{number:064x}", f"1.2.3.{number}",
        study, path, 526_000, 400, None, notes | {"transfer_syntax": _EXPLICIT, "via": "dicom"},
    )  # fmt: skip


def _make_index(path: Path, instances: int) -> None:
    trio.run(_make_tables, path)
    with sqlite3.connect(path) as database:
        studies = range(0, instances, _PER_STUDY)
        for table, rows in _rows(instances, len(studies)):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info('{table}')")]
            first = next(rows, None)
            if first is None:
                continue
            names = [name for name in columns if name in first]
            words = f"INSERT INTO {table} ({','.join(names)}) VALUES ({','.join('?' * len(names))})"
            database.execute(words, [first[name] for name in names])
            database.executemany(words, ([row[name] for name in names] for row in rows))
    database.close()


async def _make_tables(path: Path) -> None:
    async with open_database(f"sqlite:///{path}"):
        pass


def _rows(instances: int, studies: int) -> Iterator[tuple[str, Iterator[dict[str, object]]]]:
    at = "2026-01-01 00:00:00+00:00"
    text = dict.fromkeys(
        ["issuer", "birth_date", "sex", "study_time", "accession_number", "study_id",
         "description", "description_folded", "referring_physician", "referring_folded",
         "institution", "source", "date", "time", "body_part", "station", "manufacturer"], "",
    )  # fmt: skip
    zero = {"conflict": 0, "planned_to": 0, "complete": 1, "readable": 1, "series": 1}
    base: dict[str, object] = {**text, **zero, "first_at": at, "last_at": at, "stored_at": at}
    yield (
        "archive_patient",
        (
            base
            | {
                "id": n + 1,
                "patient_id": f"P{n}",
                "name": f"N^{n}",
                "name_raw": b"",
                "name_folded": "",
            }
            for n in range(studies)
        ),
    )
    yield (
        "archive_study",
        (
            base
            | {
                "id": n + 1,
                "study_uid": f"1.2.840.{n}",
                "person_id": n + 1,
                "study_date": "20260101",
            }
            | {"modalities": "\\CT\\", "instances": _PER_STUDY, "size": 526_000 * _PER_STUDY}
            for n in range(studies)
        ),
    )
    yield (
        "archive_series",
        (
            base | {"id": n + 1, "study_id": n + 1, "series_uid": f"1.2.9.{n}", "modality": "CT"}
            for n in range(studies)
        ),
    )
    yield (
        "archive_instance",
        (
            base
            | {"id": n + 1, "series_id": n // _PER_STUDY + 1, "sha256": f"{n:064x}"}
            | {"sop_instance_uid": f"1.2.3.{n}", "sop_class_uid": _CT, "size": 526_000}
            | {"transfer_syntax_uid": _EXPLICIT, "sequence": n + 2}
            for n in range(instances)
        ),
    )
    last = instances + 1
    cursor = {"unit": "store", "sequence": last, "silent_to": 0}
    yield "archive_cursor", iter([base | cursor | {"studies": studies, "instances": instances}])


def _start(home: Path) -> tuple[float, int]:
    port = _free_port()
    config = home / "arca.toml"
    config.write_text(
        f'[appliance]\nhome = "."\n[dicom]\naddress = "127.0.0.1"\nport = {port}\n'
        '[web]\naddress = "127.0.0.1"\nport = 0\n[storage]\nlow_watermark = 0\nreserve = 0\n'
    )
    began = time.monotonic()
    process = subprocess.Popen([_ARCA, "serve", "--config", config], stderr=subprocess.DEVNULL)
    try:
        while not _answers(port) and process.poll() is None:
            time.sleep(0.02)
        seconds = time.monotonic() - began
        status = Path(f"/proc/{process.pid}/status").read_text()
        memory = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return seconds, int(memory.split()[1]) >> 10
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)):
            return False
    ae = AE()
    ae.add_requested_context("1.2.840.10008.1.1")
    association = ae.associate("127.0.0.1", port, ae_title="ARCA")
    if not association.is_established:
        return False
    status = association.send_c_echo().get("Status")
    association.release()
    return bool(status == 0)


if __name__ == "__main__":
    main()
