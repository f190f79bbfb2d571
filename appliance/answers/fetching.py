"""What DICOMweb fetches, answered with what the store keeps."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import trio

from appliance.answers.reading import pieces_of, read_metadata
from appliance.archive.finding import Hit, Level
from appliance.archive.finding import Search as Wanted
from appliance.archive.service import Archive
from appliance.dicom.part10 import file_header
from appliance.errors import UnknownName
from appliance.pixels.model import Rendering, Window
from appliance.pixels.service import Pixels
from storage.errors import Missing
from storage.store import Entry, Reader, Store
from web.dicomweb.services import Metadata, Stored, View

T = TypeVar("T")

_PIECE = 1 << 20
_THREADS = 8  # that read
_PARSERS = 2  # headers read at once: each may take some hundred MiB for a moment
_MOST_INSTANCES = 200_000
_QUALITY = 90


@dataclass(frozen=True)
class Fetching:
    """See `web.dicomweb.services.Retrieval`."""

    archive: Archive
    store: Store
    pixels: Pixels
    _threads: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(_THREADS))
    _parsers: trio.CapacityLimiter = field(default_factory=lambda: trio.CapacityLimiter(_PARSERS))

    async def instances(
        self, study_uid: str, series_uid: str = "", sop_instance_uid: str = ""
    ) -> list[Stored]:
        named = {
            "StudyInstanceUID": study_uid,
            "SeriesInstanceUID": series_uid,
            "SOPInstanceUID": sop_instance_uid,
        }
        given = {keyword: uid for keyword, uid in named.items() if uid}
        hits = await self.archive.search(Wanted(Level.INSTANCE, given, limit=_MOST_INSTANCES))
        if not hits.found:
            raise UnknownName("nothing is kept under these UIDs")
        first: dict[str, Hit] = {}
        for hit in hits.found:
            assert hit.instance is not None
            known = first.setdefault(hit.instance.sop_instance_uid, hit)
            # Of several contents under one UID the one that came first is what the UID means.
            if known.instance is not None and hit.instance.sequence < known.instance.sequence:
                first[hit.instance.sop_instance_uid] = hit
        return [_stored(hit) for hit in first.values()]

    @asynccontextmanager
    async def file(
        self, sha256: str, transfer_syntax_uid: str = ""
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        if not transfer_syntax_uid:
            async with (
                self._reading(sha256) as reader,
                aclosing(self._pieces(reader.chunks(_PIECE))) as pieces,
            ):
                yield pieces
            return
        entry = await self._entry(sha256)
        async with self.pixels.converted(sha256, transfer_syntax_uid) as converted:
            made = _file_pieces(converted.path, _head(entry, transfer_syntax_uid))
            async with aclosing(self._pieces(made)) as pieces:
                yield pieces

    @asynccontextmanager
    async def part(
        self, sha256: str, start: int, length: int
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        async with self._reading(sha256) as reader:
            asked = pieces_of(reader, start, length, _PIECE)
            async with aclosing(self._pieces(asked)) as pieces:
                yield pieces

    def can_convert(self, source: str, target: str) -> bool:
        return self.pixels.can_convert(source, target)

    async def metadata(self, sha256: str) -> Metadata:
        async with self._reading(sha256) as reader:
            syntax = reader.entry.notes.get("transfer_syntax", "")
            return await trio.to_thread.run_sync(
                read_metadata, reader, syntax, limiter=self._parsers
            )

    async def frame(self, stored: Stored, number: int, *, native: bool) -> bytes:
        return await self.pixels.frame(stored.sha256, number, native=native)

    async def rendered(self, stored: Stored, number: int, view: View) -> bytes:
        return await self.pixels.rendered(stored.sha256, number, rendering_of(view))

    async def _entry(self, sha256: str) -> Entry:
        entry = await self._in_thread(lambda: self.store.entry(sha256))
        if entry is None:
            raise Missing(f"no object {sha256} is kept here")
        return entry

    @asynccontextmanager
    async def _reading(self, sha256: str) -> AsyncGenerator[Reader, None]:
        reader = await self._in_thread(lambda: self.store.open(sha256))
        try:
            yield reader
        finally:
            reader.close()

    async def _pieces(self, pieces: Iterator[bytes]) -> AsyncGenerator[bytes, None]:
        while (piece := await self._in_thread(lambda: next(pieces, None))) is not None:
            yield piece

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(work, limiter=self._threads)


def _stored(hit: Hit) -> Stored:
    one = hit.instance
    assert one is not None
    return Stored(
        sha256=one.sha256,
        study_uid=hit.study.study_uid,
        series_uid=one.series_uid,
        sop_instance_uid=one.sop_instance_uid,
        sop_class_uid=one.sop_class_uid,
        transfer_syntax_uid=one.transfer_syntax_uid,
        size=one.size,
        frames=max(one.frames or 1, 1),
        image=bool(one.rows and one.columns),
    )


def rendering_of(view: View) -> Rendering:
    window = None
    if view.window_center is not None and view.window_width is not None:
        window = Window(view.window_center, view.window_width)
    return Rendering(
        width=view.width or 0,
        height=view.height or 0,
        window=window,
        format="png" if view.kind == "image/png" else "jpeg",
        quality=view.quality or _QUALITY,
    )


def _head(entry: Entry, transfer_syntax_uid: str) -> bytes:
    return file_header(entry.notes.get("sop_class", ""), entry.name, transfer_syntax_uid)


def _file_pieces(path: Path, head: bytes) -> Iterator[bytes]:
    yield head
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
