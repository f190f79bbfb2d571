import json
from typing import Any


def test_alone_it_lists(run: Any) -> None:
    alone = run("queue")
    assert alone.stdout == run("queue", "list").stdout
    cells = alone.stdout.splitlines()[1].split()
    assert cells[:6] == ["17", "PACS", "waiting", "7/120", "-", "2"]
    assert cells[-2:] == ["1.2.3", "refused"]


def test_the_fields_scripts_rely_on(run: Any) -> None:
    wanted = ["destination", "state", "instances", "sent", "attempts", "next_try", "last_error"]
    for words in (["queue", "--json"], ["queue", "list", "--json"], ["--json", "queue"]):
        (job,) = json.loads(run(*words).stdout)
        assert [job[name] for name in wanted] == [
            "PACS", "waiting", 120, 7, 2, "2026-03-01T12:00:00+00:00", "refused",
        ]  # fmt: skip


def test_a_part_of_it(run: Any) -> None:
    assert run("queue", "list", "--node", "X").stdout == "The queue is empty.\n"
    assert run("queue", "--state", "sent").stdout == "The queue is empty.\n"
    assert len(json.loads(run("queue", "--node", "PACS", "--json").stdout)) == 1


def test_trying_again(run: Any) -> None:
    assert run("queue", "retry", "17").stdout == "1 to be tried again.\n"
    assert run("queue", "retry", "--all", "--json").stdout == '{\n  "retried": 1\n}\n'
    assert run("queue", "retry", "99").stderr == "arca: there is no transfer 99\n"
    for words in ([], ["17", "--all"], ["x"]):
        assert run("queue", "retry", *words).exit_code == 2


def test_pausing(run: Any) -> None:
    assert run("queue", "pause", "PACS").exit_code == 1
    run("node", "add", "PACS", "--ae", "PACS", "--host", "h", "--port", "104")
    assert run("queue", "pause", "PACS").stdout == "PACS is paused; 0 waiting.\n"
    assert "paused" in run("node", "list").stdout
    assert run("queue", "resume", "PACS").stdout == "PACS is not paused; 0 waiting.\n"
