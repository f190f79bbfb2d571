"""Lines that change what is in force."""

from __future__ import annotations

from datetime import timedelta

import pytest

from storage.errors import Missing
from storage.store import Action
from storage.volume import Volume
from tests.storage.units import Wall, put


def test_lines_say_who_and_why(volume: Volume) -> None:
    sha256 = put(volume, "1", b"x", group="study").entry.sha256
    hold = volume.hold(sha256, "court", "case 7")
    assert (hold.action, hold.actor, hold.notes) == (Action.HOLD, "court", {"reason": "case 7"})
    volume.release(sha256, "court", "over")
    line = volume.delete(sha256, "dr", "wish of the patient")
    assert (line.name, line.group, line.actor) == ("1", "study", "dr")
    assert volume.follow(line.sequence - 1) == [line]


def test_two_changes_in_a_row_see_each_other(volume: Volume, wall: Wall) -> None:
    sha256 = put(volume, "1", b"x").entry.sha256
    for days in (1, 2, 2, 3):
        volume.extend(sha256, wall.now + timedelta(days=days), "me")
    entry = volume.entry(sha256)
    assert entry is not None
    assert entry.retain_until == wall.now + timedelta(days=3)


def test_nothing_can_be_said_about_what_is_not_here(volume: Volume) -> None:
    for say in (volume.hold, volume.release, volume.delete):
        with pytest.raises(Missing, match="no object"):
            say("0" * 64, "me", "why")
    with pytest.raises(Missing):
        volume.note_damage("0" * 64, "changed")
