"""The command line that scripts rely on: words, keys, JSON names and exit codes."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.system import wire
from tests.system.appliance import ARCA, Appliance, free_port
from tests.system.images import ct
from tests.system.patience import until
from tests.system.peers import Scripted

_COMMANDS = [
    "serve",
    "status",
    "node add",
    "node list",
    "node remove",
    "node echo",
    "rule add",
    "rule list",
    "rule remove",
    "rule test",
    "studies",
    "queue",
    "queue list",
    "queue retry",
    "queue pause",
    "queue resume",
    "send",
    "import",
    "verify",
    "reindex",
    "check",
]


def _arca(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ARCA), *words], capture_output=True, text=True, cwd=cwd, timeout=60, check=False
    )


# Words


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_has_help_with_an_example(command: str, tmp_path: Path) -> None:
    done = _arca(*command.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert f"arca {command.split()[0]}" in done.stdout
    assert "Example" in done.stdout
    assert "--json" in done.stdout
    assert "--config" in done.stdout


def test_without_a_running_process_commands_say_how_to_start_it(tmp_path: Path) -> None:
    with Appliance(tmp_path / "arca") as arca:
        done = arca.run("studies")
        assert done.returncode == 1
        assert "serve" in done.stderr
        assert "Traceback" not in done.stderr


# Configuration

_EVERY_KEY = """
[appliance]
home = "{home}"
name = "Test"
language = "en"
[dicom]
ae_title = "ARCA"
address = "127.0.0.1"
port = {port}
unknown_callers = "accept"
quiet_seconds = 5
concurrent_tasks = 4
max_pdu = 131072
[storage]
path = "{home}/store"
low_watermark = 1048576
[database]
url = "sqlite:///{home}/index.sqlite"
[web]
address = "127.0.0.1"
port = {web}
[control]
socket = "{home}/arca.sock"
[log]
level = "info"
"""


def _config(folder: Path) -> Path:
    path = folder / "arca.toml"
    text = _EVERY_KEY.format(home=folder / "home", port=free_port(), web=free_port())
    path.write_text(text)
    return path


def test_every_documented_key_is_known(tmp_path: Path) -> None:
    done = _arca("check", "--config", str(_config(tmp_path)), "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    json.loads(done.stdout)


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("ae_title", "ae_tittle", ["dicom", "ae_tittle", "ae_title"]),
        ("quiet_seconds", "quiet_secs", ["dicom", "quiet_secs", "quiet_seconds"]),
        ("low_watermark", "low_water_mark", ["storage", "low_water_mark", "low_watermark"]),
        ("[control]", "[controll]", ["controll", "control"]),
        ('"accept"', '"acept"', ["unknown_callers", "accept", "hold", "refuse"]),
        ("port = ", 'port = "x"#', ["port"]),
    ],
)
def test_a_wrong_configuration_is_explained(
    tmp_path: Path, right: str, wrong: str, words: list[str]
) -> None:
    path = _config(tmp_path)
    path.write_text(path.read_text().replace(right, wrong, 1))
    for command in ("serve", "studies"):
        done = _arca(command, "--config", str(path), cwd=tmp_path)
        assert done.returncode == 2, command
        assert [word for word in (path.name, *words) if word not in done.stderr] == []
        assert "Traceback" not in done.stderr


def _serve_in_a_network_of_its_own(folder: Path) -> subprocess.Popen[bytes]:
    words = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$0" serve', str(ARCA)]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(words, cwd=folder, stdout=log, stderr=log)


def _inside(pid: int, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["nsenter", f"--target={pid}", "--net", "--", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=60,
    )


def test_without_a_configuration_the_defaults_serve(tmp_path: Path) -> None:
    if os.geteuid() or _inside(os.getpid(), "ip", "link", cwd=tmp_path).returncode:
        pytest.skip("this machine does not allow a network namespace")
    process = _serve_in_a_network_of_its_own(tmp_path)
    try:
        echo = ["echoscu", "-aec", "ARCA", "127.0.0.1", "11112"]
        until(lambda: not _inside(process.pid, *echo, cwd=tmp_path).returncode, 30, "an echo")
        assert (tmp_path / "arca-data").is_dir()
        status = json.loads(_arca("status", "--json", cwd=tmp_path).stdout)
        assert (status["ae_title"], status["port"]) == ("ARCA", 11112)
        sockets = _inside(process.pid, "cat", "/proc/net/tcp", "/proc/net/tcp6", cwd=tmp_path)
        assert f":{8443:04X} " in sockets.stdout
    finally:
        process.terminate()
        assert process.wait(30) == 0


def test_a_second_process_on_the_same_home_is_refused(arca: Appliance) -> None:
    second = arca.config.with_name("second.toml")
    text = arca.config.read_text()
    for port in (arca.port, arca.web_port):
        text = text.replace(str(port), str(free_port()))
    second.write_text(text)
    done = _arca("serve", "--config", str(second), cwd=arca.home)
    assert done.returncode
    assert "Traceback" not in done.stderr
    assert wire.echo(arca.port) == 0


# JSON


def test_the_names_in_json(arca: Appliance) -> None:
    images = [ct(number, source=60) for number in range(1, 4)]
    with Scripted() as sink:
        arca.route("sink", sink.port)
        assert wire.store(arca.port, images) == [0, 0, 0]
        until(lambda: arca.queue("sink") and arca.queue("sink")[0]["sent"], 30, "sent")
        (study,) = arca.ask("studies")
        assert (
            study.items()
            >= {
                "patient_id": "1CT1",
                "patient_name": "CompressedSamples^CT1",
                "study_uid": images[0].study_uid,
                "modalities": ["CT"],
                "instances": 3,
            }.items()
        )
        assert study["study_date"] == "2004-01-19"
        assert set(arca.queue("sink")[0]) >= {
            "destination",
            "state",
            "instances",
            "sent",
            "attempts",
            "next_try",
            "last_error",
        }
        until(lambda: arca.ask("studies")[0]["complete"], 30, "complete after its quiet time")
    assert isinstance(arca.ask("node", "list"), list)
    assert isinstance(arca.ask("rule", "list"), list)
    (trial,) = arca.ask("rule", "test", images[0].study_uid)
    assert trial["explanation"]


def test_mistakes_are_answered_in_words(arca: Appliance) -> None:
    for words in (
        ["rule", "add", "x", "--when", "((", "--to", "nowhere"],
        ["rule", "add", "x", "--when", "true", "--to", "nowhere"],
        ["node", "remove", "nowhere"],
        ["send", "1.2.3", "nowhere"],
        ["node", "add", "x", "--ae", "A" * 17, "--host", "h", "--port", "1"],
    ):
        done = arca.run(*words)
        assert done.returncode, words
        assert done.stderr.startswith("arca: ")
        assert "Traceback" not in done.stderr
