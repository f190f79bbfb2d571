"""Tortoise's SQLite with transactions that take the write lock at once.

A deferred BEGIN that reads and then writes fails immediately with "database is locked"
when another connection wrote in between; busy_timeout does not apply to that upgrade.
And with transactions that let go of everything when they cannot begin: Tortoise's keep its lock
then, and whoever comes next waits for ever.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import AsyncExitStack

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient,
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError


class ImmediateTransaction(SqliteTransactionWrapper):
    """A transaction that holds the write lock from its first moment."""

    async def begin(self) -> None:
        try:
            if self._connection.in_transaction:  # a commit failed
                await self._connection.rollback()
            await self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise TransactionManagementError(error) from error


class UndoneTransaction(SqliteTransactionContext):
    """Holds the connection's lock while it lasts, and only then."""

    async def __aenter__(self) -> TransactionalDBClient:
        async with AsyncExitStack() as undo:
            await self._trxlock.acquire()
            undo.callback(self._trxlock.release)
            await self.ensure_connection()
            self.token = get_connections().set(self.connection_name, self.connection)
            undo.callback(get_connections().reset, self.token)
            await self.connection.begin()
            undo.pop_all()
        begun: TransactionalDBClient = self.connection
        return begun


class ImmediateClient(SqliteClient):
    """A connection whose transactions are immediate."""

    _lock: asyncio.Lock

    def _in_transaction(self) -> TransactionContext:
        return UndoneTransaction(ImmediateTransaction(self), self._lock)


client_class = ImmediateClient
