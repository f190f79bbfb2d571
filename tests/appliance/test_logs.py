import io
import json
import logging
from collections.abc import Iterator

import pytest

from appliance.logs import JsonLines, Plain, set_up

HOSTILE = "CT1\n{} \x1b[2J\x9b31m"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def failed() -> logging.LogRecord:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        info = type(error), error, error.__traceback__
        return logging.LogRecord("a.room", logging.ERROR, "", 0, "from %s", (HOSTILE,), info)


def test_one_json_object_per_line() -> None:
    stream = io.StringIO()
    set_up("info", stream)
    logging.getLogger("a.room").info("from %s", HOSTILE, extra={"peer": "10.0.0.7", "seconds": 2})
    logging.getLogger("a.room").debug("not this")
    (line,) = stream.getvalue().splitlines()
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "info",
        "where": "a.room",
        "text": f"from {HOSTILE}",
        "peer": "10.0.0.7",
        "seconds": 2,
    }


def test_an_error_keeps_its_trace_within_the_line() -> None:
    line = JsonLines().format(failed())
    assert line.isascii()
    assert line.isprintable()
    assert "Traceback" in json.loads(line)["error"]


def test_at_a_terminal_nothing_steers_it() -> None:
    shown = Plain().format(failed())
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert shown.splitlines()[0].endswith(
        "error    a.room: from CT1\N{REPLACEMENT CHARACTER}{} "
        "\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}31m"
    )


def test_a_terminal_gets_plain_lines() -> None:
    stream = Terminal()
    set_up("warning", stream)
    logging.getLogger("a.room").warning("careful", extra={"peer": "x"})
    assert stream.getvalue().endswith("warning  a.room: careful peer=x\n")


def test_libraries_that_would_tell_stay_quiet() -> None:
    set_up("debug", io.StringIO())
    assert not logging.getLogger("pynetdicom.acse").isEnabledFor(logging.INFO)
    assert logging.getLogger("appliance.intake").isEnabledFor(logging.DEBUG)
