"""Talks to the running process through its Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 5.0
# An echo waits for a peer that may take its time; the appliance bounds that, not we.
_ANSWER_SECONDS = 300.0
_MISUSED = 2


class Refused(click.ClickException):
    """The process said no, and why."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status

    @property
    def exit_code(self) -> int:  # type: ignore[override]  # click reads it, and that is all
        return _MISUSED if self.status == 400 else 1


def segment(text: str) -> str:
    """A name as one part of an address."""
    return quote(text, safe="")


@dataclass(frozen=True, slots=True)
class Door:
    """The control socket of a running appliance; `start` is how to start one."""

    socket: Path
    start: str

    def get(self, address: str, **query: str | int | None) -> Any:
        """Raises `Refused` with the process's own words, or that none is running."""
        return self._ask("GET", address, query=query)

    def post(
        self,
        address: str,
        body: dict[str, Any] | None = None,
        *,
        within: float | None = _ANSWER_SECONDS,
    ) -> Any:
        return self._ask("POST", address, body=body, within=within)

    def patch(self, address: str, body: dict[str, Any]) -> Any:
        return self._ask("PATCH", address, body=body)

    def delete(self, address: str) -> Any:
        return self._ask("DELETE", address)

    def lines(self, address: str, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """The JSON objects of an answer that comes line by line."""
        with (
            self._client(None) as client,
            client.stream("POST", address, json=body) as answer,
        ):
            if answer.is_error:
                answer.read()
            _require(answer)
            for line in answer.iter_lines():
                yield json.loads(line)

    def _ask(
        self,
        method: str,
        address: str,
        *,
        query: dict[str, str | int | None] | None = None,
        body: dict[str, Any] | None = None,
        within: float | None = _ANSWER_SECONDS,
    ) -> Any:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        with self._client(within) as client:
            answer = client.request(method, address, params=given, json=body)
        _require(answer)
        return answer.json()

    @contextmanager
    def _client(self, seconds: float | None) -> Iterator[httpx.Client]:
        self._knock()
        # Only here: it takes longer to load than the rest of the command line.
        import httpx

        wires = httpx.HTTPTransport(uds=str(self.socket))
        limit = httpx.Timeout(seconds, connect=_CONNECT_SECONDS)
        try:
            with httpx.Client(transport=wires, base_url="http://arca", timeout=limit) as client:
                yield client
        except httpx.TransportError as error:
            text = f"arca broke off in the middle of its answer ({error or type(error).__name__})"
            raise Refused(f"{text}; its log says more", 0) from error

    def _knock(self) -> None:
        """httpx tells neither why nobody opens nor closes what it knocked with."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self.socket))
            except PermissionError as error:
                text = f"you may not use {self.socket}: be the user that arca runs as"
                raise Refused(text, 0) from error
            except OSError as error:
                where = f"arca is not running: nothing answers at {self.socket}"
                raise Refused(f"{where}; start it with `{self.start}`", 0) from error


def _require(answer: httpx.Response) -> None:
    if not answer.is_error:
        return
    try:
        text = answer.json()["error"]
    except (ValueError, KeyError, TypeError):
        text = f"arca answered {answer.status_code}"
    raise Refused(text, answer.status_code)
