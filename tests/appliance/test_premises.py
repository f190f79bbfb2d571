"""The store is the one it was, and what is wrong is found before a start."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config
from appliance.errors import ConfigError
from appliance.premises import Finding, inspect, make_home, open_store, volume_settings
from storage.errors import Stopped, StoreError


def _with(config: Config, section: str, **values: Any) -> Config:
    changed: Any = replace(getattr(config, section), **values)
    return replace(config, **{section: changed})


# The store.


def test_the_first_start_makes_the_store_and_later_ones_find_it(config: Config) -> None:
    named = _with(config, "appliance", name="Clinic North")
    with open_store(named) as made:
        assert made.unit.name == "Clinic North"
    with open_store(config) as found:
        assert found.unit == made.unit
    assert (config.appliance.home / "store.id").read_text().strip() == made.unit.id


def test_an_empty_folder_in_place_of_the_drive_is_not_taken_for_a_new_store(
    config: Config,
) -> None:
    open_store(config).close()
    drive = config.storage.path.rename(config.appliance.home / "unplugged")
    config.storage.path.mkdir()
    with pytest.raises(ConfigError, match=r"storage\.path = .* Is the drive mounted") as raised:
        open_store(config)
    assert str(config.appliance.home / "store.id") in str(raised.value)
    assert list(config.storage.path.iterdir()) == []
    config.storage.path.rmdir()
    drive.rename(config.storage.path)
    open_store(config).close()


def test_another_store_in_its_place_is_refused(config: Config, tmp_path: Path) -> None:
    open_store(config).close()
    other = _with(config, "appliance", home=tmp_path / "other")
    make_home(other)
    open_store(_with(other, "storage", path=tmp_path / "other" / "store")).close()
    swapped = _with(config, "storage", path=tmp_path / "other" / "store")
    with pytest.raises(ConfigError, match="Is another drive mounted there"):
        open_store(swapped)
    (config.appliance.home / "store.id").unlink()
    open_store(swapped).close()
    with pytest.raises(ConfigError):
        open_store(config)


def test_a_store_that_was_there_before_its_home_is_taken_over(config: Config) -> None:
    open_store(config).close()
    known = config.appliance.home / "store.id"
    identity = known.read_text()
    known.unlink()
    open_store(config).close()
    assert known.read_text() == identity


def test_reading_needs_a_store_and_makes_none(config: Config) -> None:
    with pytest.raises(ConfigError, match="holds no unit of storage"):
        open_store(config, read_only=True)
    assert not config.storage.path.exists()
    with open_store(config), open_store(config, read_only=True) as beside:
        assert beside.read_only
        with pytest.raises(Stopped):
            beside.receive(b"")


def test_one_process_writes(config: Config) -> None:
    with open_store(config), pytest.raises(StoreError, match="in use by another process"):
        open_store(config)


def _full(path: Path) -> None:
    path.mkdir()
    (path / "diary.txt").write_text("not an image")


@pytest.mark.parametrize(
    ("make", "words"),
    [(_full, "is not empty"), (Path.touch, "File exists")],
    ids=["other things", "a file"],
)
def test_no_store_is_made_among_other_things(
    config: Config, make: Callable[[Path], None], words: str
) -> None:
    make(config.storage.path)
    with pytest.raises(ConfigError, match=words):
        open_store(config)
    assert _levels(config)["store"] == "error"


def test_what_the_configuration_says_about_the_store(config: Config) -> None:
    assert volume_settings(config).default_retention is None
    given = _with(
        config, "storage", low_watermark=5, reserve=6, immutable=True, sync=True, retention_days=7
    )
    made = volume_settings(given)
    assert (made.low_watermark, made.reserve, made.immutable, made.sync) == (5, 6, True, True)
    assert made.default_retention == timedelta(days=7)


def test_home_is_closed_to_others(config: Config, tmp_path: Path) -> None:
    home = tmp_path / "a" / "b"
    make_home(_with(config, "appliance", home=home))
    assert home.stat().st_mode & 0o077 == 0
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"appliance\.home"):
        make_home(_with(config, "appliance", home=tmp_path / "file" / "home"))


# Before a start.


def _levels(config: Config) -> dict[str, str]:
    return {one.subject: one.level for one in inspect(config)}


def _found(config: Config, subject: str) -> Finding:
    [found] = [one for one in inspect(config) if one.subject == subject and one.level != "ok"]
    return found


@pytest.fixture
def safe(config: Config) -> Config:
    return _with(config, "storage", sync=True)


def test_all_is_well(safe: Config) -> None:
    wanted = ("home", "store", "database", "room", "dicom port", "web port")
    assert _levels(safe) == dict.fromkeys(wanted, "ok")
    with open_store(safe) as volume:
        [store] = [one for one in inspect(safe) if one.subject == "store"]
    assert volume.unit.id in store.text


def test_nothing_is_made_by_looking(safe: Config, tmp_path: Path) -> None:
    nowhere = _with(safe, "appliance", home=tmp_path / "nowhere")
    inspect(_with(nowhere, "storage", path=tmp_path / "nowhere" / "store"))
    assert not (tmp_path / "nowhere").exists()


def test_a_home_that_cannot_be(safe: Config, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert (
        "set appliance.home"
        in _found(_with(safe, "appliance", home=tmp_path / "file"), "home").advice
    )


def test_an_unplugged_drive(safe: Config) -> None:
    open_store(safe).close()
    safe.storage.path.rename(safe.appliance.home / "unplugged")
    assert "Is the drive mounted" in _found(safe, "store").text


def test_a_port_in_use(safe: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = _found(_with(safe, "dicom", port=port), "dicom port")
        assert (found.level, found.text) == (
            "error",
            f"127.0.0.1:{port} cannot be had: Address already in use",
        )
        assert _levels(_with(safe, "web", port=port))["web port"] == "error"
    assert _levels(_with(safe, "dicom", address="::1", port=0))["dicom port"] in {"ok", "error"}


@pytest.mark.parametrize(("share", "level"), [(2.0, "error"), (0.5, "warning"), (0.0, "ok")])
def test_room(safe: Config, share: float, level: str) -> None:
    import os

    usage = os.statvfs(safe.appliance.home)
    needed = int(usage.f_bavail * usage.f_frsize * share)
    [found] = [
        one
        for one in inspect(_with(safe, "storage", low_watermark=needed))
        if one.subject == "room"
    ]
    assert (found.level, bool(found.advice)) == (level, level == "error")


def test_a_database_on_a_server_is_not_looked_at(safe: Config) -> None:
    server = _with(safe, "database", url="postgres://u:p@db/arca")
    [found] = [one for one in inspect(server) if one.subject == "database"]
    assert (found.level, found.text) == ("ok", "PostgreSQL")


def test_a_certificate_that_is_not_there(safe: Config, tmp_path: Path) -> None:
    given = _with(safe, "web", certificate=tmp_path / "c.pem", key=tmp_path / "k.pem")
    (tmp_path / "k.pem").touch()
    assert _found(given, "certificate").text == f"{tmp_path}/c.pem is not there"


def test_a_store_that_does_not_sync(config: Config) -> None:
    assert _found(config, "store").advice == "set storage.sync = true"
