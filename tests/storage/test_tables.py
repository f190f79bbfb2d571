"""The catalogue's tables."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage import tables
from storage.volume import Volume
from tests.storage.units import put


def test_a_digest_is_64_lowercase_hexadecimal_digits() -> None:
    assert tables.is_sha256("0123456789abcdef" * 4)
    for text in ("", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n", "\u0661" * 64):
        assert not tables.is_sha256(text)


def test_keys_fit_into_an_integer_column() -> None:
    for key in (
        tables.key_of_sha("f" * 64),
        tables.key_of_sha("7" * 64),
        tables.key_of_name("\udcff"),
    ):
        assert -(2**63) <= key < 2**63


def test_the_mark_is_read_beside_the_writer(volume: Volume, tmp_path: Path) -> None:
    for number in range(12):
        put(volume, str(number), b"%d" % number)
    sequence, seal = tables.noted_mark(volume.layout.catalogue)
    assert 5 <= sequence <= 13
    assert len(seal) == 64
    assert tables.noted_mark(str(tmp_path / "none")) == (0, "")


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    with closing(tables.connect(str(tmp_path / "c.sqlite"))) as connection:
        tables.prepare(connection, "unit")
        script = ("INSERT INTO doomed VALUES ('x')", "INSERT INTO nowhere VALUES ('x')")
        with pytest.raises(sqlite3.Error), tables.Transaction(connection) as writer:
            any(writer.execute(statement).rowcount < 0 for statement in script)
        assert connection.execute("SELECT * FROM doomed").fetchall() == []


def test_a_half_made_catalogue_is_an_error(tmp_path: Path) -> None:
    with closing(tables.connect(str(tmp_path / "c.sqlite"))) as connection:
        connection.execute("CREATE TABLE puts (x)")
        with pytest.raises(sqlite3.DatabaseError):
            tables.prepare(connection, "unit")


def test_what_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").write_bytes(b"x" * 10_000)
    with pytest.raises(sqlite3.DatabaseError):
        tables.connect(str(tmp_path / "c.sqlite"))
    tables.discard(str(tmp_path / "c.sqlite"))
    tables.discard(str(tmp_path / "c.sqlite"))
    assert not list(tmp_path.iterdir())
