"""C-FIND (PS3.4 §C.4.1): one question, one answer after the other, page by page."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

import trio
from pydicom.dataset import Dataset

from appliance.archive.criteria import Criterion, Found, Level
from appliance.dicom import statuses
from appliance.dicom.dimse import Operation
from appliance.network.services import Dialogue, Provider
from appliance.query import answering, identifier, narrowing
from appliance.query.headers import read_headers
from appliance.query.identifier import Identifier, Key
from appliance.query.keys import ABOUT, ATTRIBUTES, MOMENTS, reaches
from appliance.query.matching import check_values, key_matches, value_matches
from appliance.query.model import (
    MODELS,
    OF_CLASS,
    OUT_OF_RESOURCES,
    PENDING_PARTLY,
    Model,
    Options,
    Refused,
    Settings,
    negotiate_find,
)
from appliance.query.moments import Range, first_date, first_time
from appliance.query.reading import read
from storage.store import Store

_PAGE = 200  # rows at a time
_ROWS = 10_000  # row numbers at a time
_MOST_HEADERS = 2000  # files that one question may have opened


class Index(Protocol):
    """What is asked of the index."""

    async def matching(
        self, level: Level, criteria: Sequence[Criterion], *, before: int | None, limit: int
    ) -> list[int]: ...

    async def found(
        self, level: Level, rows: Sequence[int], sums: frozenset[str]
    ) -> list[Found]: ...


@dataclass(frozen=True, slots=True)
class Question:
    """An identifier that can be answered, and under which rules."""

    identifier: Identifier
    model: Model
    options: Options

    @property
    def level(self) -> Level:
        return self.identifier.level

    def combined(self) -> dict[tuple[int, int], Range]:
        return narrowing.combined(self.identifier, self.options)

    def pending(self) -> int:
        """The status of its answers: whether every key was matched and is known (Table C.4-1)."""
        partly = any(self._beyond(key) for key in self.identifier.keys)
        return PENDING_PARTLY if partly else statuses.PENDING

    def _beyond(self, key: Key) -> bool:
        attribute = ATTRIBUTES.get(key.tag)
        if attribute is None:
            return key.tag not in ABOUT and self.level in ("PATIENT", "STUDY")
        ignored = not attribute.matched and not key.universal
        return ignored or not reaches(self.level, attribute)


class Find:
    """Answers questions from the index, and from the headers of what is stored."""

    def __init__(self, index: Index, store: Store, ae_title: str, settings: Settings) -> None:
        self._index = index
        self._store = store
        self._ae_title = ae_title
        self._settings = settings

    @property
    def provider(self) -> Provider:
        classes = frozenset(model.find for model in MODELS)
        operations = frozenset({int(Operation.C_FIND)})
        return Provider("find", classes, operations, self.handle, negotiate_find)

    async def handle(self, dialogue: Dialogue) -> None:
        """Answer one C-FIND-RQ."""
        try:
            await self._answer(dialogue, await understood(dialogue))
        except Refused as refusal:
            words, offending = str(refusal), refusal.offending
            await dialogue.answer(refusal.status, words, offending_element=offending)

    async def _answer(self, dialogue: Dialogue, question: Question) -> None:
        pending, count = question.pending(), 0
        syntax = dialogue.context.transfer_syntax
        asked = question.identifier
        async with aclosing(self._matches(question)) as matches:
            async for found, header in matches:
                if dialogue.cancelled():
                    await dialogue.answer(statuses.CANCEL)
                    return
                if count == self._settings.most_answers:
                    words = f"more than {count} matches: narrow the search"
                    await dialogue.answer(OUT_OF_RESOURCES, words)
                    return
                made = answering.answer(asked, question.model, found, header, self._ae_title)
                raw = answering.encoded(made, asked.character_set, syntax)
                await dialogue.answer(pending, dataset=raw)
                await trio.lowlevel.checkpoint()
                count += 1
        await dialogue.answer(statuses.SUCCESS)

    async def _matches(
        self, question: Question
    ) -> AsyncGenerator[tuple[Found, Dataset | None], None]:
        criteria = narrowing.criteria(question.identifier, question.options)
        sums, opened = answering.sums_for(question.identifier), 0
        judge = _judge(question)
        before: int | None = None
        while rows := await self._index.matching(
            question.level, criteria, before=before, limit=_ROWS
        ):
            for start in range(0, len(rows), _PAGE):
                page = rows[start : start + _PAGE]
                read = await self._index.found(question.level, page, sums)
                found = [one for one in read if judge(one)]
                headers = await self._headers(question, found, _MOST_HEADERS - opened)
                opened += len(headers)
                for one in found:
                    header = headers.get(_file(one))
                    if _header_matches(question, header):
                        yield one, header
            before = rows[-1]

    async def _headers(
        self, question: Question, found: Sequence[Found], most: int
    ) -> dict[str, Dataset]:
        tags = answering.in_file(question.identifier)
        if not tags:
            return {}
        if len(found) > most and _asks_files(question):
            words = f"more than {_MOST_HEADERS} files would have to be opened: narrow the search"
            raise Refused(OUT_OF_RESOURCES, words)
        objects = {_file(one): _syntax(one, self._store) for one in found[: max(most, 0)]}
        return await trio.to_thread.run_sync(_read, self._store, objects, tags)


def _read(
    store: Store, objects: dict[str, Callable[[], str]], tags: frozenset[int]
) -> dict[str, Dataset]:
    return read_headers(store, {sha256: syntax() for sha256, syntax in objects.items()}, tags)


def _file(found: Found) -> str:
    return str(found.values.get("sha256") or found.values.get("sample") or "")


def _syntax(found: Found, store: Store) -> Callable[[], str]:
    """Its transfer syntax; of a series that of the object that stands for it. Blocks."""

    def syntax() -> str:
        known = found.values.get("transfer_syntax_uid")
        entry = None if known else store.entry(_file(found))
        return str(known or (entry.notes.get("transfer_syntax", "") if entry else ""))

    return syntax


async def understood(dialogue: Dialogue) -> Question:
    """The question of a C-FIND-RQ. Raises `Refused`."""
    model = OF_CLASS[dialogue.context.abstract_syntax]
    options = Options.of(dialogue.negotiated)
    asked = await read(dialogue)
    identifier.check(asked, model, relational=options.relational)
    check_values(asked.keys)
    return Question(asked, model, options)


def _judge(question: Question) -> Callable[[Found], bool]:
    """What decides about a row of the index that met the criteria."""
    keys = narrowing.searched(question.identifier)
    combined = question.combined()
    together = {tag for pair in combined for tag in pair}
    single = [(attribute, key) for attribute, key in keys if attribute.tag not in together]

    def judged(found: Found) -> bool:
        return all(
            value_matches(
                attribute.vr, key.values, answering.values_of(attribute, found), question.options
            )
            for attribute, key in single
        ) and all(_within(found, pair, span) for pair, span in combined.items())

    return judged


def _within(found: Found, pair: tuple[int, int], span: Range) -> bool:
    assert pair in MOMENTS
    date, time = (str(found.values.get(ATTRIBUTES[tag].field) or "") for tag in pair)
    day = first_date(date)
    return bool(day) and span.holds(day + (first_time(time) or "0" * 12))


def _asks_files(question: Question) -> list[Key]:
    """The keys that only stored objects can decide."""
    tags = answering.in_file(question.identifier)
    return [key for key in question.identifier.keys if key.tag in tags and not key.universal]


def _header_matches(question: Question, header: Dataset | None) -> bool:
    """Without a header those keys match nothing."""
    if not (keys := _asks_files(question)):
        return True
    there = {key.tag: key for key in identifier.keys_of(header)} if header is not None else {}
    return all(key_matches(key, there.get(key.tag), question.options) for key in keys)
