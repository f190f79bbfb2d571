"""How it shows that the database is broken, and not what it was asked."""

from __future__ import annotations

import sqlite3
import sys

from tortoise.exceptions import BaseORMException


class DatabaseStopped(Exception):
    """The database was closed, or a unit of work was torn down, before it had an answer."""


def failures() -> tuple[type[Exception], ...]:
    """What a unit of work may raise then; Tortoise lets much of the drivers' own through."""
    return OSError, sqlite3.Error, BaseORMException, DatabaseStopped, *_of_the_server()


def _of_the_server() -> tuple[type[Exception], ...]:
    # It loads slowly, and where no server is used nobody has loaded it.
    driver = sys.modules.get("asyncpg")
    return (driver.InterfaceError, driver.PostgresError) if driver else ()
