"""Is it kept? An object counts only when every byte of it was read back and its digest agreed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

import trio

from appliance.commitment.model import Reference
from appliance.dicom import statuses
from storage.errors import Corrupt, Missing, StoreError
from storage.store import Entry, Store

# What one turn in a worker thread may read or decide; a pause follows.
_TURN_BYTES, _TURN_REFERENCES = 8 << 20, 200


@dataclass(slots=True)
class Turn:
    """What came of one turn: the reasons of the next references, 0 for what is kept."""

    reasons: list[int] = field(default_factory=list)
    bytes: int = 0


class Verification:
    """Reads objects back, slowly enough that nobody notices."""

    def __init__(self, store: Store, rate: int, damaged: Callable[[str, str], None]) -> None:
        """`rate` in bytes per second; `damaged` gets a digest and what is wrong, in a thread."""
        self._store = store
        self._rate = rate
        self._damaged = damaged

    async def turns(self, references: Sequence[Reference]) -> AsyncIterator[list[int]]:
        """The reasons of all references in order, some at a time (PS3.3 C.14.1.1)."""
        left, steps = len(references), self._steps(references)
        while left:
            turn = await trio.to_thread.run_sync(_take, steps)
            left -= len(turn.reasons)
            yield turn.reasons
            await trio.sleep(turn.bytes / self._rate)

    def _steps(self, references: Sequence[Reference]) -> Iterator[Turn]:
        """Pieces of work, each a part of an object or a decision. Blocking."""
        for reference in references:
            turn = Turn([statuses.PROCESSING_FAILURE])
            try:
                copies = self._copies(reference)
                if isinstance(copies, int):
                    turn.reasons = [copies]
                else:
                    for entry in copies:
                        yield from self._read(entry)
                    turn.reasons = [statuses.SUCCESS]
            except (StoreError, OSError):
                pass  # noted where it was found; the reason stays
            yield turn

    def _copies(self, reference: Reference) -> list[Entry] | int:
        """What is kept under the name; or why it does not count.

        Which of several copies the requester means is not known: all of them must be good.
        """
        found = self._store.find(reference.sop_instance_uid)
        if not found:
            return statuses.NO_SUCH_INSTANCE
        same = [one for one in found if one.notes.get("sop_class") == reference.sop_class_uid]
        return same or statuses.CLASS_INSTANCE_CONFLICT

    def _read(self, entry: Entry) -> Iterator[Turn]:
        try:
            reader = self._store.open(entry.sha256)
            try:
                for chunk in reader.chunks():
                    yield Turn(bytes=len(chunk))
            finally:
                reader.close()
        except Missing:
            self._damaged(entry.sha256, "missing")
            raise
        except Corrupt:
            self._damaged(entry.sha256, "changed")
            raise


def _take(steps: Iterator[Turn]) -> Turn:
    """As many steps as belong into one turn."""
    turn = Turn()
    for step in steps:
        turn.reasons += step.reasons
        turn.bytes += step.bytes
        if turn.bytes >= _TURN_BYTES or len(turn.reasons) >= _TURN_REFERENCES:
            break
    return turn
