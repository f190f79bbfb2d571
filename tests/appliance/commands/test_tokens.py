import json
from typing import Any


def test_making_listing_and_removing(run: Any) -> None:
    assert run("token", "list").stdout == "No tokens; make one: arca token add\n"
    made = run("token", "add", "viewer", "--may", "search,retrieve", "--days", "30")
    assert made.stdout.strip() == "arca_" + "x" * 43
    assert "not shown again" in made.stderr
    assert "retrieve, search" in run("token", "list").stdout.splitlines()[1]
    assert run("token", "remove", "viewer").stdout == "viewer was removed.\n"
    assert run("token", "remove", "viewer").exit_code == 1


def test_as_json(run: Any) -> None:
    made = json.loads(run("token", "add", "gate", "--json").stdout)
    assert made["token"]["rights"] == ["retrieve", "search", "store"]
    assert run("token", "add", "x", "--may", "fly").exit_code == 2
    assert [one["name"] for one in json.loads(run("token", "list", "--json").stdout)] == ["gate"]
