import json
from typing import Any

ADD = ["node", "add", "PACS", "--ae", "PACS_AE", "--host", "10.0.0.5", "--port", "104"]


def test_adding_and_listing(run: Any) -> None:
    assert run("node", "list").stdout == "No nodes; add one: arca node add\n"
    assert (
        run(*ADD).stdout == "PACS (PACS_AE at 10.0.0.5:104) was added; `arca node echo` tries it.\n"
    )
    line = run("node", "list").stdout.splitlines()[1]
    assert line == "PACS  PACS_AE   10.0.0.5   104  2 associations        0  ready"


def test_every_option(run: Any) -> None:
    more = "--calling ME --max-associations 4 --bandwidth 2M --window 22:00-06:00"
    syntaxes = "--transfer-syntax 1.2.840.10008.1.2 --transfer-syntax 1.2.840.10008.1.2.1"
    made = json.loads(run(*ADD, *more.split(), *syntaxes.split(), "--json").stdout)
    assert made["calling_ae_title"] == "ME"
    assert made["max_associations"] == 4
    assert made["bandwidth"] == 2 << 20
    assert made["window"] == "22:00-06:00"
    assert made["transfer_syntaxes"] == ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]
    assert "4 associations, 2 MiB/s, 22:00-06:00" in run("node", "list").stdout


def test_what_is_seldom(run: Any) -> None:
    run(*ADD, "--tls", "--services", "store, find", "--url", "https://pacs/web")
    shown = run("node", "list").stdout
    assert "2 associations, TLS, DICOMweb, may store, find" in shown


def test_changing(run: Any) -> None:
    run(*ADD)
    changed = run("node", "set", "PACS", "--port", "105", "--tls")
    assert changed.stdout == "PACS (PACS_AE at 10.0.0.5:105) was changed.\n"
    made = json.loads(run("node", "set", "PACS", "--plain", "--json").stdout)
    assert (made["port"], made["tls"]) == (105, False)
    nothing = run("node", "set", "PACS")
    assert (nothing.exit_code, "say what to change" in nothing.stderr) == (2, True)
    assert run("node", "set", "nobody", "--port", "1").exit_code == 1


def test_a_rate_that_is_none(run: Any) -> None:
    for rate in ("fast", "0", "-1M", "1T"):
        result = run(*ADD, "--bandwidth", rate)
        assert result.exit_code == 2
        assert "500K or 20M" in result.stderr


def test_a_name_is_taken_and_freed(run: Any) -> None:
    run(*ADD)
    assert run(*ADD).stderr == "arca: there is a node PACS already\n"
    assert run("node", "remove", "PACS").stdout == "PACS was removed.\n"
    assert run("node", "remove", "PACS").exit_code == 1


def test_echo(run: Any) -> None:
    run(*ADD)
    assert run("node", "echo", "PACS").stdout == "PACS answered in 12 ms.\n"
    run("node", "add", "a/b", "--ae", "X", "--host", "h", "--port", "11")
    result = run("node", "echo", "a/b")
    assert result.exit_code == 1
    assert result.stdout == "a/b did not answer: nothing listens there: check the port\n"
    assert json.loads(run("node", "echo", "a/b", "--json").stdout)["ok"] is False


def test_admitting_who_called(run: Any) -> None:
    cells = run("node", "pending").stdout.splitlines()[1].split()
    assert cells[:4] == ["MR2", "10.0.0.8", "ARCA", "3"]
    assert run("node", "admit", "CT9").exit_code == 1
    result = run("node", "admit", "MR2", "--host", "10.0.0.8")
    assert result.stdout == "MR2 at 10.0.0.8 is admitted; it can call from now on.\n"
    assert run("node", "pending").stdout == "Nobody waits to be admitted.\n"
    assert run("node", "pending", "--json").stdout == "[]\n"


def test_admitting_to_some_services(run: Any) -> None:
    run("node", "admit", "MR2", "--services", "store, find")
    assert "may store, find" in run("node", "list").stdout


def test_who_called_is_told_with_what_it_wanted(run: Any) -> None:
    shown = run("node", "pending").stdout
    assert "CT Image Storage" in shown
    assert shown.splitlines()[-1] == "'MR2' at 10.0.0.8 is not registered"


def test_limits_of_what_comes_in(run: Any) -> None:
    run(*ADD, "--max-incoming", "3", "--incoming-rate", "2M")
    assert "3 incoming, 2 MiB/s incoming" in run("node", "list").stdout


def test_the_doctor(run: Any) -> None:
    run(*ADD)
    well = run("node", "doctor", "PACS")
    assert well.exit_code == 0
    assert well.stdout.splitlines()[0] == "name        ok          1 ms  10.0.0.5 is 10.0.0.5"
    assert well.stdout.splitlines()[-1] == "All is well with PACS."
    run("node", "add", "a/b", "--ae", "X", "--host", "h", "--port", "11")
    ill = run("node", "doctor", "a/b")
    assert ill.exit_code == 1
    assert ill.stdout.splitlines()[-1].endswith("nothing listens there: check the port")
    told = json.loads(run("node", "doctor", "a/b", "--json").stdout)
    assert (told["ok"], [step["ok"] for step in told["steps"]]) == (False, [True, None, False])
    assert run("node", "doctor", "nobody").exit_code == 1
