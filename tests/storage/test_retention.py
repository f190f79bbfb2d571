"""Retention rules, and the clock that cannot be wound forward."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.layout import Layout
from storage.retention import RetentionClock, RetentionRules
from storage.settings import VolumeSettings
from storage.system import System
from tests.storage.units import Wall


class Machine:
    """The seconds since a start of the machine, and which start it was."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.boot = "first"

    def restart(self) -> None:
        self.seconds, self.boot = 5.0, self.boot + "+"


@pytest.fixture
def machine() -> Machine:
    return Machine()


def _clock(
    folder: Path, wall: Wall, machine: Machine, first: datetime | None = None
) -> RetentionClock:
    return RetentionClock(
        Layout(str(folder)),
        System(),
        wall,
        VolumeSettings(),
        first=first or wall.now,
        elapsed=lambda: machine.seconds,
        boot=lambda: machine.boot,
    )


def _pass(wall: Wall, machine: Machine, seconds: float) -> None:
    wall.forward(seconds=seconds)
    machine.seconds += seconds


def test_it_goes_with_the_time(tmp_path: Path, wall: Wall, machine: Machine) -> None:
    clock = _clock(tmp_path, wall, machine)
    _pass(wall, machine, 3600)
    assert clock.now() == wall.now


def test_a_jump_forward_is_not_believed(tmp_path: Path, wall: Wall, machine: Machine) -> None:
    clock = _clock(tmp_path, wall, machine)
    true = wall.now
    wall.forward(days=4000)
    assert clock.now() == true
    machine.seconds += 60
    assert clock.now() == true + timedelta(seconds=60)


def test_a_clock_behind_is_believed(tmp_path: Path, wall: Wall, machine: Machine) -> None:
    clock = _clock(tmp_path, wall, machine)
    wall.forward(days=-3)
    assert clock.now() == wall.now


def test_a_new_start_of_the_program_gains_nothing(
    tmp_path: Path, wall: Wall, machine: Machine
) -> None:
    true = wall.now
    _clock(tmp_path, wall, machine).save()
    wall.forward(days=4000)
    machine.seconds += 50
    assert _clock(tmp_path, wall, machine).now() == true + timedelta(seconds=50)


def test_time_switched_off_counts_up_to_a_limit(
    tmp_path: Path, wall: Wall, machine: Machine
) -> None:
    true = wall.now
    _clock(tmp_path, wall, machine).save()
    machine.restart()
    wall.forward(days=3)
    assert _clock(tmp_path, wall, machine).now() == wall.now
    wall.forward(days=4000)
    assert _clock(tmp_path, wall, machine).now() == true + timedelta(days=31)


def test_it_never_goes_back_over_a_start(tmp_path: Path, wall: Wall, machine: Machine) -> None:
    true = wall.now
    _clock(tmp_path, wall, machine).save()
    machine.restart()
    wall.forward(days=-3)
    clock = _clock(tmp_path, wall, machine)
    wall.forward(days=30)
    assert clock.now() == true


def test_without_a_note_the_newest_line_counts(
    tmp_path: Path, wall: Wall, machine: Machine
) -> None:
    (tmp_path / "clock.json").write_text("{")
    newest = wall.now - timedelta(days=50)
    assert _clock(tmp_path, wall, machine, newest).now() == newest


def test_it_is_noted_once_an_hour(tmp_path: Path, wall: Wall, machine: Machine) -> None:
    clock = _clock(tmp_path, wall, machine)
    machine.seconds += 3599
    clock.save_if_due()
    assert not (tmp_path / "clock.json").exists()
    machine.seconds += 1
    clock.save_if_due()
    assert (tmp_path / "clock.json").exists()


@given(st.lists(st.tuples(st.sampled_from("prjb"), st.integers(0, 100_000)), max_size=20))
def test_whatever_the_wall_says_it_is_never_ahead_of_the_truth(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("clock")
    wall, machine = Wall(), Machine()
    began, true = wall.now, 0.0
    clock = _clock(folder, wall, machine)
    for step, amount in steps:
        if step == "p":
            _pass(wall, machine, amount)
            true += amount
        elif step == "j":
            wall.forward(seconds=amount)
        elif step == "b":
            wall.forward(seconds=-amount)
        else:
            clock.save()
            clock = _clock(folder, wall, machine)
        assert (clock.now() - began).total_seconds() <= true + 0.001


def test_rules_for_what_comes_in(wall: Wall) -> None:
    day = timedelta(days=1)
    now = wall.now
    assert RetentionRules(None, None).until(None, now) is None
    assert RetentionRules(None, None).until(now + day, now) == now + day
    assert RetentionRules(5 * day, None).until(None, now) == now + 5 * day
    assert RetentionRules(5 * day, None).until(now + day, now) == now + day
    assert RetentionRules(None, 3 * day).until(None, now) == now + 3 * day
    assert RetentionRules(None, 3 * day).until(now + day, now) == now + 3 * day
