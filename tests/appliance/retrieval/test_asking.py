"""Ranges of dates are halved where an archive stops at a round number."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, evt

from appliance.network.outgoing import OutgoingAssociation
from appliance.network.requestor import associate
from appliance.network.settings import Remote
from appliance.retrieval import asking
from appliance.retrieval.asking import Refused
from appliance.retrieval.fetching import UNCOMPRESSED
from appliance.retrieval.model import FIND, Wanted

_FIRST = date(2026, 1, 1)
_TODAY = date(2026, 12, 31)


class _Capped:
    """An archive with one study a day, that gives no more than so many answers."""

    def __init__(self, cap: int, days: int = 360) -> None:
        self.cap, self.questions = cap, 0
        self.days = [_FIRST + timedelta(days=number) for number in range(days)]
        entity = AE("PACS")
        entity.add_supported_context(FIND)
        handlers = [(evt.EVT_C_FIND, self._find)]
        self._server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)

    def _find(self, event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        self.questions += 1
        first, _, last = str(event.identifier.StudyDate or "-").partition("-")
        if self.cap < 0:
            yield 0xA700, None
            return
        given = 0
        for day in self.days:
            text = f"{day:%Y%m%d}"
            if (first or "0") <= text <= (last or "9") and given < self.cap:
                if event.is_cancelled:
                    yield 0xFE00, None
                    return
                given += 1
                answer = Dataset()
                answer.StudyInstanceUID = f"1.2.{text}"
                yield 0xFF00, answer

    @asynccontextmanager
    async def asked(self) -> AsyncIterator[OutgoingAssociation]:
        remote = Remote("PACS", "127.0.0.1", self._server.server_address[1], "ARCA")
        async with associate(remote, [(FIND, UNCOMPRESSED)]) as association:
            yield association
        self._server.shutdown()


async def test_a_cap_is_got_around_by_halving_the_dates() -> None:
    archive = _Capped(100)
    async with archive.asked() as association:
        found = await asking.studies(association, Wanted(study_date="20260101-"), 10_000, _TODAY)
    assert len(found) == 360
    assert archive.questions < 20


async def test_without_dates_there_is_nothing_to_halve() -> None:
    archive = _Capped(100)
    async with archive.asked() as association:
        assert len(await asking.studies(association, Wanted(), 10_000, _TODAY)) == 100
    assert archive.questions == 1


async def test_enough_is_enough() -> None:
    archive = _Capped(1000)
    async with archive.asked() as association:
        assert len(await asking.studies(association, Wanted(), 7, _TODAY)) == 7


async def test_a_refusal_has_words() -> None:
    archive = _Capped(-1)
    async with archive.asked() as association:
        with pytest.raises(Refused, match="out of resources"):
            await asking.studies(association, Wanted(), 7, _TODAY)
