"""One line of the ledger as text: canonical JSON, chained by SHA-256.

A line is the entry as one JSON object whose last member is `hash`: the SHA-256
of the hash of the line before it (64 hexadecimal digits; none for line 1)
followed by the line's own text without that member. So no line can be changed,
removed, inserted or moved without every later hash disagreeing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from json.encoder import encode_basestring_ascii as quote

from storage.errors import Corrupt
from storage.store import Action, Entry

_SEAL = b',"hash":"'
_SEAL_LENGTH = len(_SEAL) + 64 + len(b'"}')
_ACTIONS = {action.value: action for action in Action}


def encode(entry: Entry, previous: str) -> tuple[bytes, str]:
    """The line with its line feed, and its hash."""
    body = _body(entry).encode("ascii")
    seal = sha256(previous.encode("ascii") + body).hexdigest()
    return b'%b,"hash":"%b"}\n' % (body, seal.encode("ascii")), seal


def _body(entry: Entry) -> str:
    """The JSON object up to, without, its closing brace. By hand: it is written per object."""
    text = (
        f'{{"sequence":{entry.sequence},"time":"{entry.time.isoformat()}"'
        f',"action":"{entry.action.value}"'
    )
    for key, value in (
        ("sha256", entry.sha256),
        ("content", entry.content),
        ("name", entry.name),
        ("group", entry.group),
        ("path", entry.path),
    ):
        if value:
            text += f',"{key}":{quote(value)}'
    if entry.size:
        text += f',"size":{entry.size},"header":{entry.header}'
    if entry.retain_until is not None:
        text += f',"retain_until":"{entry.retain_until.isoformat()}"'
    if entry.notes:
        text += f',"notes":{_notes(entry.notes)}'
    if entry.actor:
        text += f',"actor":{quote(entry.actor)}'
    return text


def _notes(notes: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{quote(key)}:{quote(value)}" for key, value in notes.items()) + "}"


def seal_of(line: bytes, previous: str) -> str | None:
    """The hash that the line carries, when it is the right one after `previous`."""
    if len(line) < _SEAL_LENGTH + 2 or not line.endswith(b'"}\n'):
        return None
    body, seal = line[: -_SEAL_LENGTH - 1], line[-_SEAL_LENGTH - 1 :]
    if not seal.startswith(_SEAL):
        return None
    right = sha256(previous.encode("ascii") + body).hexdigest()
    return right if seal[len(_SEAL) : -3] == right.encode("ascii") else None


def carried_seal(line: bytes) -> str:
    """The hash at the line's end as it stands, unchecked."""
    return line[-67:-3].decode("ascii", "replace")


def decode(line: bytes) -> Entry:
    """Raises `Corrupt` when the line is not an entry."""
    try:
        found = json.loads(line)
        retain_until = found.get("retain_until")
        return Entry(
            sequence=found["sequence"],
            time=datetime.fromisoformat(found["time"]),
            action=_ACTIONS[found["action"]],
            sha256=found.get("sha256", ""),
            content=found.get("content", ""),
            name=found.get("name", ""),
            group=found.get("group", ""),
            path=found.get("path", ""),
            size=found.get("size", 0),
            header=found.get("header", 0),
            retain_until=datetime.fromisoformat(retain_until) if retain_until else None,
            notes=found.get("notes", {}),
            actor=found.get("actor", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Corrupt(f"not a line of a ledger: {line[:60]!r}") from error
