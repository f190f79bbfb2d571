"""Write-once storage on a local directory: the common suite, and what is its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from storage.errors import Immutable, Missing, NotAUnit, Stopped, StoreError
from storage.scrub import verify
from storage.store import Action, Outcome, Store
from storage.volume import Volume, VolumeSettings, create_volume, open_volume
from tests.storage.conformance import Conformance
from tests.storage.units import (
    SETTINGS,
    Wall,
    content_of,
    file_of,
    flip,
    new_unit,
    open_files,
    put,
    reopen,
)


class TestVolume(Conformance):
    @pytest.fixture
    def store(self, volume: Volume) -> Volume:
        return volume

    def spoil(self, store: Store, sha256: str) -> None:
        assert isinstance(store, Volume)
        entry = store.entry(sha256)
        assert entry is not None
        flip(Path(store.layout.absolute(entry.path)))


def test_all_is_there_after_opening_again(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        receipts = [put(volume, str(number), b"%d" % number) for number in range(23)]
        lines = volume.follow(0)
    with reopen(unit, wall) as volume:
        assert volume.last() == 24
        assert volume.follow(0) == lines
        assert volume.follow(7, 3) == lines[7:10]
        assert put(volume, "3", b"3").outcome is Outcome.DUPLICATE
        for number, receipt in enumerate(receipts):
            assert volume.find(str(number)) == (receipt.entry,)
            assert content_of(volume, receipt.entry.sha256) == b"%d" % number
        assert verify(volume).is_well


def test_paths_come_from_day_and_digests_only(volume: Volume) -> None:
    entry = put(volume, "../../name", b"x", group="../../group").entry
    folder, name = os.path.split(entry.path)
    assert name == f"{entry.sha256}.dcm"
    assert folder.startswith("objects/2026/05/17/")
    assert len(folder) == len("objects/2026/05/17/") + 20


def test_a_group_lies_together_per_day(volume: Volume, wall: Wall) -> None:
    one, two = put(volume, "1", b"1").entry, put(volume, "2", b"2").entry
    wall.forward(days=1)
    three = put(volume, "3", b"3").entry
    assert os.path.dirname(one.path) == os.path.dirname(two.path)
    assert "/2026/05/18/" in three.path


def test_files_cannot_be_written_to_again(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x").entry
    assert file_of(unit, entry).stat().st_mode & 0o777 == 0o440


def test_a_folder_that_is_no_unit_is_refused(tmp_path: Path, wall: Wall) -> None:
    with pytest.raises(NotAUnit, match="Is the drive mounted"):
        reopen(tmp_path, wall)
    assert not list(tmp_path.iterdir())


def test_another_unit_is_refused(unit: Path, tmp_path: Path, wall: Wall) -> None:
    other = create_volume(tmp_path / "other", name="other")
    with pytest.raises(NotAUnit, match="another drive"):
        open_volume(unit, settings=SETTINGS, clock=wall, expected_id=other.id)


def test_a_new_unit_needs_an_empty_folder(unit: Path) -> None:
    with pytest.raises(NotAUnit, match="not empty"):
        create_volume(unit, name="again")


def test_one_process_at_a_time(unit: Path, volume: Volume, wall: Wall) -> None:
    with pytest.raises(StoreError, match="in use by another process"):
        reopen(unit, wall)


def test_reading_beside_the_one_that_writes(unit: Path, volume: Volume, wall: Wall) -> None:
    first = put(volume, "1", b"x").entry
    with reopen(unit, wall, read_only=True) as beside:
        assert (beside.read_only, beside.is_live, beside.trouble != "") == (True, True, True)
        assert beside.find("1") == (first,)
        second = put(volume, "2", b"y").entry
        assert content_of(beside, second.sha256) == b"y"
        assert (beside.last(), len(beside.follow(1))) == (3, 2)
        assert verify(beside).is_well
        with pytest.raises(Stopped, match="reading only"):
            beside.receive(b"")
        with pytest.raises(Stopped):
            beside.delete(first.sha256, "me", "why")


def test_a_closed_unit_takes_nothing_in(unit: Path, wall: Wall) -> None:
    volume = reopen(unit, wall)
    incoming = volume.receive(b"")
    volume.close()
    volume.close()
    with pytest.raises(Stopped, match="closed"):
        incoming.commit("1", "s", {})
    with pytest.raises(Stopped, match="closed"):
        volume.receive(b"")
    incoming.discard()


def test_the_catalogue_can_be_thrown_away(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        entries = [put(volume, str(number), b"%d" % number).entry for number in range(23)]
        volume.hold(entries[3].sha256, "court", "case")
        volume.delete(entries[4].sha256, "me", "old")
        volume.extend(entries[5].sha256, wall.now + timedelta(days=5), "me")
    for file in unit.glob("catalogue.sqlite*"):
        file.unlink()
    with reopen(unit, wall) as volume:
        assert volume.is_held(entries[3].sha256)
        assert volume.find("4") == ()
        extended = volume.entry(entries[5].sha256)
        assert extended is not None
        assert extended.retain_until == wall.now + timedelta(days=5)
        assert volume.find("22") == (entries[22],)


@pytest.mark.parametrize("damage", [b"", b"garbage" * 1000])
def test_a_spoiled_catalogue_is_made_anew(unit: Path, wall: Wall, damage: bytes) -> None:
    with reopen(unit, wall) as volume:
        entry = put(volume, "1", b"x").entry
    (unit / "catalogue.sqlite").write_bytes(damage)
    with reopen(unit, wall) as volume:
        assert volume.find("1") == (entry,)


def test_the_catalogue_of_another_unit_is_not_believed(
    unit: Path, tmp_path: Path, wall: Wall
) -> None:
    with reopen(new_unit(tmp_path / "other"), wall) as other:
        put(other, "foreign", b"y")
    with reopen(unit, wall) as volume:
        put(volume, "1", b"x")
    shutil.copy(tmp_path / "other/catalogue.sqlite", unit / "catalogue.sqlite")
    with reopen(unit, wall) as volume:
        assert len(volume.find("1")) == 1
        assert volume.find("foreign") == ()


def test_a_lost_file_is_stored_anew_when_it_comes_again(volume: Volume, unit: Path) -> None:
    first = put(volume, "1", b"x").entry
    file_of(unit, first).unlink()
    with pytest.raises(Missing, match="listed but not there"):
        volume.open(first.sha256)
    again = put(volume, "1", b"x")
    assert again.outcome is Outcome.STORED
    assert volume.find("1") == (again.entry,)
    assert content_of(volume, first.sha256) == b"x"
    assert verify(volume).is_well


def test_a_cut_file_is_put_aside_when_it_comes_again(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"0123456789").entry
    file_of(unit, entry).chmod(0o640)
    os.truncate(file_of(unit, entry), 5)
    assert put(volume, "1", b"0123456789").outcome is Outcome.STORED
    assert content_of(volume, entry.sha256) == b"0123456789"
    assert [file.name for file in (unit / "quarantine").iterdir()] == [
        f"{entry.sha256}.dcm.damaged"
    ]
    assert verify(volume).is_well


def test_the_same_content_with_another_header_heals_too(volume: Volume, unit: Path) -> None:
    first = put(volume, "1", b"x").entry
    file_of(unit, first).unlink()
    again = put(volume, "1", b"x", header=b"other")
    assert (again.outcome, again.others) == (Outcome.STORED, ())
    assert put(volume, "1", b"x").outcome is Outcome.DUPLICATE


def test_noted_damage_makes_room_for_a_good_copy(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x").entry
    flip(file_of(unit, entry))
    assert volume.note_damage(entry.sha256, "changed").action is Action.DAMAGE
    assert volume.is_damaged(entry.sha256)
    assert put(volume, "1", b"x").outcome is Outcome.STORED
    assert not volume.is_damaged(entry.sha256)
    assert content_of(volume, entry.sha256) == b"x"


def test_a_hold_outlives_a_lost_file(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x").entry
    volume.hold(entry.sha256, "court", "case")
    file_of(unit, entry).unlink()
    put(volume, "1", b"x")
    with pytest.raises(Immutable):
        volume.delete(entry.sha256, "me", "why")


def test_a_deleted_file_is_gone(volume: Volume, unit: Path) -> None:
    entry = put(volume, "1", b"x").entry
    volume.delete(entry.sha256, "me", "old")
    assert not file_of(unit, entry).exists()
    assert verify(volume).is_well


def test_retention_by_default_and_at_least(unit: Path, wall: Wall) -> None:
    settings = VolumeSettings(
        0, 0, default_retention=timedelta(days=100), min_retention=timedelta(days=10)
    )
    with reopen(unit, wall, settings=settings) as volume:
        by_default = put(volume, "1", b"1").entry
        lengthened = put(volume, "2", b"2", retain_until=wall.now + timedelta(days=1)).entry
        assert by_default.retain_until == wall.now + timedelta(days=100)
        assert lengthened.retain_until == wall.now + timedelta(days=10)


def test_a_clock_set_forward_lets_nothing_go(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        sha256 = put(volume, "1", b"x", retain_until=wall.now + timedelta(days=100)).entry.sha256
        wall.forward(days=400)
        with pytest.raises(Immutable):
            volume.delete(sha256, "me", "now")
    with reopen(unit, wall) as volume, pytest.raises(Immutable):
        volume.delete(sha256, "me", "now")


def test_lines_lie_in_segments(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:
        for number in range(40):
            put(volume, str(number), b"%d" % number)
        assert len(list((unit / "ledger").iterdir())) > 3
        assert [line.sequence for line in volume.follow(0)] == list(range(1, 42))
    with reopen(unit, wall) as volume:
        for after in range(42):
            expected = list(range(after + 1, min(after + 8, 42)))
            assert [line.sequence for line in volume.follow(after, 7)] == expected


def test_no_file_stays_open(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall):
        pass  # what a first run leaves open for good is not ours
    before = open_files()
    with reopen(unit, wall) as volume:
        for number in range(10):
            sha256 = put(volume, str(number), b"%d" % number, group=str(number)).entry.sha256
            content_of(volume, sha256)
        volume.receive(b"").discard()
        volume.delete(sha256, "me", "old")
        verify(volume)
    assert open_files() == before


def test_memory_holds_pieces_not_objects(unit: Path, wall: Wall) -> None:
    import tracemalloc

    piece = b"x" * (1 << 20)
    with reopen(unit, wall, settings=VolumeSettings(0, 0, sync=False)) as volume:
        tracemalloc.start()
        incoming = volume.receive(b"")
        for _ in range(40):
            incoming.write([piece])
        sha256 = incoming.commit("1", "s", {}).entry.sha256
        with volume.open(sha256) as reader:
            assert sum(len(chunk) for chunk in reader.chunks()) == 40 << 20
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 8 << 20


def test_many_threads_lose_nothing(unit: Path, wall: Wall) -> None:
    with reopen(unit, wall) as volume:

        def send(thread: int) -> list[str]:
            return [
                put(volume, f"{thread}.{n}", b"%d %d" % (thread, n), group=str(thread)).entry.sha256
                for n in range(25)
            ]

        with ThreadPoolExecutor(16) as pool:
            sent = [sha256 for part in pool.map(send, range(16)) for sha256 in part]
        assert [line.sequence for line in volume.follow(0)] == list(range(1, 402))
        assert {line.sha256 for line in volume.follow(1)} == set(sent)
        assert verify(volume).checked == 400
    with reopen(unit, wall) as volume:
        assert verify(volume).is_well
        assert volume.last() == 401


def test_objects_are_immutable_when_asked_for(unit: Path, wall: Wall) -> None:
    probe = unit.parent / "probe"
    probe.touch()
    tried = subprocess.run(["chattr", "+i", probe], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("this file system or user cannot make files immutable")
    subprocess.run(["chattr", "-i", probe], check=True)
    settings = VolumeSettings(0, 0, immutable=True)
    with reopen(unit, wall, settings=settings) as volume:
        entry = put(volume, "1", b"x").entry
        with pytest.raises(PermissionError):
            file_of(unit, entry).unlink()
        volume.delete(entry.sha256, "me", "old")
        assert not file_of(unit, entry).exists()
