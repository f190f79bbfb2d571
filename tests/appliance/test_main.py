import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from appliance.__main__ import arca


def commands(group: click.Group, *above: str) -> Iterator[tuple[str, ...]]:
    yield above
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield (*above, name)


ALL = [" ".join(words) for words in commands(arca)]


def test_the_commands_there_are() -> None:
    wanted = (
        "serve status studies send import verify reindex check associations events queue "
        "node,add node,list node,remove node,echo node,pending node,admit rule,add rule,list "
        "rule,remove rule,test queue,list queue,retry queue,pause queue,resume"
    )
    assert {one.replace(",", " ") for one in wanted.split()} <= set(ALL)


@pytest.mark.parametrize("words", ALL)
def test_each_command_has_an_example_and_the_options_all_share(words: str) -> None:
    result = CliRunner().invoke(arca, [*words.split(), "--help"], prog_name="arca")
    assert result.exit_code == 0
    assert f"Example:\n    {' '.join(['arca', *words.split()])}" in result.output
    assert "--config FILE" in result.output
    assert "--json" in result.output


def test_the_exit_codes_are_told() -> None:
    assert "Exit codes: 0 done" in CliRunner().invoke(arca, ["--help"]).output


@pytest.mark.parametrize(
    "words", ["nothing", "node add", "--nothing", "status --limit 1", "node x"]
)
def test_what_is_mistyped_is_one_line(words: str) -> None:
    result = CliRunner().invoke(arca, words.split(), prog_name="arca")
    assert result.exit_code == 2
    assert result.stderr.startswith("arca: ")
    assert result.stderr.count("\n") == 1
    assert "--help`" in result.stderr


def test_the_module_runs_and_loads_little(tmp_path: Path) -> None:
    heavy = ("trio", "httpx", "quart", "hypercorn", "tortoise", "pydicom", "cryptography")
    program = (
        f"import sys; sys.argv = ['arca', '--version']\nimport appliance.__main__ as m\n"
        f"try: m.main()\nexcept SystemExit: print([h for h in {heavy!r} if h in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (answer.stdout.splitlines()[1:], answer.stderr) == (["[]"], "")


def test_a_reader_that_has_enough_is_no_error() -> None:
    program = f"{sys.executable} -m appliance --help | true"
    answer = subprocess.run(["bash", "-c", program], capture_output=True, text=True)
    assert answer.stderr == ""
