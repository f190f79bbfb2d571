"""C-FIND as the one who asks (PS3.4 §C.4.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TypeVar

from pydicom.dataset import Dataset

from appliance.dicom import statuses
from appliance.dicom.dimse import Element, Operation
from appliance.network.outgoing import OutgoingAssociation
from appliance.retrieval import model
from appliance.retrieval.model import FIND, Found, Wanted

T = TypeVar("T")

# Below this many answers to a range of dates it is not halved any more.
_MOST_HALVINGS = 12


class Refused(Exception):
    """The archive answered with a failure; the text has its words."""


async def studies(
    association: OutgoingAssociation, wanted: Wanted, limit: int, today: date
) -> list[Found]:
    """Studies, each once, up to `limit`; ranges of dates are halved where answers look cut.

    Raises AssociationFailed, Refused, BadRequest.
    """
    kept: dict[str, Found] = {}
    open_ranges = [(wanted.study_date, 0)]
    while open_ranges and len(kept) < limit:
        days, depth = open_ranges.pop()
        some, status = await _find(
            association, model.identifier(replace(wanted, study_date=days)), model.found, limit
        )
        kept.update((one.study_uid, one) for one in some)
        parts = model.halves(days, today) if days else None
        if parts and depth < _MOST_HALVINGS and model.looks_cut(len(some), status):
            open_ranges += [(part, depth + 1) for part in reversed(parts)]
    return list(kept.values())[:limit]


async def instances(association: OutgoingAssociation, study_uid: str) -> dict[str, tuple[str, str]]:
    """Every instance of a study: its UID -> series UID and SOP class. Raises as `studies`.

    A list that did not end with success is refused: half of one would pass for the whole.
    """
    named: dict[str, tuple[str, str]] = {}
    asked = model.within("series", study_uid)
    for series_uid in dict.fromkeys(
        await _whole(association, asked, _uid("SeriesInstanceUID"), 10_000)
    ):
        asked = model.within("image", study_uid, series_uid)
        images = await _whole(association, asked, _image, 100_000)
        named.update((uid, (series_uid, sop_class)) for uid, sop_class in images)
    return named


async def _whole(
    association: OutgoingAssociation,
    asked: Dataset,
    read: Callable[[Dataset], T | None],
    limit: int,
) -> list[T]:
    answers, status = await _find(association, asked, read, limit)
    if status != statuses.SUCCESS:
        raise Refused(_words(status, ""))
    return answers


async def _find(
    association: OutgoingAssociation,
    asked: Dataset,
    read: Callable[[Dataset], T | None],
    limit: int,
) -> tuple[list[T], int]:
    """What `read` makes of the answers, and the last status."""
    values: dict[Element, int | str] = {
        Element.AFFECTED_SOP_CLASS_UID: FIND,
        Element.PRIORITY: 0,
    }
    inquiry = await association.ask(FIND, Operation.C_FIND, values, asked)
    answers: list[T] = []
    told_off = False
    while (response := await inquiry.next()).pending:
        if (one := read(response.dataset)) is not None and len(answers) < limit:
            answers.append(one)
        if len(answers) >= limit and not told_off:
            told_off = True
            await inquiry.cancel()
    status = response.answer.status
    if statuses.category(status) == "failure" and not answers:
        raise Refused(_words(status, response.answer.comment))
    return answers, status


def _words(status: int, comment: str) -> str:
    said = f" ({comment})" if comment else ""
    return f"it answered the query with {statuses.words(status)}{said}"


def _uid(keyword: str) -> Callable[[Dataset], str | None]:
    return lambda answer: model.text_of(answer, keyword) or None


def _image(answer: Dataset) -> tuple[str, str] | None:
    uid = model.text_of(answer, "SOPInstanceUID")
    return (uid, model.text_of(answer, "SOPClassUID")) if uid else None
