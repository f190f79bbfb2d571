import json
from typing import Any


def test_it_lists_in_words(run: Any) -> None:
    line = run("commitment").stdout.splitlines()[1]
    assert "asks us  CT1   reported  10/12" in line


def test_the_fields_scripts_rely_on(run: Any) -> None:
    (one,) = json.loads(run("commitment", "--json").stdout)
    assert (one["transaction_uid"], one["failed"]) == ("2.25.1", 2)
