"""Takes objects in: from associations and from files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator
from itertools import islice
from pathlib import Path

import trio

from appliance import clock
from appliance.dicom.header import Header
from appliance.intake.desk import Desk
from appliance.intake.files import walk
from appliance.intake.importing import Kept, import_file
from appliance.intake.model import Fate, Identity, Imported, Settings, check_identity
from appliance.intake.sink import Sink
from appliance.journal.service import Journal
from appliance.meter import Meter
from appliance.network.services import StoreRequest, StoreSink
from storage.errors import StoreError
from storage.store import Entry, Store

_FILES_AT_ONCE = 16


class Intake:
    """The one way into the store."""

    def __init__(
        self,
        store: Store,
        journal: Journal,
        meter: Meter,
        *,
        quarantine: Path,
        on_stored: Callable[[Entry, Header], None],
        settings: Settings | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        """`on_stored` hears of every new object at once, in whichever thread took it in."""
        self._desk = Desk(store, journal, meter, quarantine, settings or Settings(), on_stored, now)

    def store(self, request: StoreRequest) -> StoreSink:
        """A sink for one object; what is wrong with the request, its `finish` answers."""
        identity = _identity(request)
        return Sink(self._desk, identity, check_identity(identity))

    async def import_file(self, path: Path) -> Imported:
        """Store the object in a file. Raises `StoreError` when nothing more can be taken in."""
        result = await trio.to_thread.run_sync(
            import_file, self._desk, path, limiter=self._desk.threads
        )
        if not isinstance(result, Kept):
            return result
        self._desk.kept(result.found.identity, result.receipt, result.found.header)
        outcome, entry = result.receipt.outcome, result.receipt.entry
        return Imported(path, Fate(outcome.value), size=entry.size)

    @trio.as_safe_channel
    async def import_path(self, path: Path) -> AsyncGenerator[Imported, None]:
        """Store every object in a file or folder.

        `async with intake.import_path(path) as progress: async for one in progress: …`;
        leaving the block ends the import after the files under way. Raises `OSError` when
        `path` cannot be read and `StoreError` when nothing more can be taken in.
        """
        files = walk(path)
        while batch := await trio.to_thread.run_sync(_next, files):
            results: list[Imported] = []
            failures: list[StoreError] = []
            async with trio.open_nursery() as nursery:
                for one in batch:
                    nursery.start_soon(self._import_into, results, failures, one)
            for result in results:  # what came in before the store had enough counts
                yield result
            if failures:
                raise failures[0]

    async def _import_into(
        self, results: list[Imported], failures: list[StoreError], path: Path
    ) -> None:
        try:
            results.append(await self.import_file(path))
        except StoreError as error:
            failures.append(error)


def _next(files: Iterator[Path]) -> list[Path]:
    return list(islice(files, _FILES_AT_ONCE))


def _identity(request: StoreRequest) -> Identity:
    caller = request.caller
    notes = {
        "source": caller.calling_ae_title,
        "called": caller.called_ae_title,
        "host": caller.host,
        "sop_class": request.affected_sop_class_uid,
        "transfer_syntax": request.transfer_syntax_uid,
        "via": request.via,
    }
    return Identity(
        request.affected_sop_class_uid,
        request.affected_sop_instance_uid,
        request.transfer_syntax_uid,
        notes,
        request.study_instance_uid,
    )
