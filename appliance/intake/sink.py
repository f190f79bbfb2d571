"""One object on its way from an association into the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import trio

from appliance.dicom.header import Header, HeaderError, Scanner
from appliance.intake.desk import Desk
from appliance.intake.errand import Errand
from appliance.intake.model import (
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    Identity,
    Refusal,
    check_header,
    study_uid_of,
)
from appliance.intake.part10 import file_header
from appliance.intake.quarantine import Quarantined
from appliance.network.services import Answer
from storage.errors import StoreError
from storage.store import Buffer, Incoming, Receipt

T = TypeVar("T")

# An object up to this size is held and stored with a single hop to a thread.
_SMALL = 64 << 10
# While its header is not known an object is held: if it cannot be understood, all of it can
# still go to quarantine.
_MOST_HELD = 256 << 10
# Less than this at a time is most likely the end of an object: it waits for `finish`, which
# comes next, and one hop stores and commits it.
_FULL = 256 << 10
# Some 5 ms of scanning in the worst case before others have their turn.
_SCAN = 64 << 10


class Sink:
    """See `network.services.StoreSink`: never raises for expected trouble."""

    def __init__(self, desk: Desk, identity: Identity, refusal: Refusal | None) -> None:
        self._desk = desk
        self._identity = identity
        self._refusal = refusal
        self._scanner = Scanner(identity.transfer_syntax_uid)
        self._header: Header | None = None
        self._held: list[Buffer] = []
        self._held_bytes = 0
        self._lent: Sequence[memoryview] = ()  # good until the next call has returned
        self._bytes = 0
        self._incoming: Incoming | None = None
        self._writing: Errand[None] | None = None  # under way while the next bytes are received
        self._quarantined: Quarantined | None = None
        self._ended = False

    async def write(self, fragments: Sequence[memoryview]) -> None:
        await self._written()
        if self._lent:  # it was not the end after all
            await self._try(partial(self._append, self._taken()))
        total = sum(map(len, fragments))
        self._bytes += total
        if self._refusal is None and self._bytes > self._desk.largest_object:
            await self._refuse(Refusal(NOT_UNDERSTOOD, "the object is larger than allowed"))
        if self._refusal is None and self._header is None:
            await self._scan(fragments)
        if self._refusal is not None:
            await self._put_aside(fragments)
        elif self._held_bytes + total <= self._most_held():
            self._held += [bytes(fragment) for fragment in fragments]
            self._held_bytes += total
        elif total < _FULL and self._header is not None:
            self._lent = fragments
        else:
            self._writing = Errand(
                partial(self._append, self._taken(fragments)), self._desk.threads
            )
            await self._writing.start()

    async def finish(self) -> Answer:
        await self._written()
        if self._header is None and self._refusal is None:
            await self._end_scan()
        receipt = await self._try(self._commit) if self._refusal is None else None
        self._ended = True
        if receipt is not None and self._header is not None:
            return self._desk.kept(self._identity, receipt, self._header)
        return await self._answer_refusal()

    async def discard(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._taken()
        self._desk.broke_off()
        with trio.CancelScope(shield=True):
            await self._written()
            await self._hop(self._drop)

    def _most_held(self) -> int:
        return _MOST_HELD if self._header is None else _SMALL

    async def _scan(self, fragments: Sequence[memoryview]) -> None:
        try:
            for fragment in fragments:
                for start in range(0, len(fragment), _SCAN):
                    self._header = self._scanner.feed(fragment[start : start + _SCAN])
                    if self._header is not None:
                        return await self._check(self._header)
                    await trio.lowlevel.checkpoint()
        except HeaderError as error:
            await self._refuse(Refusal(NOT_UNDERSTOOD, str(error)))

    async def _end_scan(self) -> None:
        try:
            self._header = self._scanner.finish()
        except HeaderError as error:
            await self._refuse(Refusal(NOT_UNDERSTOOD, str(error)))
        else:
            await self._check(self._header)

    async def _check(self, header: Header) -> None:
        refusal = check_header(self._identity, header)
        if refusal is not None:
            await self._refuse(refusal)

    async def _refuse(self, refusal: Refusal) -> None:
        """Take no more of it, but for quarantine when it is all here and not understood."""
        self._refusal = refusal
        held, self._held = self._held, []
        if self._incoming is not None:
            with trio.CancelScope(shield=True):
                await self._hop(self._incoming.discard)
            self._incoming = None
        elif refusal.status == NOT_UNDERSTOOD and self._bytes <= self._desk.largest_object:
            self._quarantined = await self._hop(self._desk.begin_quarantine)
            await self._put_aside([self._file_header(), *held])

    async def _put_aside(self, fragments: Sequence[Buffer]) -> None:
        if self._quarantined is not None:
            await self._hop(partial(self._quarantined.write, fragments))

    async def _answer_refusal(self) -> Answer:
        assert self._refusal is not None
        aside = self._quarantined
        whole = aside is not None and await self._hop(aside.close)
        path = aside.path if aside and whole else None
        return self._desk.refused(self._identity, self._refusal, path)

    def _taken(self, fragments: Sequence[memoryview] = ()) -> list[Buffer]:
        """Everything that waits to be written, in order, and `fragments`."""
        waiting = [*self._held, *self._lent, *fragments]
        self._held, self._held_bytes, self._lent = [], 0, ()
        return waiting

    async def _written(self) -> None:
        """Until the bytes handed over before are taken; a store that could not refuses them."""
        if self._writing is None:
            return
        try:
            await self._writing.result()
        except StoreError as error:
            self._writing = None
            await self._refuse(Refusal(OUT_OF_RESOURCES, str(error)))
        self._writing = None

    async def _try(self, work: Callable[[], T]) -> T | None:
        """Do it in a thread; when the store cannot, refuse the object."""
        try:
            return await self._hop(work)
        except StoreError as error:
            await self._refuse(Refusal(OUT_OF_RESOURCES, str(error)))
            return None

    async def _hop(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, limiter=self._desk.threads)

    def _append(self, fragments: Sequence[Buffer]) -> None:
        if self._incoming is None:
            self._incoming = self._desk.store.receive(self._file_header())
        if fragments:
            self._incoming.write(fragments)

    def _commit(self) -> Receipt:
        assert self._header is not None
        waiting = self._taken()
        if waiting or self._incoming is None:
            self._append(waiting)
        assert self._incoming is not None
        return self._incoming.commit(
            self._identity.sop_instance_uid,
            study_uid_of(self._identity, self._header),
            self._identity.notes,
        )

    def _drop(self) -> None:
        if self._incoming is not None:
            self._incoming.discard()
        if self._quarantined is not None:
            self._quarantined.discard()

    def _file_header(self) -> bytes:
        identity = self._identity
        return file_header(
            identity.sop_class_uid, identity.sop_instance_uid, identity.transfer_syntax_uid
        )
