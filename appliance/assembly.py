"""Puts the rooms together; nothing is decided here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import trio

from appliance.archive.service import reindex as rebuild
from appliance.certificates.cabinet import Cabinet
from appliance.config import Config
from appliance.database.door import open_database
from appliance.errors import ApplianceError
from appliance.journal.service import Journal
from appliance.premises import Finding, inspect, open_cabinet, open_store
from appliance.process import Process
from appliance.rooms import furnished
from storage import scrub
from storage.errors import StoreError

Progress: TypeAlias = Callable[[int, int | None], None]

# The event loop shares the interpreter with threads that hash and write. Python's own 5 ms
# is the longest an answer waits for its turn; a shorter one bounds that wait.
_SWITCH_SECONDS = 0.0005


def run(config: Config) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises `ConfigError` and `StoreError` when it cannot."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    with _plain_errors():
        trio.run(serve, config)


async def serve(
    config: Config, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """The whole appliance, until a signal or a cancellation; starts with its DICOM port."""
    async with furnished(config) as rooms:
        await Process(rooms).run(task_status)


def verify_store(config: Config, progress: Progress) -> scrub.Report:
    """Read back everything, also beside a running appliance. Raises `ConfigError`, `StoreError`."""
    with open_store(config, read_only=True) as volume:
        return scrub.verify(volume, progress=progress)


def reindex(config: Config, progress: Progress) -> int:
    """Build the index anew; the appliance must not run. Raises `ConfigError`, `StoreError`."""
    with _plain_errors():
        return trio.run(_reindex, config, progress)


async def _reindex(config: Config, progress: Progress) -> int:
    # Opening the store for writing proves that no appliance runs on it.
    volume = await trio.to_thread.run_sync(open_store, config)
    with volume:
        async with open_database(config.database.url) as database:
            journal = Journal(database)
            count = await rebuild(database, volume, journal, progress)
            await journal.flush()
            return count


def cabinet(config: Config) -> Cabinet:
    """Where certificates for DICOM over TLS lie."""
    return open_cabinet(config)


def check(config: Config) -> list[Finding]:
    """What would keep the appliance from working."""
    return inspect(config)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Out of trio's groups: what a person must mend is one error with one text."""
    try:
        yield
    except BaseExceptionGroup as group:
        known: BaseException | None = group.subgroup((ApplianceError, StoreError))
        while isinstance(known, BaseExceptionGroup):
            known = known.exceptions[0]
        if known is None:
            raise
        raise known from group
