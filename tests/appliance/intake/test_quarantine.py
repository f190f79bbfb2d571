"""The quarantine keeps what it can, and never more than its share."""

from __future__ import annotations

import os
from pathlib import Path

from appliance.intake.quarantine import Quarantine


def test_an_object_is_kept_whole(tmp_path: Path) -> None:
    aside = Quarantine(tmp_path / "q", 1000).begin("one")
    aside.write([b"head", memoryview(b"er")])
    aside.write([b"content"])
    assert aside.close()
    assert aside.path.read_bytes() == b"headercontent"
    assert aside.path.stat().st_mode & 0o777 == 0o600


def test_what_is_larger_than_a_quarter_is_given_up(tmp_path: Path) -> None:
    aside = Quarantine(tmp_path, 400).begin("one")
    aside.write([bytes(90)])
    aside.write([bytes(20)])
    aside.write([bytes(1)])
    assert not aside.close()
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_make_room(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 400)
    for number in range(10):
        aside = quarantine.begin(str(number))
        aside.write([bytes(100)])
        assert aside.close()
        os.utime(aside.path, (number, number))
    kept = sorted(int(path.stem) for path in tmp_path.iterdir())
    assert kept == list(range(10))[-len(kept) :]
    assert 1 <= len(kept) <= 4


def test_the_folder_is_seldom_looked_at(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 1_000_000)
    quarantine.begin("first").discard()
    stranger = tmp_path / "stranger.dcm"
    with stranger.open("wb") as file:
        file.truncate(1_000_000)
    for number in range(8):
        aside = quarantine.begin(str(number))
        aside.write([bytes(100_000)])
        assert aside.close()
        assert stranger.exists()
    quarantine.begin("last")
    assert not stranger.exists()


def test_a_discarded_object_leaves_nothing(tmp_path: Path) -> None:
    aside = Quarantine(tmp_path, 400).begin("one")
    aside.write([b"x"])
    aside.discard()
    aside.write([b"y"])
    assert not aside.close()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "q").write_text("a file stands in the way")
    aside = Quarantine(tmp_path / "q", 400).begin("one")
    aside.write([b"x"])
    assert not aside.close()
