"""Units of work through the door: results, failures, cancellation, reading beside writing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
import trio
from tortoise.exceptions import OperationalError, TransactionManagementError

from appliance.database import schema
from appliance.database.door import Database, DatabaseStopped, open_database
from appliance.database.schema import transaction, writer
from appliance.errors import ConfigError


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as opened:
        await opened.run(_execute, "CREATE TABLE thing (name TEXT PRIMARY KEY)")
        yield opened


async def _execute(statement: str) -> None:
    await writer().execute_script(statement)


async def _add(*names: str) -> int:
    async with transaction() as connection:
        for name in names:
            await connection.execute_query("INSERT INTO thing VALUES (?)", [name])
    return len(names)


async def _names() -> list[str]:
    _, rows = await writer().execute_query("SELECT name FROM thing ORDER BY name")
    return [row["name"] for row in rows]


async def test_a_unit_returns_its_result(database: Database) -> None:
    assert await database.run(_add, "a", "b") == 2
    assert await database.read(_names) == ["a", "b"]


async def test_a_failed_unit_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(Exception, match="UNIQUE"):
        await database.run(_add, "a", "a")
    assert await database.read(_names) == []


async def test_a_reading_unit_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(_execute, "INSERT INTO thing VALUES ('x')")


async def test_a_started_unit_ends_though_its_caller_is_cancelled(database: Database) -> None:
    for number in range(20):
        with trio.CancelScope() as scope:
            scope.cancel()
            await database.run(_add, str(number))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(database.run, _add, f"n{number}")
            await trio.lowlevel.checkpoint()
            nursery.cancel_scope.cancel()
    assert await database.run(_add, "last") == 1
    assert "last" in await database.read(_names)


async def test_many_units_at_once(database: Database) -> None:
    async with trio.open_nursery() as nursery:
        for number in range(100):
            nursery.start_soon(database.run, _add, f"{number:03}")
    assert len(await database.read(_names)) == 100


async def test_cancellation_inside_a_unit_is_an_ordinary_error(database: Database) -> None:
    async def torn() -> None:
        raise asyncio.CancelledError

    with pytest.raises(DatabaseStopped):
        await database.run(torn)


async def test_after_closing_units_are_refused(tmp_path: Path) -> None:
    async with open_database(f"sqlite:///{tmp_path}/index.sqlite") as opened:
        pass
    with pytest.raises(DatabaseStopped):
        await opened.run(_names)


@pytest.mark.parametrize(
    "url", ["sqlite:////proc/nowhere/index.sqlite", "postgres://u:p@127.0.0.1:1/x"]
)
async def test_a_database_that_does_not_open_is_told_in_words(url: str) -> None:
    with trio.fail_after(20), pytest.raises(ConfigError, match="cannot be opened") as raised:
        async with open_database(url):
            pass
    assert "u:p" not in str(raised.value)


async def test_a_damaged_database_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"not a database " * 1000)
    with trio.fail_after(20), pytest.raises(ConfigError, match="file is not a database"):
        async with open_database(f"sqlite:///{tmp_path}/index.sqlite"):
            pass


async def test_an_unknown_database_is_named() -> None:
    with pytest.raises(ConfigError, match="mysql"):
        async with open_database("mysql://host/name"):
            pass


async def test_a_transaction_that_could_not_begin_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "_BUSY_MILLISECONDS", 20)
    path = tmp_path / "index.sqlite"
    async with open_database(f"sqlite:///{path}") as database:
        await database.run(_execute, "CREATE TABLE thing (name TEXT PRIMARY KEY)")
        with closing(sqlite3.connect(path)) as foreign:
            foreign.execute("BEGIN IMMEDIATE")
            for _ in range(2):
                with pytest.raises(TransactionManagementError, match="locked"):
                    await database.run(_add, "a")
        assert await database.run(_add, "a", "b") == 2
        assert await database.read(_names) == ["a", "b"]


async def test_what_a_failed_commit_left_open_is_undone(database: Database) -> None:
    async def half() -> None:
        await writer().execute_query("BEGIN")
        await writer().execute_query("INSERT INTO thing VALUES ('half')")

    await database.run(half)
    assert await database.run(_add, "a") == 1
    assert await database.read(_names) == ["a"]
