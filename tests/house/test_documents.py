"""The documents agree with the program."""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from appliance.config import Config, load

ROOT = Path(__file__).parents[2]
ROOMS = sorted(
    path.parent.name
    for package in ("appliance", "web")
    for path in (ROOT / package).glob("*/__init__.py")
)


def test_the_example_configuration_holds_the_defaults(tmp_path: Path) -> None:
    example = tmp_path / "arca.toml"
    example.write_text((ROOT / "config.example.toml").read_text())
    (tmp_path / "empty.toml").write_text("")
    assert load(example) == load(tmp_path / "empty.toml")


def test_the_example_configuration_names_every_key() -> None:
    text = (ROOT / "config.example.toml").read_text()
    shown = tomllib.loads(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert {section: set(table) for section, table in shown.items()} == _keys(Config())


def _keys(config: Any) -> dict[str, set[str]]:
    return {
        section.name: {key.name for key in fields(getattr(config, section.name))}
        for section in fields(config)
        if is_dataclass(getattr(config, section.name))
    }


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_stands_in_the_architecture(room: str) -> None:
    assert f"{room}/" in (ROOT / "ARCHITECTURE.md").read_text()


def test_the_readme_gives_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "./run\n" in text
    assert "./run tests" in text
