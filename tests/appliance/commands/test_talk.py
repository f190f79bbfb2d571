import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from appliance.commands.talk import Door, Refused, segment


def test_when_nothing_runs_it_says_how_to_start_it(stopped: Any) -> None:
    result = stopped("status")
    assert result.exit_code == 1
    assert result.stderr == (
        f"arca: arca is not running: nothing answers at {stopped.socket}; "
        "start it with `arca serve`\n"
    )
    result = stopped("--config", "a.toml", "queue")
    assert "start it with `arca serve --config a.toml`" in result.stderr


def test_a_socket_that_nobody_serves_any_more(stopped: Any) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(stopped.socket))
    assert "is not running" in stopped("studies").stderr


def test_a_no_is_told_in_the_words_of_the_process(run: Any) -> None:
    result = run("node", "echo", "X")
    assert (result.exit_code, result.stderr) == (1, "arca: there is no node X\n")


def test_a_request_without_sense_is_a_misuse(run: Any) -> None:
    run("node", "add", "PACS", "--ae", "PACS", "--host", "h", "--port", "104")
    result = run("rule", "add", "r", "--when", "f(", "--to", "PACS")
    assert result.exit_code == 2
    assert result.stderr == "arca: when = f(: a parenthesis is not closed\n"


def test_an_unexpected_failure_names_no_detail(run: Any, memory: Any) -> None:
    memory.failure = RuntimeError("Doe^Jane")
    result = run("status")
    assert result.exit_code == 1
    assert "its log says what" in result.stderr


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", "broke off"),
        (b"HTTP/1.1 500 X\r\nContent-Length: 4\r\n\r\noops", "arca answered 500"),
        (b"HTTP/1.1 404 X\r\nContent-Length: 2\r\n\r\n[]", "arca answered 404"),
    ],
)
def test_answers_that_are_none(tmp_path: Path, answer: bytes, told: str) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        thread = threading.Thread(target=_answer, args=(listener, answer))
        thread.start()
        with pytest.raises(Refused) as caught:
            Door(tmp_path / "s", "arca serve").get("/status")
        thread.join()
    assert told in str(caught.value)
    assert caught.value.exit_code == 1


def _answer(listener: socket.socket, answer: bytes) -> None:
    listener.accept()[0].close()  # the knock
    connection, _ = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


def test_a_name_is_one_part_of_an_address() -> None:
    assert segment("a/b c?") == "a%2Fb%20c%3F"
