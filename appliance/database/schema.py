"""Which rooms have tables, where the database is, and how its tables come to be."""

from __future__ import annotations

import contextvars
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor
from tortoise.transactions import in_transaction

from appliance.database.failures import failures
from appliance.errors import ConfigError

ROOMS = (
    "archive",
    "transfers",
    "nodes",
    "routing",
    "journal",
    "worklist",
    "commitment",
    "access",
)

# True inside a unit that only reads: its queries take the read-only connection.
reading: contextvars.ContextVar[bool] = contextvars.ContextVar("reading", default=False)

# Waiting for a foreign lock may not take longer: a unit of work cannot be cancelled.
_BUSY_MILLISECONDS = 5000
_CACHE_KIB = 32 * 1024

_ADVICE_SERVER = "Is the server running, and the user allowed in?"
_ADVICE_FILE = (
    "Its folder must be there and writable. If the file is damaged, put back a copy, or move it "
    "away: no image is lost with it, but nodes, rules and the queue are."
)


class ReadRouter:
    """Sends the queries of reading units to the read-only connection."""

    def db_for_read(self, model: type[Any]) -> str:
        return "reader" if reading.get() else "default"

    def db_for_write(self, model: type[Any]) -> str:
        return "default"


@asynccontextmanager
async def transaction() -> AsyncIterator[BaseDBAsyncClient]:
    """All or nothing: what a unit of work writes belongs inside one of these."""
    async with in_transaction("default") as connection:
        yield connection


def writer() -> BaseDBAsyncClient:
    """The connection for statements that the ORM cannot say; the transaction's when in one."""
    return get_connection("reader" if reading.get() else "default")


def configuration(url: str) -> dict[str, Any]:
    """Tortoise's configuration for the database at `url`."""
    return {
        "connections": _connections(url),
        "apps": {room: _app(room) for room in ROOMS},
        "routers": [ReadRouter],
        "use_tz": True,
        "timezone": "UTC",
    }


def _app(room: str) -> dict[str, Any]:
    return {
        "models": [f"appliance.{room}.records"],
        "default_connection": "default",
        "migrations": f"appliance.database.migrations.{room}",
    }


def _connections(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path.removeprefix("/"))))
    if parts.scheme in {"postgres", "postgresql"}:
        credentials = _postgres(url)
        return {"default": credentials, "reader": credentials}
    raise ConfigError(
        f"[database] url: '{parts.scheme}' is no database that is known here. "
        "Write sqlite:///path/to/index.sqlite or postgres://user:password@host:5432/name."
    )


def _sqlite(path: Path) -> dict[str, Any]:
    # WAL with synchronous=FULL: an acknowledged commit survives a power cut; NORMAL would not.
    credentials = {
        "file_path": str(path),
        "journal_mode": "WAL",
        "synchronous": "FULL",
        "busy_timeout": _BUSY_MILLISECONDS,
        "cache_size": -_CACHE_KIB,
        "foreign_keys": "ON",
    }
    engine = "appliance.database.sqlite"
    return {
        "default": {"engine": engine, "credentials": credentials},
        "reader": {"engine": engine, "credentials": credentials | {"query_only": "ON"}},
    }


def _postgres(url: str) -> dict[str, Any]:
    """`?host=/run/postgresql` reaches a server by its Unix socket, as in libpq."""
    parts = urlsplit(url)
    return {
        "engine": "tortoise.backends.asyncpg",
        "credentials": {
            "host": dict(parse_qsl(parts.query)).get("host") or parts.hostname or "127.0.0.1",
            "port": parts.port or 5432,
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": parts.path.removeprefix("/"),
            "minsize": 1,
            "maxsize": 10,
        },
    }


async def prepare() -> None:
    """Bring the tables up to date, and prove that SQLite keeps what it acknowledges."""
    connection = get_connection("default")
    for name in ("default", "reader"):
        await _connect(get_connection(name))
    await MigrationExecutor(connection, {room: _app(room) for room in ROOMS}).migrate(None)
    if connection.capabilities.dialect == "sqlite":
        await _prove_durable(connection)


async def _connect(connection: Any) -> None:
    """Open it at once: Tortoise, doing it later, holds its lock for ever when that fails."""
    in_a_file = connection.capabilities.dialect == "sqlite"
    try:
        if in_a_file:
            _try_file(connection.filename)
        await connection.create_connection(with_db=True)
    except failures() as error:
        advice = _ADVICE_FILE if in_a_file else _ADVICE_SERVER
        text = f"[database] url: the database cannot be opened: {error}. {advice}"
        raise ConfigError(text) from error


def _try_file(path: str) -> None:
    """Raises `sqlite3.Error`; aiosqlite would leave a thread behind when it cannot open one."""
    with closing(sqlite3.connect(path)) as probe:
        probe.execute("PRAGMA schema_version")


async def _prove_durable(connection: BaseDBAsyncClient) -> None:
    _, [journal] = await connection.execute_query("PRAGMA journal_mode")
    _, [synchronous] = await connection.execute_query("PRAGMA synchronous")
    if (str(journal[0]).lower(), int(synchronous[0])) != ("wal", 2):
        raise ConfigError(
            "[database] url: SQLite cannot keep a write-ahead log there "
            f"(journal_mode={journal[0]}, synchronous={synchronous[0]}). "
            "Put the database on a local disk, not on a network share."
        )


# For Tortoise's own command: `tortoise -c appliance.database.schema.TORTOISE_ORM makemigrations`.
TORTOISE_ORM = {
    "connections": {"default": "sqlite://:memory:"},
    "apps": {room: _app(room) for room in ROOMS},
}
