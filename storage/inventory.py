"""What a ledger says must be there, in a temporary table: the size of the archive is no limit."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from storage.store import Action, Entry


@dataclass(frozen=True, slots=True)
class Expected:
    """A file that must be there."""

    sha256: str
    path: str
    size: int
    sequence: int


class Inventory:
    """Lines taken in order; afterwards the files that must be there."""

    def __init__(self) -> None:
        self._tables = sqlite3.connect("", isolation_level=None)  # a file that nobody else sees
        self._tables.execute(
            "CREATE TABLE files (sha256 TEXT PRIMARY KEY, path TEXT, size INTEGER,"
            " sequence INTEGER) WITHOUT ROWID"
        )
        self._tables.execute("CREATE INDEX by_sequence ON files (sequence)")
        self._tables.execute("BEGIN")

    def take(self, line: Entry) -> None:
        if line.action is Action.PUT:
            row = (line.sha256, line.path, line.size, line.sequence)
            self._tables.execute("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", row)
        elif line.action is Action.DELETE:
            self._tables.execute("DELETE FROM files WHERE sha256 = ?", (line.sha256,))

    def count(self) -> int:
        return int(self._tables.execute("SELECT count(*) FROM files").fetchone()[0])

    def files(self, after: int = 0) -> Iterator[Expected]:
        """In the order of the ledger, from behind a sequence."""
        query = "SELECT * FROM files WHERE sequence > ? ORDER BY sequence LIMIT 500"
        while rows := self._tables.execute(query, (after,)).fetchall():
            for row in rows:
                yield Expected(*row)
            after = rows[-1][3]

    def expects(self, sha256: str, path: str) -> bool:
        """Whether just this file must be there."""
        query = "SELECT path FROM files WHERE sha256 = ?"
        return bool(self._tables.execute(query, (sha256,)).fetchone() == (path,))

    def knows(self, expected: Expected) -> bool:
        """Whether it must be there still."""
        return self.expects(expected.sha256, expected.path)

    def close(self) -> None:
        self._tables.close()
