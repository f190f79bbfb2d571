import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from appliance.__main__ import arca
from appliance.commands.program import Invocation
from appliance.errors import ConfigError


@pytest.mark.parametrize(
    "words",
    [
        "--config a.toml node list",
        "node --config a.toml list",
        "node list --config a.toml",
        "--config b.toml node list --config a.toml",
    ],
)
def test_the_configuration_may_stand_anywhere(run: Any, words: str) -> None:
    assert run(*words.split()).exit_code == 0
    assert run.files == [Path("a.toml")]


@pytest.mark.parametrize("words", ["--json node list", "node --json list", "node list --json"])
def test_json_may_stand_anywhere(run: Any, words: str) -> None:
    assert json.loads(run(*words.split()).stdout) == []


def test_a_configuration_that_is_wrong() -> None:
    def load(file: Path | None) -> Any:
        raise ConfigError(f"{file}: unknown key dicom.prot; did you mean dicom.port?")

    def local() -> Any:
        raise AssertionError

    words = ["status", "--config", "a.toml"]
    result = CliRunner().invoke(arca, words, obj=Invocation(load, local))
    assert result.exit_code == 2
    assert result.stderr == "arca: a.toml: unknown key dicom.prot; did you mean dicom.port?\n"


def test_what_a_message_quotes_does_not_steer_the_terminal(run: Any) -> None:
    result = run("node", "remove", "\x1b[2J")
    assert (result.exit_code, "\x1b" in result.stderr) == (1, False)
