import json
from pathlib import Path
from typing import Any

from appliance.errors import ApplianceError


def test_the_list(run: Any) -> None:
    lines = run("studies").stdout.splitlines()
    assert lines[1].split() == ["P1", "Doe^Jane", "2026-02-28", "CT/SR", "120", "yes", "1.2.3"]
    assert lines[2].split() == ["P2", "山田^太郎", "-", "-", "1", "no", "1.2.4"]
    assert run("studies", "nobody").stdout == "No studies.\n"


def test_only_the_newest(run: Any) -> None:
    result = run("studies", "--limit", "1")
    assert result.stdout.endswith("\nThe newest 1; `--limit 0` lists all.\n")


def test_the_fields_scripts_rely_on(run: Any) -> None:
    result = run("studies", "--json")
    assert result.stdout.isascii()
    first = json.loads(result.stdout)[0]
    wanted = ["patient_id", "patient_name", "study_uid", "study_date", "modalities"]
    assert [first[name] for name in [*wanted, "instances", "complete"]] == [
        "P1", "Doe^Jane", "1.2.3", "2026-02-28", ["CT", "SR"], 120, True,
    ]  # fmt: skip


def test_what_came_over_the_wire_does_not_steer_the_terminal(run: Any, memory: Any) -> None:
    from dataclasses import replace

    hostile = replace(memory.studies[0], patient_name="Doe\x1b]0;x\x07\r\n\x9b2J")
    memory.studies[:] = [hostile]
    lines = run("studies").stdout.splitlines()
    assert len(lines) == 2
    assert lines[1].isprintable()
    assert run("studies", "--json").stdout.replace("\n", "").isprintable()


def test_sending(run: Any) -> None:
    assert run("send", "1.2.3", "PACS").stderr == "arca: there is no node PACS\n"
    run("node", "add", "PACS", "--ae", "PACS", "--host", "h", "--port", "104")
    result = run("send", "1.2.3", "PACS", "--priority", "3")
    assert result.stdout.startswith("120 instances queued for PACS as job 18;")
    assert json.loads(run("send", "1.2.3", "PACS", "--json").stdout)["id"] == 18
    assert run("send", "../nodes", "PACS").exit_code == 1


def test_an_import_with_a_bad_file(run: Any, tmp_path: Path) -> None:
    result = run("import", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout == (
        "2 files: 1 stored (512 bytes), 0 were there already, 0 are not DICOM, 1 failed.\n"
    )
    assert result.stderr == f"{tmp_path}/b.dcm: cut �[31m short\n"


def test_an_import_for_scripts(run: Any, tmp_path: Path) -> None:
    told = json.loads(run("import", "--json", str(tmp_path)).stdout)
    assert (told["stored"], told["failed"]) == (1, 1)
    assert told["errors"][0]["file"].endswith("b.dcm")


def test_an_import_that_broke_off_tells_what_came_in(run: Any, memory: Any, tmp_path: Path) -> None:
    memory.broken_off = "no room is left"
    result = run("import", str(tmp_path))
    assert result.exit_code == 1
    assert result.stdout.startswith("2 files: 1 stored (512 bytes), ")
    assert result.stderr.splitlines()[-1] == f"{tmp_path}: no room is left"
    told = json.loads(run("import", "--json", str(tmp_path)).stdout)
    assert (told["stored"], told["errors"][-1]["error"]) == (1, "no room is left")


def test_an_import_that_cannot_go_on(run: Any, memory: Any, tmp_path: Path) -> None:
    memory.failure = ApplianceError("the disk is full")
    result = run("import", str(tmp_path))
    assert (result.exit_code, result.stderr) == (1, "arca: the disk is full\n")
    assert run("import", "/nowhere/at/all").exit_code == 2
