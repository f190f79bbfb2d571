"""Brings reports to those who asked, whichever way is open (PS3.4 J.3.3)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import trio

from appliance import clock
from appliance.commitment import requests
from appliance.commitment.bell import Bell, Lanes
from appliance.commitment.calling import Calls, report_values
from appliance.commitment.model import PUSH_MODEL, Asked, Report, Settings, next_try, report_of
from appliance.commitment.wire import write_report
from appliance.database.door import Database
from appliance.dicom import statuses
from appliance.dicom.dimse import Operation
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.network.errors import AssociationFailed
from appliance.network.services import Answer, Channel
from appliance.nodes.model import Node, plain_host

K = TypeVar("K")

_AT_ONCE = 100
_MOST_PRESENT = 512
# How long a caller may keep us waiting before it lets us speak, and answers.
_CHANNEL_SECONDS = 30.0


class Reporting:
    """The reports that are due."""

    def __init__(
        self,
        database: Database,
        journal: Journal,
        calls: Calls,
        nodes: Callable[[], list[Node]],
        settings: Settings,
        now: clock.Clock,
    ) -> None:
        self._database = database
        self._journal = journal
        self._calls = calls
        self._nodes = nodes
        self._settings = settings
        self._now = now
        self._own: dict[int, Channel] = {}  # the association that a request came over
        self._present: dict[str, Channel] = {}  # the newest association of each requester
        self._arrived: set[str] = set()
        self._bell = Bell()

    def came_over(self, number: int, channel: Channel) -> None:
        """A request was kept; its report may go over the same association."""
        self._own[number] = channel
        _trim(self._own)

    def begun(self, channel: Channel) -> None:
        """A requester has opened an association: reports it did not take may go over it."""
        title = channel.caller.calling_ae_title.strip()
        self._present.pop(title, None)
        self._present[title] = channel
        _trim(self._present)
        self.hurry(title)

    def hurry(self, ae_title: str) -> None:
        """Whatever kept a requester from taking its reports is worth a new try."""
        self._arrived.add(ae_title.strip())
        self._bell.ring()

    def due(self) -> None:
        """Something has become due."""
        self._bell.ring()

    async def run(self) -> None:
        """Deliver, until cancelled."""
        async with trio.open_nursery() as nursery:
            lanes = Lanes(nursery, self._deliver_all)
            while True:
                while self._arrived:
                    await self._database.run(requests.hurry, self._arrived.pop(), self._now())
                lanes.start(await self._database.read(requests.to_report, self._now(), _AT_ONCE))
                await self._bell.wait(self._settings.poll_seconds)

    async def _deliver_all(self, title: str, numbers: list[int]) -> None:
        """Of one requester, until one of its reports finds no way."""
        for number in numbers:
            asked = await self._database.read(requests.load, number)
            if asked is not None and not await self._deliver(asked):
                break
        else:
            self._bell.ring()  # more may have become due meanwhile

    async def _deliver(self, asked: Asked) -> bool:
        report = await trio.to_thread.run_sync(report_of, asked.request, asked.reasons)
        words = await self._try_ways(asked, report)
        now = self._now()
        if not words:
            self._own.pop(asked.id, None)
            await self._database.run(requests.reported, asked.id, now)
            return True
        again = next_try(asked.received, now, asked.tries, self._settings.patience)
        await self._database.run(requests.not_reported, asked.id, words, again, now)
        if again is None:
            self._own.pop(asked.id, None)
            self._cry_out(asked, words)
        return False

    async def _try_ways(self, asked: Asked, report: Report) -> str:
        """Why it was not taken, in words; "" when it was."""
        age = (self._now() - asked.received).total_seconds()
        own = self._own.get(asked.id)
        young = age <= self._settings.same_association_seconds
        if own is not None and young and not await self._say(own, report):
            return ""
        words = await self._call(asked, report)
        present = self._present.get(asked.calling_ae_title)
        never = present is own and not self._settings.same_association_seconds
        if words and present is not None and not never:
            if not await self._say(present, report):
                return ""
            if self._present.get(asked.calling_ae_title) is present:
                del self._present[asked.calling_ae_title]
        return words

    async def _say(self, channel: Channel, report: Report) -> str:
        context = channel.context(PUSH_MODEL)
        if context is None:
            return "the association is not for storage commitment"
        data = await trio.to_thread.run_sync(write_report, report, context.transfer_syntax)
        answer: Answer | None = None
        with trio.move_on_after(_CHANNEL_SECONDS):
            values = report_values(report)
            answer = await channel.ask(context, Operation.N_EVENT_REPORT, values, data)
        return _objection(answer)

    async def _call(self, asked: Asked, report: Report) -> str:
        node = self._node_of(asked)
        if node is None:
            return (
                f"no node has the AE title {asked.calling_ae_title}: add it, or the report waits "
                "until it calls again"
            )
        try:
            return _objection(await self._calls.report(node, asked.called_ae_title, report))
        except AssociationFailed as failure:
            return str(failure)

    def _node_of(self, asked: Asked) -> Node | None:
        """Several nodes may share a title: the one at the address it called from, if any is."""
        named = [one for one in self._nodes() if one.ae_title.strip() == asked.calling_ae_title]
        here = [one for one in named if plain_host(one.host) == plain_host(asked.host)]
        return next(iter([*here, *named]), None)

    def _cry_out(self, asked: Asked, words: str) -> None:
        self._journal.note(
            "commitment.not-taken",
            f"{asked.calling_ae_title} asked whether {len(asked.request.references)} instances "
            f"are kept and did not take the answer in time: {words}",
            severity=Severity.ALARM,
            subject=asked.request.transaction_uid,
        )


def _trim(channels: dict[K, Channel]) -> None:
    """Let the oldest go when there are too many."""
    while len(channels) > _MOST_PRESENT:
        del channels[next(iter(channels))]


def _objection(answer: Answer | None) -> str:
    if answer is None:
        return "the association ended before the report was answered"
    if statuses.category(answer.status) in ("success", "warning"):
        return ""
    return f"the report was answered with {statuses.words(answer.status)} {answer.comment}".strip()
