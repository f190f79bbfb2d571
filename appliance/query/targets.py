"""What a C-MOVE or C-GET asks for: instances, by unique keys alone (PS3.4 §C.4.2.1.4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from appliance.archive.criteria import Criterion, Found, Level, OneOf, Value
from appliance.dicom.header import name_of
from appliance.network.services import Dialogue
from appliance.query import identifier
from appliance.query.identifier import Identifier
from appliance.query.keys import UNIQUE
from appliance.query.model import (
    CANNOT_COUNT,
    NOT_THE_MODEL,
    OF_CLASS,
    Model,
    Options,
    Refused,
    Settings,
)
from appliance.query.reading import read

_PAGE = 200


class Index(Protocol):
    """What is asked of the index."""

    async def matching(
        self, level: Level, criteria: Sequence[Criterion], *, before: int | None, limit: int
    ) -> list[int]: ...

    async def found(
        self, level: Level, rows: Sequence[int], sums: frozenset[str]
    ) -> list[Found]: ...

    async def contexts(self, rows: Sequence[int]) -> list[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A stored object that was asked for."""

    sha256: str
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str


async def asked_for(dialogue: Dialogue, index: Index, settings: Settings) -> list[int]:
    """The instances' numbers, in the order they came. Raises `Refused`."""
    model = OF_CLASS[dialogue.context.abstract_syntax]
    asked = await read(dialogue)
    relational = Options.of(dialogue.negotiated).relational
    identifier.check(asked, model, relational=relational)
    most = settings.most_instances
    rows = await index.matching("IMAGE", criteria(asked, model), before=None, limit=most + 1)
    if len(rows) > most:
        raise Refused(CANNOT_COUNT, f"more than {most} instances: ask for less at a time")
    return sorted(rows)


def criteria(asked: Identifier, model: Model) -> tuple[Criterion, ...]:
    """The unique keys of its level and of those above. Raises `Refused`."""
    own = UNIQUE[asked.level].tag
    if not asked.values(own):
        words = f"{name_of(own)} must say what to retrieve at level {asked.level}"
        raise Refused(NOT_THE_MODEL, words, (own,))
    levels = model.levels[: model.levels.index(asked.level) + 1]
    pairs = [(UNIQUE[level], asked.values(UNIQUE[level].tag)) for level in levels]
    return tuple(OneOf(attribute.field, values) for attribute, values in pairs if values)


async def parcels(index: Index, rows: Sequence[int]) -> AsyncGenerator[Parcel | None, None]:
    """One after the other, page by page; None for what was let go meanwhile."""
    for start in range(0, len(rows), _PAGE):
        page = rows[start : start + _PAGE]
        found = {one.row: one for one in await index.found("IMAGE", page, frozenset())}
        for row in page:
            yield _parcel(found[row].values) if row in found else None


def _parcel(values: Mapping[str, Value]) -> Parcel:
    sha256, sop_class, instance, syntax = (
        str(values[name] or "")
        for name in ("sha256", "sop_class_uid", "sop_instance_uid", "transfer_syntax_uid")
    )
    return Parcel(sha256, sop_class, instance, syntax)
