import json
from typing import Any

ADD = ["node", "add", "PACS", "--ae", "PACS_AE", "--host", "10.0.0.5", "--port", "104"]


def test_asking(run: Any) -> None:
    run(*ADD)
    line = run("query", "PACS", "--patient-name", "DOE*").stdout.splitlines()[1].split()
    assert line == ["P1", "Doe^Jane", "20260228", "CT", "Head", "3", "1", "1.2.3"]
    assert run("query", "PACS", "--patient-id", "nobody").stdout == "It has no such study.\n"
    [one] = json.loads(run("query", "PACS", "--where", "StationName=CT1", "--json").stdout)
    assert one["accession_number"] == "A1"
    assert run("query", "nobody").exit_code == 1


def test_bringing(run: Any) -> None:
    run(*ADD)
    done = run("retrieve", "PACS", "1.2.4")
    assert done.stdout == "1.2.4: complete, 1 of 1 images are here.\n"
    assert done.exit_code == 0
    short = run("retrieve", "PACS", "1.2.4", "1.2.3")
    assert "1.2.3: partial, 2 of 3 images are here. 1 of 3 did not come." in short.stdout
    assert short.exit_code == 1
    both = json.loads(run("retrieve", "PACS", "1.2.4", "1.2.3", "--json").stdout)
    assert [one["state"] for one in both] == ["complete", "partial"]
    lost = run("retrieve", "nobody", "1.2.3")
    assert (lost.exit_code, "Traceback" in lost.stderr) == (1, False)
