import json
from typing import Any

from web.services.overview import Part


def test_status(run: Any) -> None:
    result = run("status")
    assert result.exit_code == 0
    for line in (
        "State            well",
        "DICOM            ARCA at 0.0.0.0:11112",
        "Running for      3 d 4 h",
        "Up this month    99.95 % of the time since the first start",
        "Free space       812 GiB",
        "receive        3 s       0.012 s    1234  kept",
        "send           2 s       -             0  not measured yet",
    ):
        assert line in result.stdout, result.stdout


def test_status_for_scripts(run: Any) -> None:
    told = json.loads(run("status", "--json").stdout)
    assert (told["well"], told["ae_title"], told["waiting"]) == (True, "ARCA", 113)


def test_a_part_that_does_not_work(run: Any, memory: Any) -> None:
    memory.parts = (Part("index", well=False, failure="no \x1b room", restarts=4),)
    result = run("status")
    assert result.exit_code == 1
    assert "index does not work: no � room (started again 4 times)" in result.stdout
    assert "needs attention" in result.stdout
    assert run("status", "--json").exit_code == 1


def test_a_store_that_takes_nothing_in(run: Any, memory: Any) -> None:
    assert "Store            takes objects in" in run("status").stdout
    memory.store = "full"
    memory.parts = (Part("store", well=False, failure="9 MiB are free"),)
    result = run("status")
    assert result.exit_code == 1
    assert "Store            full: it takes nothing in until there is room" in result.stdout
    assert "store does not work: 9 MiB are free" in result.stdout


def test_numbers_that_nobody_knows(run: Any, memory: Any) -> None:
    memory.counted = False
    memory.parts = (Part("database", well=False, failure="file is not a database"),)
    result = run("status")
    assert result.exit_code == 1
    for line in (
        "Archive          not known: the database does not answer",
        "Queue            not known: the database does not answer",
        "Free space       812 GiB",
        "database does not work: file is not a database\n",
    ):
        assert line in result.stdout, result.stdout
    told = run("status", "--json")
    assert (told.exit_code, json.loads(told.stdout)["studies"]) == (1, None)


def test_events(run: Any) -> None:
    lines = run("events", "--limit", "2").stdout.splitlines()
    assert len(lines) == 3
    assert lines[1].endswith("alarm     conflict  object 0 differs")
    assert len(json.loads(run("events", "--json").stdout)) == 3


def test_associations(run: Any) -> None:
    assert "set ARCA on the sender" in run("associations").stdout
    assert run("associations", "X").stdout == "No associations yet.\n"
    assert json.loads(run("associations", "CT1", "--json").stdout)[0]["peer"] == "10.0.0.7"
