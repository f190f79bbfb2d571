"""A broken database is told from a question that makes no sense."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from appliance.archive import lookup
from appliance.database.door import DatabaseStopped, open_database
from appliance.database.failures import failures
from tests.appliance.running import spoil


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "index.sqlite"
    async with open_database(f"sqlite:///{path}") as database:
        assert await database.read(lookup.totals) == (0, 0)
        await trio.to_thread.run_sync(spoil, path)
        with pytest.raises(failures(), match="not a database"):
            await database.read(lookup.totals)


async def test_one_that_is_closed(database_url: str) -> None:
    async with open_database(database_url) as closed:
        pass
    with pytest.raises(failures()) as caught:
        await closed.read(lookup.totals)
    assert caught.type is DatabaseStopped


async def test_a_server_that_refuses(postgres_database: str) -> None:
    import asyncpg  # type: ignore[import-untyped]

    async with open_database(postgres_database):
        assert {asyncpg.PostgresError, asyncpg.InterfaceError} < set(failures())


def test_a_wrong_value_is_none_of_them() -> None:
    assert not issubclass(ValueError, failures())
    assert issubclass(sqlite3.DatabaseError, failures())


def test_no_driver_is_loaded_for_it() -> None:
    program = (
        "import sys; from appliance.database.failures import failures; failures(); "
        "print('asyncpg' in sys.modules)"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.stdout.strip() == "False", answer.stderr
