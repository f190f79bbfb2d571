"""STOW-RS: objects come in, part by part, and are kept before they are answered (PS3.18 10.5)."""

from __future__ import annotations

import json

import trio

from appliance.dicom.header import (
    SERIES_INSTANCE_UID,
    STUDY_INSTANCE_UID,
    HeaderError,
    Scanner,
)
from appliance.dicom.part10 import LONGEST_META, FileMeta, read_file_meta
from appliance.dicom.uids import well_formed
from web.dicomweb.accept import Form, MediaType, accepted, choose, parse
from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Answer, Request
from web.dicomweb.multipart import Content, Event, MultipartError, PartBegins, PartEnds, Reader
from web.dicomweb.notation import JSON
from web.dicomweb.receipt import Place, Receipt
from web.dicomweb.routes import Target
from web.dicomweb.services import Announced, Dicomweb, Holder, Receiving

_DICOM = "application/dicom"
_PIECE = 1 << 20
_FORMS = (Form(JSON), Form("application/json"))


async def store(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    form, _ = choose(accepted(request.headers.get("accept"), None), _FORMS)
    boundary = _boundary(request)
    taking = Taking(web, request, target.study, holder)
    try:
        await taking.all_parts(boundary)
    finally:
        await taking.give_up()
    receipt = taking.receipt
    body = json.dumps(receipt.dataset()).encode()
    return Answer(receipt.status, {"Content-Type": form.name, **receipt.headers()}, body)


def _boundary(request: Request) -> str:
    """Raises `Refused` 415 with what is taken instead."""
    given = parse(request.headers.get("content-type", ""))
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Refused(415, f"a body in Content-Encoding {encoding[:40]} is not taken", close=True)
    one = given[0] if len(given) == 1 else MediaType("nothing")
    if one.name != "multipart/related" or one.inner not in (_DICOM, ""):
        raise Refused(
            415,
            'objects are taken as multipart/related; type="application/dicom"; boundary=…',
            {"Accept": f'multipart/related; type="{_DICOM}"'},
            close=True,
        )
    return one.parameters.get("boundary", "")


class Taking:
    """The parts of one request on their way into the store."""

    def __init__(self, web: Dicomweb, request: Request, study: str, holder: Holder) -> None:
        self._web, self._request, self._study, self._holder = web, request, study, holder
        self.receipt = Receipt(request.base, study)
        self._parts = 0
        self._size = 0  # bytes of this part
        self._start = bytearray()  # of this part, until its meta information is known
        self._announced: Announced | None = None
        self._waiting = bytearray()  # for a piece that is worth a thread
        self._receiving: Receiving | None = None
        self._skipped = False  # this part is answered already
        self._place = Place()

    async def all_parts(self, boundary: str) -> None:
        try:
            reader = Reader(boundary)
            while (piece := await self._request.body.next()) is not None:
                for event in reader.feed(piece):
                    await self._take(event)
            reader.finish()
        except MultipartError as error:
            raise Refused(400, self._so_far(str(error)), close=True) from error
        if not self._parts:
            raise Refused(400, "the body holds no object")

    async def give_up(self) -> None:
        """Nothing of a part that did not end may remain."""
        if self._receiving is not None:
            with trio.CancelScope(shield=True):
                await self._receiving.discard()

    def _so_far(self, words: str) -> str:
        kept = len(self.receipt.stored)
        return f"{words}; {kept} objects before that are kept" if kept else words

    async def _take(self, event: Event) -> None:
        if isinstance(event, PartBegins):
            self._begin(event)
        elif isinstance(event, Content):
            await self._content(event.data)
        else:
            assert isinstance(event, PartEnds)
            await self._end()

    def _begin(self, event: PartBegins) -> None:
        self._parts += 1
        if self._parts > self._web.limits.most_parts:
            words = f"more than {self._web.limits.most_parts} objects in one request"
            raise Refused(413, self._so_far(words), close=True)
        kind = event.headers.get("content-type", _DICOM).partition(";")[0].strip().lower()
        if kind.startswith("multipart/"):
            raise Refused(400, self._so_far("a part has parts of its own"), close=True)
        encoding = event.headers.get("content-transfer-encoding", "binary").lower()
        if kind != _DICOM or encoding not in ("binary", "8bit"):
            words = f"a part is {kind[:60]} in {encoding[:20]}, not {_DICOM}"
            raise Refused(415, self._so_far(words), close=True)
        self._size, self._announced, self._skipped = 0, None, False
        self._start.clear()
        self._waiting.clear()

    async def _content(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._web.limits.largest_object + LONGEST_META:
            limit = self._web.limits.largest_object
            raise Refused(413, self._so_far(f"an object is longer than {limit} bytes"), close=True)
        if self._skipped:
            return
        if self._receiving is None:
            self._start += data
            if len(self._start) >= LONGEST_META:
                await self._open()
            return
        self._waiting += data
        if len(self._waiting) >= _PIECE:
            await self._flush()

    async def _open(self) -> None:
        """The beginning is here: what does it say?"""
        meta = _meta(bytes(self._start))
        if meta is None:
            self._skipped = True
            self.receipt.not_understood()
            return
        self._announced = Announced(
            meta.sop_class_uid, meta.sop_instance_uid, meta.transfer_syntax_uid, self._study
        )
        self._place = place_of(bytes(self._start[meta.data_set :]), meta)
        self._receiving = self._web.reception.begin(
            self._announced, self._holder.name, self._request.host
        )
        self._waiting += self._start[meta.data_set :]
        self._start.clear()

    async def _flush(self) -> None:
        if self._receiving is not None and self._waiting:
            data = bytes(self._waiting)
            self._waiting.clear()
            await self._receiving.write(data)

    async def _end(self) -> None:
        if self._receiving is None and not self._skipped:
            await self._open()
        receiving, announced = self._receiving, self._announced
        if receiving is None or announced is None:
            return
        await self._flush()
        kept = await receiving.finish()
        self._receiving = None
        self.receipt.note(announced, kept, self._place)
        if kept.outcome != "failed":
            study = self._place.study
            self._web.access.used(self._holder.name, "store", study, self._request.host)


def place_of(start: bytes, meta: FileMeta) -> Place:
    """Where it will be found, as far as its beginning says; for the answer, never for storing."""
    scanner = Scanner(meta.transfer_syntax_uid)
    try:
        header = scanner.feed(start) or scanner.finish()
    except HeaderError:
        return Place()
    tags = (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID)
    study, series = (header.values.get(tag, b"").decode("latin-1").strip(" \0") for tag in tags)
    return Place(study, series) if well_formed(study) and well_formed(series) else Place()


def _meta(start: bytes) -> FileMeta | None:
    """None for what has no usable meta information (PS3.10 7.1)."""
    try:
        meta = read_file_meta(start)
    except HeaderError:
        return None
    named = meta is not None and meta.transfer_syntax_uid and meta.sop_instance_uid
    return meta if named else None
