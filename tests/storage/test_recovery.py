"""What a crash leaves behind is put right, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from storage.scrub import verify
from storage.store import Outcome
from storage.volume import Volume
from tests.storage.units import Wall, content_of, file_of, put, reopen


def _crash(unit: Path, volume: Volume, target: Path) -> Path:
    """The unit as it lies on the medium now, as after a crash."""
    return Path(shutil.copytree(unit, target))


@pytest.fixture
def crashed(unit: Path, tmp_path: Path, wall: Wall) -> Path:
    with reopen(unit, wall) as volume:
        for number in range(8):
            put(volume, str(number), b"%d" % number)
        return _crash(unit, volume, tmp_path / "crashed")


def _newest(unit: Path) -> Path:
    return max((unit / "ledger").iterdir())


@pytest.mark.parametrize(
    "torn", [b"{", b'{"sequence":10,"time":"2026', b"\0" * 700, b"\0" * 9 + b"\n"]
)
def test_a_torn_last_line_is_cut_off(crashed: Path, wall: Wall, torn: bytes) -> None:
    with _newest(crashed).open("ab") as ledger:
        ledger.write(torn)
    with reopen(crashed, wall) as volume:
        assert volume.trouble == ""
        assert volume.last() == 9
        assert put(volume, "more", b"more").entry.sequence == 10
        assert verify(volume).is_well
    (kept,) = (crashed / "quarantine").iterdir()
    assert kept.read_bytes() == torn


def test_a_line_torn_at_any_byte(crashed: Path, tmp_path: Path, wall: Wall) -> None:
    whole = _newest(crashed).read_bytes()
    last = len(whole) - len(whole.splitlines(keepends=True)[-1])
    for length in range(last, len(whole), 29):
        copy = Path(shutil.copytree(crashed, tmp_path / f"at{length}"))
        for file in copy.glob("catalogue.sqlite*"):
            file.unlink()
        _newest(copy).write_bytes(whole[:length])
        with reopen(copy, wall) as volume:
            assert (volume.trouble, volume.last()) == ("", 8)
            assert put(volume, "7", b"7").outcome is Outcome.STORED
            assert verify(volume).is_well


def test_a_last_line_that_was_changed_is_not_cut_off(crashed: Path, wall: Wall) -> None:
    path = _newest(crashed)
    path.write_bytes(path.read_bytes()[:-10] + b"000000000\n")
    with reopen(crashed, wall) as volume:
        assert volume.trouble.startswith("ledger line 9")
        assert verify(volume).ledger


def test_an_empty_new_segment_is_gone_on_with(crashed: Path, wall: Wall) -> None:
    (crashed / "ledger/000000000010.jsonl").touch()
    with reopen(crashed, wall) as volume:
        assert volume.last() == 9
        put(volume, "more", b"more")
        assert [line.sequence for line in volume.follow(8)] == [9, 10]
    with reopen(crashed, wall) as volume:
        assert volume.last() == 10
        assert verify(volume).is_well
        assert [line.sequence for line in volume.segments.entries(9, 5)] == [10]


def test_temporary_files_are_removed(crashed: Path, wall: Wall) -> None:
    (crashed / "incoming/17").write_bytes(b"half")
    with reopen(crashed, wall):
        assert not list((crashed / "incoming").iterdir())


def test_whole_files_without_a_line_are_put_aside(crashed: Path, wall: Wall) -> None:
    with reopen(crashed, wall) as volume:
        entry = put(volume, "0", b"0").entry
        listed = file_of(crashed, entry)
    second = Path(shutil.copytree(crashed, crashed.with_name("second")))
    for file in second.glob("catalogue.sqlite*"):
        file.unlink()
    import hashlib

    whole = listed.with_name(f"{hashlib.sha256(b'whole').hexdigest()}.dcm").name
    folder = file_of(second, entry).parent
    (folder / whole).write_bytes(b"whole")
    (folder / ("1" * 64 + ".dcm")).write_bytes(b"torn")
    (folder.parent / "other").mkdir()
    shutil.copy(listed, folder.parent / "other" / listed.name)
    with reopen(second, wall) as volume:
        report = verify(volume)
        assert report.is_well
        assert report.checked == 8
    assert [file.name for file in (second / "quarantine").iterdir()] == [f"{whole}.unlisted"]


def test_old_folders_are_not_searched(crashed: Path, wall: Wall) -> None:
    folder = crashed / "objects/2001/01/01/aaaa"
    folder.mkdir(parents=True)
    (folder / ("1" * 64 + ".dcm")).write_bytes(b"unlisted")
    with reopen(crashed, wall):
        assert len(list(folder.iterdir())) == 1


def test_a_named_file_without_a_line_is_replaced(crashed: Path, tmp_path: Path, wall: Wall) -> None:
    """As when the power went between the name and the line."""
    with reopen(crashed, wall) as volume:
        entry = put(volume, "new", b"new").entry
    copy = Path(shutil.copytree(crashed, tmp_path / "copy"))
    for file in copy.glob("catalogue.sqlite*"):
        file.unlink()
    lines = _newest(copy).read_bytes().splitlines(keepends=True)
    _newest(copy).write_bytes(b"".join(lines[:-1]))
    os.utime(file_of(copy, entry).parent, (1, 1))  # as if it was not found to be new
    with reopen(copy, wall) as volume:
        assert put(volume, "new", b"new").outcome is Outcome.STORED
        assert content_of(volume, entry.sha256) == b"new"
        assert verify(volume).is_well


def test_a_deletion_that_was_cut_short_is_finished(unit: Path, tmp_path: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        entry = put(volume, "1", b"x").entry
        before = file_of(unit, entry).read_bytes()
        volume.delete(entry.sha256, "me", "old")
        copy = _crash(unit, volume, tmp_path / "copy")
    for file in copy.glob("catalogue.sqlite*"):
        file.unlink()
    file_of(copy, entry).write_bytes(before)
    with reopen(copy, wall) as volume:
        assert not file_of(copy, entry).exists()
        assert put(volume, "1", b"x").outcome is Outcome.STORED
    with reopen(copy, wall) as volume:
        assert content_of(volume, entry.sha256) == b"x"
        assert verify(volume).is_well


@pytest.mark.parametrize("more", range(6))
def test_what_was_deleted_and_came_again_stays(
    unit: Path, tmp_path: Path, wall: Wall, more: int
) -> None:
    """However the lines of both fall into the batches of a rebuild."""
    with reopen(unit, wall) as volume:
        for number in range(more):
            put(volume, str(number), b"%d" % number)
        sha256 = put(volume, "x", b"x").entry.sha256
        volume.delete(sha256, "me", "old")
        put(volume, "x", b"x")
        copy = _crash(unit, volume, tmp_path / "copy")
    for file in copy.glob("catalogue.sqlite*"):
        file.unlink()
    for _ in range(2):
        with reopen(copy, wall) as volume:
            assert content_of(volume, sha256) == b"x"
            assert verify(volume).is_well


def test_a_ledger_that_vanished_is_not_begun_anew(crashed: Path, wall: Wall) -> None:
    for file in (*crashed.glob("catalogue.sqlite*"), *(crashed / "ledger").iterdir()):
        file.unlink()
    with reopen(crashed, wall) as volume:
        assert "the ledger is empty" in volume.trouble
        assert len(verify(volume).unlisted) == 8


def test_more_than_one_append_is_never_cut_off(crashed: Path, wall: Wall) -> None:
    with _newest(crashed).open("ab") as ledger:
        ledger.write(bytes(2 << 20))
    with reopen(crashed, wall) as volume:
        assert "run verify" in volume.trouble
