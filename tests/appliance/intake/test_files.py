"""Only regular files inside the folder are found and opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.intake.files import open_regular, walk


def test_a_folder_is_walked_in_order_without_following_links(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "b" / "deep").mkdir(parents=True)
    (inside / "a").mkdir()
    for name in ("2", "1", "a/x", "b/deep/y"):
        (inside / name).write_text(name)
    (tmp_path / "secret").write_text("outside")
    (inside / "file-link").symlink_to(tmp_path / "secret")
    (inside / "folder-link").symlink_to(tmp_path)
    (inside / "b" / "loop").symlink_to(inside)
    os.mkfifo(inside / "pipe")
    found = [str(path.relative_to(inside)) for path in walk(inside)]
    assert found == ["1", "2", "a/x", "b/deep/y"]


def test_a_single_file_may_be_named_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert list(walk(tmp_path / "link")) == [tmp_path / "file"]


def test_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(walk(tmp_path / "missing"))


def test_pipes_and_links_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with pytest.raises(OSError, match="not a regular file"):
        open_regular(tmp_path / "pipe")
    with pytest.raises(OSError, match="symbolic"):
        open_regular(tmp_path / "link")
    with open_regular(tmp_path / "file") as file:
        assert file.read() == b"x"
