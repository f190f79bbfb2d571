"""Asks nodes to commit themselves to what they were sent, and takes in what they report."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import partial

import trio

from appliance import clock
from appliance.commitment import inquiries
from appliance.commitment.bell import Bell, Lanes
from appliance.commitment.calling import Calls
from appliance.commitment.inquiries import Settled
from appliance.commitment.model import Inquiry, Reference, Report, Settings, next_try
from appliance.commitment.wire import read_report
from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.dicom.dataset import DatasetError
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.network import hearing
from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer
from appliance.nodes.model import Node
from appliance.transfers import proof
from storage.store import Store

_PAGE = 2000  # instances in one request: an answer to fewer comes sooner
_AT_ONCE = 100


class Asking:
    """Our requests to nodes."""

    def __init__(
        self,
        database: Database,
        store: Store,
        journal: Journal,
        calls: Calls,
        node: Callable[[str], Node | None],
        resend: Callable[[str], None],
        settings: Settings,
        now: clock.Clock,
    ) -> None:
        """`resend` wakes the queue of a node."""
        self._database = database
        self._store = store
        self._journal = journal
        self._calls = calls
        self._node = node
        self._resend = resend
        self._settings = settings
        self._now = now
        self._calling: set[str] = set()  # transactions whose calls are open …
        self._answered: set[str] = set()  # … and those of them that were reported on
        self._changed: set[str] = set()
        self._bell = Bell()

    def news(self) -> None:
        """Transfers have ended."""
        self._bell.ring()

    def hurry(self, node: str) -> None:
        """Whatever was wrong with a node is worth a new try."""
        self._changed.add(node)
        self._bell.ring()

    async def run(self) -> None:
        """Ask, until cancelled."""
        async with trio.open_nursery() as nursery:
            lanes = Lanes(nursery, self._ask_all)
            while True:
                while self._changed:
                    await self._database.run(inquiries.hurry, self._changed.pop(), self._now())
                await self._list_fresh()
                lanes.start(await self._database.read(inquiries.to_ask, self._now(), _AT_ONCE))
                await self._close_old()
                await self._bell.wait(self._settings.poll_seconds)

    async def _list_fresh(self) -> None:
        """Write down what is to be asked about each ended transfer."""
        while fresh := await self._database.read(inquiries.fresh, _AT_ONCE):
            for number, transfer in fresh:
                await self._list(number, transfer)

    async def _list(self, number: int, transfer: int) -> None:
        items = await self._database.read(proof.unproven, transfer, _PAGE + 1)
        page, more = items[:_PAGE], len(items) > _PAGE
        listed = await trio.to_thread.run_sync(partial(_references, self._store, page))
        known = {item for item, _ in listed}
        gone = [item for item, _ in page if item not in known]
        uid = f"2.25.{uuid.UUID(hex=clock.fresh_name()).int}"  # PS3.5 Annex B.2
        await self._database.run(inquiries.begin, number, uid, listed, gone, more=more)

    async def _ask_all(self, name: str, numbers: list[int]) -> None:
        """Of one node, until it does not answer."""
        for number in numbers:
            inquiry = await self._database.read(inquiries.load, number)
            if inquiry is not None and not await self._ask(inquiry):
                return
        self._bell.ring()  # more may have become due meanwhile

    async def _ask(self, inquiry: Inquiry) -> bool:
        words = await self._call(inquiry)
        if not words:
            return True
        now, patience = self._now(), self._settings.patience
        again = next_try(inquiry.created, now, inquiry.tries, patience)
        due = again or inquiry.created + patience
        await self._database.run(inquiries.not_asked, inquiry, words, due)
        return False

    async def _call(self, inquiry: Inquiry) -> str:
        """Why it could not be asked, in words; "" when it was."""
        node = self._node(inquiry.node)
        if node is None:
            return f"no node is called {inquiry.node} any more"
        uid, said = inquiry.request.transaction_uid, [""]

        async def taken(answer: Answer) -> bool:
            if statuses.category(answer.status) not in ("success", "warning"):
                words = statuses.words(answer.status)
                said[0] = f"it does not commit itself: {words} {answer.comment}".strip()
                return False
            await self._database.run(inquiries.was_asked, inquiry.id)
            return True

        self._calling.add(uid)
        try:
            await self._calls.ask(
                node,
                inquiry.request,
                self._hear,
                taken=taken,
                seconds=self._settings.same_association_seconds,
                enough=lambda: uid in self._answered,
            )
        except AssociationFailed as failure:
            asked = not await self._database.read(inquiries.is_asking, inquiry.id)
            return "" if asked else str(failure)
        finally:
            self._calling.discard(uid)
            self._answered.discard(uid)
        return said[0]

    async def _hear(self, report: hearing.Report) -> Answer:
        return await self.take(report.raw, report.context.transfer_syntax)

    async def take(self, raw: bytes, transfer_syntax_uid: str) -> Answer:
        """The data set of an N-EVENT-REPORT; what to answer it, once it is durable."""
        try:
            report = await trio.to_thread.run_sync(read_report, raw, transfer_syntax_uid)
        except DatasetError as error:
            return Answer(statuses.PROCESSING_FAILURE, str(error))
        settled = await self._database.run(inquiries.settle, report, self._now())
        if settled is None:
            return Answer(statuses.INVALID_ARGUMENT, "Nothing was asked with this Transaction UID")
        if report.transaction_uid in self._calling:
            self._answered.add(report.transaction_uid)
        if isinstance(settled, Settled):
            self._tell(settled, report)
        return Answer(statuses.SUCCESS)

    def _tell(self, settled: Settled, report: Report) -> None:
        if settled.resent:
            self._resend(settled.node)
        if not settled.reasons:
            return
        reasons = ", ".join(sorted({statuses.words(one) for one in settled.reasons.values()}))
        then = f"{settled.resent} go again" if settled.resent else "nothing goes again"
        self._journal.note(
            "commitment.failed",
            f"{settled.node} does not keep {len(settled.reasons)} of {settled.total} instances "
            f"that it was sent: {reasons}; {then}",
            severity=Severity.ALARM if settled.given_up else Severity.WARNING,
            subject=settled.study_uid,
            details={"transaction": report.transaction_uid},
        )

    async def _close_old(self) -> None:
        now = self._now()
        for one in await self._database.run(inquiries.give_up, now - self._settings.patience, now):
            self._journal.note(
                "commitment.unconfirmed",
                f"{one.node} did not confirm in time that it keeps {len(one.items)} instances",
                severity=Severity.WARNING,
                subject=one.study_uid,
            )


def _references(store: Store, items: list[tuple[int, str]]) -> list[tuple[int, Reference]]:
    """What is let go meanwhile is not asked about. Blocking."""
    entries = [(number, store.entry(sha256)) for number, sha256 in items]
    return [
        (number, Reference(entry.notes.get("sop_class", ""), entry.name))
        for number, entry in entries
        if entry is not None
    ]
