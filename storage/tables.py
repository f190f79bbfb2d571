"""The catalogue's tables and statements."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing, suppress
from datetime import datetime
from hashlib import blake2b
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from storage.kept import Kept, later
from storage.segments import START, Mark, Position
from storage.store import Action, Entry

PRIVATE = ""  # a temporary file of SQLite's own
PLACES = {
    "name": "SELECT segment, offset, length FROM puts WHERE name = ?"
    " ORDER BY sequence DESC LIMIT ?",
    "sha": "SELECT segment, offset, length FROM puts WHERE sha = ? ORDER BY sequence DESC LIMIT ?",
}
EITHER = (
    "SELECT EXISTS (SELECT 1 FROM puts WHERE name = ?), EXISTS (SELECT 1 FROM puts WHERE sha = ?)"
)
_PUTS = "SELECT sequence, segment, offset, length FROM puts WHERE sha = ?"
CHANGES = "SELECT retain_until, held, damaged FROM changes WHERE sha256 = ?"

_SCHEMA = """
CREATE TABLE puts (sequence INTEGER PRIMARY KEY, name INTEGER NOT NULL, sha INTEGER NOT NULL,
                   segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL);
CREATE INDEX puts_name ON puts (name);
CREATE INDEX puts_sha ON puts (sha);
CREATE TABLE changes (sha256 TEXT PRIMARY KEY, retain_until TEXT, held INTEGER NOT NULL,
                      damaged INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE doomed (path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE mark (unit TEXT NOT NULL, sequence INTEGER NOT NULL, seal TEXT NOT NULL,
                   segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL,
                   clean INTEGER NOT NULL);
PRAGMA user_version = 1;
"""
# One statement for a whole batch: SQLite works through it without the interpreter's lock.
_INSERT = """
INSERT OR REPLACE INTO puts
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
FROM json_each(?)
"""
_HEALED = """
UPDATE changes SET damaged = 0
WHERE damaged AND sha256 IN (SELECT value FROM json_each(?))
"""
_SPARED = "DELETE FROM doomed WHERE path IN (SELECT value FROM json_each(?))"
_MARK = "UPDATE mark SET sequence = ?, seal = ?, segment = ?, offset = ?, length = ?"
_SET = {
    Action.EXTEND: "UPDATE changes SET retain_until = ? WHERE sha256 = ?",
    Action.HOLD: "UPDATE changes SET held = ? WHERE sha256 = ?",
    Action.RELEASE: "UPDATE changes SET held = ? WHERE sha256 = ?",
    Action.DAMAGE: "UPDATE changes SET damaged = ? WHERE sha256 = ?",
}


_SHA256 = re.compile("[0-9a-f]{64}")


def key_of_name(name: str) -> int:
    """64 bits of its digest: what is found by them must be compared in full."""
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def key_of_sha(sha256: str) -> int:
    """Its first 64 bits."""
    return int.from_bytes(bytes.fromhex(sha256[:16]), "big", signed=True)


def is_sha256(text: str) -> bool:
    return _SHA256.fullmatch(text) is not None


class Transaction:
    """All or nothing."""

    def __init__(self, writer: sqlite3.Connection) -> None:
        self._writer = writer

    def __enter__(self) -> sqlite3.Connection:
        self._writer.execute("BEGIN IMMEDIATE")
        return self._writer

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._writer.execute("COMMIT")
        elif self._writer.in_transaction:  # a full disk rolls back by itself
            self._writer.execute("ROLLBACK")


def connect(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # whole after a power cut, maybe older
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def prepare(connection: sqlite3.Connection, unit: str) -> tuple[Mark, bool]:
    """Make the tables when they are new; returns how far they reach, and if all ended well."""
    if connection.execute("PRAGMA user_version").fetchone() == (0,):
        connection.executescript(_SCHEMA)
        row = (unit, START.sequence, START.seal, START.position.segment, 0, 0, False)
        connection.execute("INSERT INTO mark VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    found = connection.execute("SELECT * FROM mark").fetchone()
    if found is None or found[0] != unit:
        raise sqlite3.DatabaseError("the catalogue belongs to another unit")
    return Mark(found[1], found[2], Position(*found[3:6])), bool(found[6])


def noted_mark(path: str) -> tuple[int, str]:
    """How far a catalogue's file reaches, read beside the process that writes it."""
    with (
        suppress(sqlite3.Error),
        closing(sqlite3.connect(f"file:{quote(path)}?mode=ro", uri=True)) as reader,
    ):
        found = reader.execute("SELECT sequence, seal FROM mark").fetchone()
        return (int(found[0]), str(found[1])) if found else (0, "")
    return 0, ""


def discard(path: str) -> None:
    """Throw the catalogue away: the next start makes a new one from the ledger."""
    for end in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(path + end).unlink()


def write(
    connection: sqlite3.Connection,
    lines: Sequence[tuple[Entry, Mark]],
    read: Callable[[Position], Entry],
) -> None:
    """Bring the tables up to the last of these lines, all at once."""
    with Transaction(connection) as writer:
        for is_put, group in groupby(lines, lambda line: line[0].action is Action.PUT):
            if is_put:
                _put(writer, list(group))
            else:
                for entry, _ in group:
                    _change(writer, entry, read)
        head = lines[-1][1]
        place = head.position
        row = (head.sequence, head.seal, place.segment, place.offset, place.length)
        writer.execute(_MARK, row)


def _put(writer: sqlite3.Connection, lines: Iterable[tuple[Entry, Mark]]) -> None:
    rows, digests, paths = [], [], []
    for entry, mark in lines:
        place = mark.position
        keys = (entry.sequence, key_of_name(entry.name), key_of_sha(entry.sha256))
        rows.append((*keys, place.segment, place.offset, place.length))
        digests.append(entry.sha256)
        paths.append(entry.path)
    writer.execute(_INSERT, (json.dumps(rows),))
    writer.execute(_HEALED, (json.dumps(digests),))
    writer.execute(_SPARED, (json.dumps(paths),))


def _change(writer: sqlite3.Connection, entry: Entry, read: Callable[[Position], Entry]) -> None:
    if entry.action is Action.DELETE:
        _forget(writer, entry, read)
    elif entry.action in _SET:
        row = (entry.sha256,)
        writer.execute("INSERT OR IGNORE INTO changes VALUES (?, NULL, FALSE, FALSE)", row)
        writer.execute(_SET[entry.action], (_value(entry), entry.sha256))


def _value(entry: Entry) -> str | bool | None:
    if entry.action is Action.EXTEND:
        return entry.retain_until.isoformat() if entry.retain_until else None
    return entry.action is not Action.RELEASE


def _forget(writer: sqlite3.Connection, entry: Entry, read: Callable[[Position], Entry]) -> None:
    places = writer.execute(_PUTS, (key_of_sha(entry.sha256),)).fetchall()
    for sequence, *place in places:
        if read(Position(*place)).sha256 == entry.sha256:
            writer.execute("DELETE FROM puts WHERE sequence = ?", (sequence,))
    writer.execute("DELETE FROM changes WHERE sha256 = ?", (entry.sha256,))
    writer.execute("INSERT OR REPLACE INTO doomed VALUES (?)", (entry.path,))


def changed(kept: Kept, row: tuple[str | None, int, int]) -> Kept:
    """An object with what lines behind its put changed."""
    until = datetime.fromisoformat(row[0]) if row[0] else None
    return Kept(kept.entry, later(until, kept.retain_until), bool(row[1]), bool(row[2]))
