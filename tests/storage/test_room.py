"""The watermark and the reserve."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.errors import Full
from storage.layout import Layout
from storage.room import Room
from storage.scrub import verify
from storage.settings import VolumeSettings
from storage.system import System
from storage.volume import Volume
from tests.storage.units import Wall, content_of, new_unit, put, reopen

MIB = 1 << 20


class Disk(System):
    """As much room as the test says."""

    def __init__(self, free: int) -> None:
        super().__init__()
        self.left = free

    def free(self, path: str) -> tuple[int, int]:
        return 1000 * MIB, self.left

    def allocate(self, descriptor: int, length: int) -> None:
        if length > self.left:
            raise OSError(28, "No space left on device")
        self.left -= length

    def unlink(self, path: str) -> None:
        super().unlink(path)
        if path.endswith("reserve"):
            self.left += 10 * MIB


@pytest.fixture
def disk() -> Disk:
    return Disk(200 * MIB)


@pytest.fixture
def room(tmp_path: Path, disk: Disk) -> Room:
    settings = VolumeSettings(low_watermark=50 * MIB, reserve=10 * MIB)
    return Room(Layout(str(tmp_path)), settings, disk)


def test_the_reserve_is_taken_when_there_is_room(room: Room, disk: Disk, tmp_path: Path) -> None:
    assert room.space().free == 190 * MIB
    room.check()
    assert (tmp_path / "reserve").exists()
    assert room.space().free == disk.left == 190 * MIB


def test_below_the_watermark_nothing_is_taken_in(room: Room, disk: Disk) -> None:
    room.check()
    disk.left = 49 * MIB
    room.take(16 * MIB)
    with pytest.raises(Full, match="49 MiB free, less than the 50 MiB"):
        room.check()
    disk.left = 51 * MIB
    room.check()


def test_it_never_goes_far_below_the_watermark(room: Room, disk: Disk) -> None:
    room.check()
    disk.left = 53 * MIB
    room.take(16 * MIB)
    room.check()
    room.take(3 * MIB)
    disk.left -= 4 * MIB
    with pytest.raises(Full):
        room.check()


def test_the_reserve_goes_when_the_disk_is_really_full(
    room: Room, disk: Disk, tmp_path: Path
) -> None:
    room.check()
    disk.left = 1 * MIB
    room.take(16 * MIB)
    with pytest.raises(Full):
        room.check()
    assert not (tmp_path / "reserve").exists()
    assert disk.left == 11 * MIB
    assert room.space().free == 1 * MIB
    disk.left = 100 * MIB
    room.check()
    assert (tmp_path / "reserve").exists()


def test_no_reserve_where_there_is_no_room_for_one(room: Room, disk: Disk, tmp_path: Path) -> None:
    disk.left = 5 * MIB
    room.restore()
    room.release()
    assert not list(tmp_path.iterdir())


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "arca", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("NOT PROVEN HERE: mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def _put_many(volume: Volume, kept: list[str]) -> None:
    for number in range(100):
        kept.append(put(volume, str(number), b"%d" % number + bytes(MIB)).entry.sha256)


def _fill_up(path: Path) -> None:
    with path.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


@pytest.mark.parametrize("watermark", [0, 4 * MIB])
def test_a_small_disk_fills_up_and_is_cleared(small_disk: Path, wall: Wall, watermark: int) -> None:
    settings = VolumeSettings(low_watermark=watermark, reserve=2 * MIB, checkpoint_lines=5)
    folder = new_unit(small_disk / "unit")
    kept: list[str] = []
    with reopen(folder, wall, settings=settings) as volume:
        with pytest.raises(Full, match="reception goes on by itself"):
            _put_many(volume, kept)
        assert len(kept) > 12
        with pytest.raises(Full):
            put(volume, "more", bytes(2 * MIB))
        assert verify(volume).is_well
        for _ in range(5):
            volume.delete(kept.pop(), "me", "room")
        kept.append(put(volume, "again", bytes(MIB)).entry.sha256)
    with reopen(folder, wall, settings=settings) as volume:
        for sha256 in kept:
            assert len(content_of(volume, sha256)) >= MIB
        assert verify(volume).is_well


def test_a_unit_on_a_disk_full_to_the_last_byte_opens(small_disk: Path, wall: Wall) -> None:
    settings = VolumeSettings(low_watermark=0, reserve=MIB)
    folder = new_unit(small_disk / "unit")
    with reopen(folder, wall, settings=settings) as volume:
        sha256 = put(volume, "1", b"x").entry.sha256
    with pytest.raises(OSError, match="No space"):
        _fill_up(small_disk / "filler")
    for file in folder.glob("catalogue.sqlite*"):
        file.unlink()
    with reopen(folder, wall, settings=settings) as volume:
        assert content_of(volume, sha256) == b"x"
        volume.delete(sha256, "me", "room")
