import json
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _node(run: Any) -> None:
    run("node", "add", "PACS", "--ae", "PACS", "--host", "h", "--port", "104")


def test_adding_listing_and_removing(run: Any) -> None:
    assert run("rule", "list").stdout == "No rules; add one: arca rule add\n"
    words = ["rule", "add", "ct", "--when", 'Modality == "CT"', "--to", "PACS"]
    assert run(*words).stdout.startswith("Rule ct was added;")
    line = run("rule", "list").stdout.splitlines()[1]
    assert line == 'ct    PACS  instance         0  always  Modality == "CT"'
    assert run("rule", "remove", "ct").stdout == "ct was removed.\n"
    assert run("rule", "remove", "ct", "--json").exit_code == 1


def test_every_option(run: Any) -> None:
    more = "--when true --to PACS --per study --priority 7 --window 22:00-06:00 --json"
    made = json.loads(run("rule", "add", "night", *more.split()).stdout)
    assert made == {
        "name": "night",
        "when": "true",
        "to": "PACS",
        "per": "study",
        "priority": 7,
        "window": "22:00-06:00",
        "note": "",
    }
    assert run("rule", "add", "x", "--when", "true", "--to", "PACS", "--per", "day").exit_code == 2


def test_a_dry_run(run: Any) -> None:
    result = run("rule", "test", "1.2.3", "--when", "false")
    assert result.stdout.splitlines()[1] == "1.2.3  -     -   0 of 1   false is false"
    assert len(json.loads(run("rule", "test", "--when", "false", "--json").stdout)) == 2
    assert run("rule", "test").stdout == "No rule, or no study, to try.\n"
