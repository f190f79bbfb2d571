"""Every call fails once, at every position: nothing acknowledged is ever lost."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from storage.errors import Full, Stopped, StoreError
from storage.scrub import verify
from storage.store import Entry, Outcome
from storage.volume import Volume
from tests.storage.faults import CALLS, Faulty
from tests.storage.units import Wall, content_of, new_unit, open_files, put, reopen

SYNCS = ("sync", "sync_data", "sync_directory", "start_writing")


def _work(volume: Volume, acknowledged: dict[str, Entry], wall: Wall) -> list[StoreError]:
    """A day's work: objects, a duplicate, a conflict, a deletion. Notes what was promised."""
    errors: list[StoreError] = []
    for number in range(6):
        wall.forward(hours=7)
        try:
            content = b"%d" % (number // 2) + b"x" * (1_100_000 if number == 4 else 0)
            receipt = put(volume, str(number // 2), content, group=str(number % 2))
            acknowledged[receipt.entry.sha256] = receipt.entry
        except StoreError as error:
            errors.append(error)
    if "gone" not in acknowledged:
        try:
            doomed = put(volume, "gone", b"gone").entry.sha256
            volume.delete(doomed, "me", "old")
        except StoreError as error:
            errors.append(error)
    return errors


def _assert_kept(folder: Path, acknowledged: dict[str, Entry], wall: Wall) -> None:
    with reopen(folder, wall) as volume:
        assert volume.trouble == ""
        for sha256, entry in acknowledged.items():
            assert volume.entry(sha256) == entry
            assert content_of(volume, sha256)
        report = verify(volume)
        assert not report.corrupt
        assert not report.missing
        assert not report.ledger
        put(volume, "after", b"after")


@pytest.mark.parametrize("code", [errno.EIO, errno.ENOSPC, errno.EMFILE], ids=errno.errorcode.get)
@pytest.mark.parametrize("call", [call for call in CALLS if call != "allocate"])
def test_a_call_that_fails_once(tmp_path: Path, call: str, code: int) -> None:
    number = 0
    while True:
        number += 1
        wall = Wall()
        folder = new_unit(tmp_path / str(number))
        system = Faulty([call], code)
        acknowledged: dict[str, Entry] = {}
        with reopen(folder, wall, system=system) as volume:
            system.arm(number)
            errors = _work(volume, acknowledged, wall)
            if errors and not any(isinstance(error, Stopped) for error in errors):
                assert volume.trouble == ""
                assert put(volume, "cured", b"cured").outcome is Outcome.STORED
            system.fail_from = 0
        _assert_kept(folder, acknowledged, wall)
        if not system.failed:
            break
    assert number > 1 or call in ("truncate", "start_writing", "free")


@pytest.mark.parametrize("call", SYNCS[:3])
def test_after_a_failed_sync_nothing_is_taken_in(tmp_path: Path, call: str, wall: Wall) -> None:
    folder = new_unit(tmp_path / "unit")
    system = Faulty([call])
    with reopen(folder, wall, system=system) as volume:
        before = put(volume, "0", b"0").entry
        system.arm(1)
        with pytest.raises(Stopped):
            put(volume, "1", b"1", group="elsewhere")
        for _ in range(2):  # the medium works again, yet what it holds is unknown
            with pytest.raises(Stopped, match="check the drive"):
                volume.receive(b"")
        assert "check the drive" in volume.trouble
        assert content_of(volume, before.sha256) == b"0"
    _assert_kept(folder, {before.sha256: before}, wall)


def test_all_that_wait_in_a_failed_round_are_told(tmp_path: Path, wall: Wall) -> None:
    folder = new_unit(tmp_path / "unit")
    system = Faulty(["sync_data"])
    kept: dict[str, Entry] = {}

    def send(number: int) -> bool:
        with suppress(Stopped):
            entry = put(volume, str(number), b"%d" % number).entry
            kept[entry.sha256] = entry
            return True
        return False

    with reopen(folder, wall, system=system) as volume:
        system.arm(3)
        with ThreadPoolExecutor(16) as pool:
            outcomes = list(pool.map(send, range(100)))
        assert not outcomes[-1]
    _assert_kept(folder, kept, wall)


def test_a_full_disk_ends_by_itself(tmp_path: Path, wall: Wall) -> None:
    system = Faulty(["write"], errno.ENOSPC)
    with reopen(new_unit(tmp_path / "unit"), wall, system=system) as volume:
        system.arm(1, count=3)
        for _ in range(3):
            with pytest.raises(Full, match="goes on by itself"):
                put(volume, "1", b"1")
        assert put(volume, "1", b"1").outcome is Outcome.STORED
        assert not list((tmp_path / "unit/incoming").iterdir())


def test_failures_leave_nothing_open_or_lying_about(tmp_path: Path, wall: Wall) -> None:
    folder = new_unit(tmp_path / "unit")
    system = Faulty(["rename", "write"], errno.ENOSPC)
    with reopen(folder, wall, system=system) as volume:
        put(volume, "0", b"0")
        before = open_files()
        system.arm(1, count=50)
        for number in range(25):
            with pytest.raises(StoreError):
                put(volume, str(number + 1), b"%d" % number)
        assert open_files() == before
        assert not list((folder / "incoming").iterdir())
        system.fail_from = 0
        assert verify(volume).is_well


def test_a_catalogue_that_cannot_be_written_harms_nobody(tmp_path: Path, wall: Wall) -> None:
    folder = new_unit(tmp_path / "unit")
    with reopen(folder, wall) as volume:
        volume._parts.dock.catalogue._writer.execute("PRAGMA query_only = TRUE")
        entries = [put(volume, str(number), b"%d" % number).entry for number in range(30)]
        assert volume.find("3") == (entries[3],)
        assert put(volume, "3", b"3").outcome is Outcome.DUPLICATE
        volume.hold(entries[4].sha256, "court", "case")
        assert volume.is_held(entries[4].sha256)
        volume._parts.dock.catalogue._writer.execute("PRAGMA query_only = FALSE")
        put(volume, "more", b"more")
        assert volume._parts.dock.catalogue.waiting < 40
    _assert_kept(folder, {entry.sha256: entry for entry in entries}, wall)


_SENDER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from tests.storage.units import put, reopen, Wall
from pathlib import Path
volume = reopen(Path(sys.argv[1]), Wall())
run = sys.argv[2]
def send(thread):
    for number in range(100000):
        entry = put(volume, f"{run}.{thread}.{number}", f"{run} {thread} {number}".encode() * 50,
                    group=str(number // 20)).entry
        sys.stdout.write(f"{entry.sha256} {entry.sequence}\\n")
        sys.stdout.flush()
with ThreadPoolExecutor(8) as pool:
    list(pool.map(send, range(8)))
"""


def test_a_killed_process_loses_nothing(tmp_path: Path, wall: Wall) -> None:
    folder = new_unit(tmp_path / "unit")
    acknowledged: dict[str, int] = {}
    for run in range(4):
        _run_and_kill(folder, run, acknowledged)
        with reopen(folder, wall) as volume:
            assert not list((folder / "incoming").iterdir())
            for sha256, sequence in acknowledged.items():
                entry = volume.entry(sha256)
                assert entry is not None
                assert entry.sequence == sequence
            assert verify(volume).is_well
    assert len(acknowledged) > 100


def _run_and_kill(folder: Path, run: int, acknowledged: dict[str, int]) -> None:
    arguments = [sys.executable, "-c", _SENDER, str(folder), str(run)]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, text=True, env=environment, cwd=root
    ) as sender:
        assert sender.stdout is not None
        for _ in range(60 + 37 * run):
            _note(sender.stdout.readline(), acknowledged)
        sender.send_signal(signal.SIGKILL)
        for line in sender.stdout:
            _note(line, acknowledged)


def _note(line: str, acknowledged: dict[str, int]) -> None:
    if line.endswith("\n"):
        sha256, sequence = line.split()
        acknowledged[sha256] = int(sequence)
