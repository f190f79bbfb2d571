"""Folders that survive a power cut; claims; quarantine."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from storage.folders import Claims, Folders, OpenFolders, set_aside
from storage.layout import Layout
from storage.system import System
from tests.storage.faults import Faulty
from tests.storage.units import open_files


def test_each_new_name_is_synced_in_its_parent(tmp_path: Path) -> None:
    system = Faulty(["sync_directory"])
    folders = Folders(Layout(str(tmp_path)), system)
    system.arm(1000)
    assert folders.ensure("a/b/c") == f"{tmp_path}/a/b/c"
    assert system.count == 3
    folders.ensure("a/b/c")
    assert system.count == 3
    folders.ensure("a/b/d")
    assert system.count == 4


def test_a_folder_found_is_synced_once_too(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    system = Faulty(["sync_directory"])
    system.arm(1000)
    Folders(Layout(str(tmp_path)), system).ensure("a/b")
    assert system.count == 2


def test_memory_of_folders_is_bounded(tmp_path: Path) -> None:
    folders = Folders(Layout(str(tmp_path)), System(sync=False))
    for number in range(4200):
        folders.ensure(f"a/{number}")
    assert len(folders._known) < 4200


def test_a_claim_is_waited_for() -> None:
    claims = Claims()
    order: list[str] = []

    def second() -> None:
        with claims.hold("x"):
            order.append("second")

    thread = threading.Thread(target=second)
    with claims.hold("x"), claims.hold("y"):
        thread.start()
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_few_folders_are_held_open(tmp_path: Path) -> None:
    before = open_files()
    opened = OpenFolders()
    for number in range(200):
        (tmp_path / str(number)).mkdir()
        os.fsync(opened.descriptor(str(tmp_path / str(number))))
    assert opened.descriptor(str(tmp_path / "199")) == opened.descriptor(str(tmp_path / "199"))
    assert open_files() <= before + 64
    opened.close()
    assert open_files() == before


def test_nothing_in_quarantine_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "quarantine").mkdir()
    names = []
    for number in range(3):
        (tmp_path / "x.dcm").write_text(str(number))
        names.append(set_aside(Layout(str(tmp_path)), System(), f"{tmp_path}/x.dcm", "odd"))
    assert [Path(name).read_text() for name in names] == ["0", "1", "2"]
