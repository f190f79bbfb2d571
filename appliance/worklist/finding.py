"""Answers modalities that ask what is to be done: C-FIND of the worklist (PS3.4 K)."""

from __future__ import annotations

from collections.abc import Sequence

import trio
from pydicom.dataset import Dataset

from appliance.database.door import Database
from appliance.database.failures import failures
from appliance.dicom import statuses
from appliance.dicom.dataset import DatasetError, decode, encode
from appliance.dicom.dimse import Operation
from appliance.dicom.matching import KeyProblem, Test, compiled
from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN
from appliance.journal.model import Severity
from appliance.journal.service import Journal
from appliance.network.services import Dialogue, Provider
from appliance.worklist import items
from appliance.worklist.answering import answered
from appliance.worklist.attributes import MATCHED, TOGETHER
from appliance.worklist.items import Stored
from appliance.worklist.model import Settings
from appliance.worklist.narrowing import Narrowing, narrowed

MODALITY_WORKLIST = "1.2.840.10008.5.1.4.31"
_PAGE = 50
_BEFORE_ALL = ("", 0)


class Question:
    """The keys of one C-FIND, read."""

    def __init__(self, raw: bytes, transfer_syntax: str) -> None:
        """Raises `DatasetError` and `KeyProblem`."""
        self._syntax = transfer_syntax
        self._keys = decode(raw, transfer_syntax)
        self._test: Test = compiled(self._keys, supported=MATCHED, together=TOGETHER)
        self.narrowing: Narrowing = narrowed(self._keys)
        # PS3.4 Table K.4-1: FF01 says that some keys are not matched.
        all_matched = _only_matched(self._keys)
        self.pending = statuses.PENDING if all_matched else statuses.PENDING_KEYS_NOT_MATCHED

    def answers(self, page: Sequence[Stored]) -> list[bytes]:
        """What of a page matches, as it goes over the wire."""
        entities = (decode(one.raw, EXPLICIT_LITTLE_ENDIAN) for one in page)
        found = (answered(self._keys, one) for one in entities if self._test(one))
        return [encode(one, self._syntax) for one in found]


def _only_matched(keys: Dataset) -> bool:
    asking = (one for one in keys if one.VR != "SQ" and one.value and one.tag != 0x00080005)
    return all(one.keyword in MATCHED for one in asking)


class Finding:
    """The worklist as modalities see it."""

    def __init__(self, database: Database, journal: Journal, settings: Settings) -> None:
        self._database = database
        self._journal = journal
        self._settings = settings

    @property
    def provider(self) -> Provider:
        classes, operations = frozenset({MODALITY_WORKLIST}), frozenset({Operation.C_FIND})
        return Provider("worklist", classes, operations, self._find)

    async def _find(self, dialogue: Dialogue) -> None:
        try:
            question = await trio.to_thread.run_sync(
                Question, dialogue.dataset, dialogue.context.transfer_syntax
            )
        except DatasetError as error:
            return await dialogue.answer(statuses.CANNOT_UNDERSTAND, str(error))
        except KeyProblem as problem:
            tags = [problem.tag]
            return await dialogue.answer(
                statuses.CLASS_MISMATCH, str(problem), offending_element=tags
            )
        return await self._answer_all(dialogue, question)

    async def _answer_all(self, dialogue: Dialogue, question: Question) -> None:
        after, count = _BEFORE_ALL, 0
        while (page := await self._page(question, after)) is not None:
            if not page:
                return await dialogue.answer(statuses.SUCCESS)
            after = page[-1].start, page[-1].number
            for raw in await trio.to_thread.run_sync(question.answers, page):
                if dialogue.cancelled():
                    return await dialogue.answer(statuses.CANCEL)
                if count == self._settings.most_answers:
                    return await self._cut_short(dialogue, count)
                await dialogue.answer(question.pending, dataset=raw)
                count += 1
        return await dialogue.answer(statuses.CANNOT_UNDERSTAND, "The worklist cannot be read now")

    async def _page(self, question: Question, after: tuple[str, int]) -> list[Stored] | None:
        """None: the database does not answer."""
        try:
            return await self._database.read(items.page, question.narrowing, after, _PAGE)
        except failures():
            return None

    async def _cut_short(self, dialogue: Dialogue, count: int) -> None:
        """What was sent can be worked with, so it is no failure for the modality."""
        caller = dialogue.caller.calling_ae_title.strip()
        self._journal.note(
            "worklist.limit",
            f"{caller} asked for more than {count} worklist items and got the first of them: let "
            "it ask by date, modality or station, or raise [worklist] most_answers",
            severity=Severity.WARNING,
            subject=caller,
        )
        await dialogue.answer(statuses.SUCCESS, f"Only the first {count} items: narrow the search")
