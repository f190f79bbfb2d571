import json
from typing import Any

import pytest

_ADD = ["worklist", "add", "--patient", "Doe^Jane", "--id", "P1", "--modality", "CT"]
_WHEN = ["--ae", "CT1", "--ae", "CT2", "--at", "2026-11-30 09:30"]


@pytest.fixture(autouse=True)
def _node(run: Any) -> None:
    run("node", "add", "ris", "--ae", "RIS", "--host", "h", "--port", "104")


def test_adding_listing_showing_and_removing(run: Any) -> None:
    assert run("worklist", "list").stdout == "Nothing is scheduled.\n"
    assert run(*_ADD, *_WHEN).stdout == "Item 1 is scheduled for 2026-11-30 09:30.\n"
    assert run(*_ADD, *_WHEN).stderr == "Warning: odd\n"
    line = run("worklist", "list", "doe").stdout.splitlines()[1]
    assert line.split()[:7] == ["1", "scheduled", "2026-11-30", "09:30", "CT", "CT1/CT2", "P1"]
    assert "The first 1" in run("worklist", "list", "--limit", "1").stdout
    assert len(json.loads(run("worklist", "list", "--all", "--json").stdout)) == 2
    assert json.loads(run("worklist", "show", "1").stdout)["00100020"]["Value"] == ["P1"]
    assert run("worklist", "remove", "1").stdout == "Item 1 was removed.\n"
    assert run("worklist", "remove", "1", "--json").exit_code == 1


def test_what_is_missing_is_told(run: Any) -> None:
    assert run("worklist", "add", "--ae", "CT1", "--at", "2026-11-30").exit_code == 2
    made = json.loads(run(*_ADD, *_WHEN, "--code", "1:LN:one", "--json").stdout)
    assert (made["id"], made["station_ae_titles"]) == (1, ["CT1", "CT2"])


def test_files(run: Any, memory: Any, tmp_path: Any) -> None:
    told = "1 added, 2 changed, 3 as they were, 0 removed, 0 not readable.\n"
    assert run("worklist", "import", str(tmp_path)).stdout == told
    memory.broken_off = "yes"
    broken = run("worklist", "import", str(tmp_path))
    assert (broken.exit_code, "it is no item" in broken.stderr) == (1, True)
    assert json.loads(run("worklist", "import", str(tmp_path), "--json").stdout)["added"] == 1


def test_copies(run: Any) -> None:
    assert run("worklist", "copies").stdout.startswith("No worklist is copied;")
    assert "2 removed" in run("worklist", "copy", "ris").stdout
    told = run("worklist", "copy", "ris", "--every", "5m", "--days", "2").stdout
    assert told == "The worklist of ris is copied every 5 min 0 s.\n"
    assert run("worklist", "copies").stdout.splitlines()[1].startswith("ris   5 min 0 s     2  -")
    assert json.loads(run("worklist", "copies", "--json").stdout)[0]["every_seconds"] == 300
    assert run("worklist", "copy", "ris", "--every", "soon").exit_code == 2
    assert "not copied any more" in run("worklist", "copy", "ris", "--stop").stdout
    assert run("worklist", "copy", "ris", "--stop").exit_code == 1
    assert run("worklist", "copy", "nobody").exit_code == 1


def test_what_was_performed(run: Any) -> None:
    line = run("worklist", "performed").stdout.splitlines()[1]
    assert line.startswith("completed  CT1       yes")
    assert json.loads(run("worklist", "performed", "--json").stdout)[0]["uid"] == "1.2.9"
