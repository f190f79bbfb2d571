"""Storage commitment in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import trio

from appliance import clock
from appliance.commitment import inquiries, requests
from appliance.commitment.asking import Asking
from appliance.commitment.bell import Bell
from appliance.commitment.calling import Calls
from appliance.commitment.desk import Desk
from appliance.commitment.model import PUSH_MODEL, Settings, Transaction
from appliance.commitment.reporting import Reporting
from appliance.commitment.verification import Verification
from appliance.database.door import Database
from appliance.dicom.dimse import Operation
from appliance.journal.service import Journal
from appliance.network.services import Provider
from appliance.nodes.model import Node
from appliance.transfers.model import Finished, Listener
from storage.store import Store

_AT_ONCE = 2  # requests being verified
_KEPT_UP = 3600.0  # seconds between two looks at what may be forgotten


class Commitment:
    """What we promise, and what we are promised."""

    def __init__(
        self,
        database: Database,
        store: Store,
        journal: Journal,
        calls: Calls,
        *,
        nodes: Callable[[], list[Node]],
        resend: Callable[[str], None],
        damaged: Callable[[str, str], None],
        settings: Settings | None = None,
        now: clock.Clock = clock.now,
    ) -> None:
        """`nodes` lists the registry; `resend` wakes the queue of a node; `damaged` gets a
        digest and what is wrong with the object, in a worker thread."""
        self._database = database
        self._settings = settings or Settings()
        self._nodes = nodes
        self._now = now
        self._verification = Verification(store, self._settings.verify_rate, damaged)
        self._reporting = Reporting(database, journal, calls, nodes, self._settings, now)
        self._asking = Asking(
            database, store, journal, calls, self._node, resend, self._settings, now
        )
        self._bell = Bell()
        self._verifying: set[int] = set()
        desk = Desk(database, self._reporting, self._asking, self._bell.ring, now)
        self.provider = Provider(
            "commitment",
            frozenset({PUSH_MODEL}),
            frozenset({Operation.N_ACTION, Operation.N_EVENT_REPORT}),
            desk.handle,
            either_role=True,
            begun=self._reporting.begun,
        )
        self.listener = Listener(self._note, self._asking.news)

    async def run(self) -> None:
        """Verify, report, ask, until cancelled; what a restart finds is gone on with."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._reporting.run)
            nursery.start_soon(self._asking.run)
            nursery.start_soon(self._forget)
            await self._verify_all(nursery)

    async def transactions(self, closed: int = 100) -> list[Transaction]:
        """What is open and so many of the last closed ones of either direction, newest first."""
        theirs = await self._database.read(requests.recent, closed)
        ours = await self._database.read(inquiries.recent, closed)
        return sorted([*theirs, *ours], key=lambda one: one.began, reverse=True)

    def node_changed(self, name: str) -> None:
        """A node came or was changed: whatever was wrong before is worth a new try."""
        self._asking.hurry(name)
        if node := self._node(name):
            self._reporting.hurry(node.ae_title)

    def _node(self, name: str) -> Node | None:
        return next((one for one in self._nodes() if one.name == name), None)

    async def _note(self, finished: Sequence[Finished]) -> None:
        """In the transaction that ends transfers: remember to ask about them."""
        asked = {one.name for one in self._nodes() if one.commitment}
        await inquiries.open_for([one for one in finished if one.destination in asked], self._now())

    async def _verify_all(self, nursery: trio.Nursery) -> None:
        while True:
            room = _AT_ONCE - len(self._verifying)
            busy = sorted(self._verifying)
            for number in await self._database.read(requests.to_verify, busy, room) if room else []:
                self._verifying.add(number)
                nursery.start_soon(self._verify, number)
            await self._bell.wait(self._settings.poll_seconds)

    async def _verify(self, number: int) -> None:
        try:
            asked = await self._database.read(requests.load, number)
            if asked is not None:
                reasons = list(asked.reasons)
                left = asked.request.references[len(reasons) :]
                async for more in self._verification.turns(left):
                    reasons += more
                    known = replace(asked, reasons=tuple(reasons))
                    await self._database.run(requests.note_reasons, known, self._now())
                self._reporting.due()
        finally:
            self._verifying.discard(number)
            self._bell.ring()

    async def _forget(self) -> None:
        while True:
            await self._database.run(requests.forget_old, self._now())
            await self._database.run(inquiries.forget_old, self._now())
            await trio.sleep(_KEPT_UP)
