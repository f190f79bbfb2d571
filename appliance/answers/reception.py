"""What DICOMweb stores takes the same way as what comes by C-STORE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import trio

from appliance.intake.service import Intake
from appliance.network.services import Answer, Caller, StoreRequest, StoreSink
from web.dicomweb.services import Announced, Kept

T = TypeVar("T")

_THREADS = 8  # that write
_SUCCESS = 0x0000
_LONGEST_TITLE = 16


@dataclass(frozen=True)
class Reception:
    """See `web.dicomweb.services.Reception`."""

    intake: Intake
    ae_title: str
    _threads: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(_THREADS))

    def begin(self, announced: Announced, who: str, host: str) -> Receiving:
        request = StoreRequest(
            caller=Caller(who[:_LONGEST_TITLE], self.ae_title, host, 0),
            affected_sop_class_uid=announced.sop_class_uid,
            affected_sop_instance_uid=announced.sop_instance_uid,
            transfer_syntax_uid=announced.transfer_syntax_uid,
            study_instance_uid=announced.study_uid,
            via="dicomweb",
        )
        return Receiving(self.intake.store(request), self._threads)


class Receiving:
    """See `web.dicomweb.services.Receiving`."""

    def __init__(self, sink: StoreSink, threads: trio.CapacityLimiter) -> None:
        self._sink, self._threads = sink, threads

    async def write(self, data: bytes) -> None:
        await self._in_thread(lambda: self._sink.write([memoryview(data)]))

    async def finish(self) -> Kept:
        # Once it is being made durable nobody may turn back: it would be there unanswered.
        with trio.CancelScope(shield=True):
            answer = await self._in_thread(self._sink.finish)
        return _kept(answer)

    async def discard(self) -> None:
        await self._in_thread(self._sink.discard)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, limiter=self._threads)


def _kept(answer: Answer) -> Kept:
    if answer.status != _SUCCESS:
        return Kept("failed", answer.status, answer.comment)
    return Kept("conflict" if answer.conflict else "stored")
