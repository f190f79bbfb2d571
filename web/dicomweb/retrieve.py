"""WADO-RS: whole objects and their metadata (PS3.18 10.4)."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import trio
from pydicom.dataset import Dataset

from appliance.errors import PeerError
from web.dicomweb.accept import Form, MediaType, accepted, choose, fits
from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Answer, Request
from web.dicomweb.notation import JSON, object_of
from web.dicomweb.parts import Part, Parts
from web.dicomweb.ranges import ranged
from web.dicomweb.routes import Target
from web.dicomweb.services import Bulk, Dicomweb, Holder, Metadata, Retrieval, Stored
from web.dicomweb.syntaxes import target_for

DICOM = "application/dicom"
_MULTIPART = Form("multipart/related", DICOM)
_SINGLE = Form(DICOM)
_METADATA = (Form(JSON), Form("application/json"))


async def objects(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    forms = (_MULTIPART, _SINGLE) if target.instance else (_MULTIPART,)
    form, _ = choose(wanted, forms)
    stored = await found(web, request, target, holder, "retrieve")
    fitting = [one for one in wanted if fits(one, form)]
    chosen = _chosen(web.retrieval, stored, fitting)
    headers = _partly(len(chosen), len(stored))
    if form is _SINGLE:
        answer = _single(web.retrieval, request, *chosen[0])
        answer.headers.update(headers)
        return answer
    parts = Parts(DICOM, [_part(web.retrieval, one, syntax) for one, syntax in chosen])
    status = 206 if headers else 200
    return Answer(status, {**parts.headers(), **headers}, stream=parts.stream())


async def found(
    web: Dicomweb, request: Request, target: Target, holder: Holder, action: str
) -> list[Stored]:
    """The objects that an address means, and a word about it in the journal."""
    stored = await web.retrieval.instances(target.study, target.series, target.instance)
    web.access.used(holder.name, action, target.study, request.host)
    return stored


def _chosen(
    retrieval: Retrieval, stored: Sequence[Stored], wanted: Sequence[MediaType]
) -> list[tuple[Stored, str]]:
    """Each object with the syntax it goes in; those that cannot be had are left out."""
    targets = [
        (one, target_for(one.transfer_syntax_uid, wanted, retrieval.can_convert)) for one in stored
    ]
    chosen = [(one, syntax) for one, syntax in targets if syntax is not None]
    if not chosen:
        kept = ", ".join(sorted({one.transfer_syntax_uid for one in stored}))
        raise Refused(
            406,
            f"it is kept in transfer syntax {kept} and cannot be turned into what was asked for; "
            "transfer-syntax=* takes it as it is",
        )
    return chosen


def _partly(sent: int, all_there_are: int) -> dict[str, str]:
    if sent == all_there_are:
        return {}
    text = f"{all_there_are - sent} of {all_there_are} cannot be had in that transfer syntax"
    return {"Warning": f'299 arca "{text}"'}


def _part(retrieval: Retrieval, one: Stored, syntax: str) -> Part:
    kind = f"{DICOM}; transfer-syntax={syntax}"
    if syntax == one.transfer_syntax_uid:
        return Part(kind, partial(retrieval.file, one.sha256), one.size)
    return Part(kind, partial(retrieval.file, one.sha256, syntax))


def _single(retrieval: Retrieval, request: Request, one: Stored, syntax: str) -> Answer:
    kind = f"{DICOM}; transfer-syntax={syntax}"
    if syntax != one.transfer_syntax_uid:
        return Answer(200, {"Content-Type": kind}, stream=_converted(retrieval, one, syntax))

    def whole(start: int, length: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return retrieval.file(one.sha256)

    part = partial(retrieval.part, one.sha256)
    return ranged(request, kind, one.sha256, one.size, whole, part)


async def _converted(retrieval: Retrieval, one: Stored, syntax: str) -> AsyncGenerator[bytes, None]:
    async with retrieval.file(one.sha256, syntax) as pieces:
        async for piece in pieces:
            yield piece


async def metadata(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    form, _ = choose(wanted, _METADATA)
    stored = await found(web, request, target, holder, "metadata")
    if len(stored) == 1:
        body = b"[%s]" % await _described(web.retrieval, stored[0], request.base)
        return Answer(200, {"Content-Type": form.name}, body)
    stream = _all_described(web.retrieval, stored, request.base)
    return Answer(200, {"Content-Type": form.name}, stream=stream)


async def _all_described(
    retrieval: Retrieval, stored: Sequence[Stored], base: str
) -> AsyncGenerator[bytes, None]:
    for number, one in enumerate(stored):
        try:
            text = await _described(retrieval, one, base)
        except PeerError:  # what cannot be understood is there all the same
            text = json.dumps(object_of(_named(one))).encode()
        yield (b"," if number else b"[") + text
    yield b"]"


async def _described(retrieval: Retrieval, one: Stored, base: str) -> bytes:
    known = await retrieval.metadata(one.sha256)
    return await trio.to_thread.run_sync(_text, known, f"{base}{address_of(one)}/bulkdata")


def _text(known: Metadata, base: str) -> bytes:
    def place(bulk: Bulk) -> str:
        return f"{base}/{bulk.tag:08X}"

    made = object_of(known.dataset, known.bulk, place)
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def address_of(one: Stored) -> str:
    return f"/studies/{one.study_uid}/series/{one.series_uid}/instances/{one.sop_instance_uid}"


def _named(one: Stored) -> Dataset:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = one.sop_class_uid, one.sop_instance_uid
    made.StudyInstanceUID, made.SeriesInstanceUID = one.study_uid, one.series_uid
    return made
