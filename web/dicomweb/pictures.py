"""WADO-RS: frames, large values, and pictures to look at (PS3.18 10.4.1.1.2 to 10.4.1.1.6)."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from functools import partial

from appliance.errors import UnknownName
from web.dicomweb.accept import Form, accepted, choose
from web.dicomweb.errors import Refused
from web.dicomweb.exchange import Answer, Request
from web.dicomweb.parts import Part, Parts
from web.dicomweb.ranges import ranged
from web.dicomweb.retrieve import found
from web.dicomweb.routes import Target
from web.dicomweb.services import Bulk, Dicomweb, Holder, Stored, View
from web.dicomweb.syntaxes import EXPLICIT, OCTETS, frame_form, media_of

_PICTURES = (Form("image/jpeg"), Form("image/png"))
_THUMBNAIL = 128  # pixels
_LARGEST_PICTURE = 8192
_REAL = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?")


async def frames(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    [one] = await found(web, request, target, holder, "frames")
    numbers = target.frames
    if wrong := [number for number in numbers if number > one.frames]:
        raise UnknownName(f"there is no frame {wrong[0]}: the object has {one.frames}")
    return _frames(web, request, one, numbers)


def _frames(web: Dicomweb, request: Request, one: Stored, numbers: Sequence[int]) -> Answer:
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    form = frame_form(one.transfer_syntax_uid, wanted)
    if form is None:
        raise Refused(406, f"frames of it can be had as {_had(one)} or as plain {OCTETS}")
    media, syntax = form
    native = syntax == EXPLICIT
    kind = f"{media}; transfer-syntax={syntax}"
    best = wanted[0].name
    if len(numbers) == 1 and best not in ("multipart/related", "*/*"):
        taken = partial(web.retrieval.frame, one, numbers[0], native=native)
        return Answer(200, {"Content-Type": kind}, stream=_later(taken))
    parts = [Part(kind, partial(_frame, web, one, number, native)) for number in numbers]
    made = Parts(media, parts)
    return Answer(200, made.headers(), stream=made.stream())


def _had(one: Stored) -> str:
    return f"{media_of(one.transfer_syntax_uid)} in transfer syntax {one.transfer_syntax_uid}"


@asynccontextmanager
async def _frame(
    web: Dicomweb, one: Stored, number: int, native: bool
) -> AsyncGenerator[AsyncIterator[bytes], None]:
    later = _later(partial(web.retrieval.frame, one, number, native=native))
    async with aclosing(later):
        yield later


async def _later(taken: Callable[[], object]) -> AsyncGenerator[bytes, None]:
    yield await taken()  # type: ignore[misc]


async def bulkdata(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    [one] = await found(web, request, target, holder, "bulkdata")
    known = await web.retrieval.metadata(one.sha256)
    bulk = next((value for value in known.bulk if value.tag == target.tag), None)
    if bulk is None:
        raise UnknownName(f"there is no large value {target.tag:08X} in the object")
    if bulk.length < 0:  # compressed pixel data are fetched frame by frame
        return _frames(web, request, one, range(1, one.frames + 1))
    return _bulk(web, request, one, bulk)


def _bulk(web: Dicomweb, request: Request, one: Stored, bulk: Bulk) -> Answer:
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    form, _ = choose(wanted, (Form(OCTETS), Form("multipart/related", OCTETS)))

    def part(start: int, length: int) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return web.retrieval.part(one.sha256, bulk.offset + start, length)

    if form.inner:
        whole = Part(OCTETS, lambda: part(0, bulk.length), bulk.length)
        made = Parts(OCTETS, [whole])
        return Answer(200, made.headers(), stream=made.stream())
    tag = f"{one.sha256}-{bulk.tag:08X}"
    return ranged(request, OCTETS, tag, bulk.length, part)


async def rendered(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    if not target.instance:
        raise Refused(406, "pictures are drawn of an instance or a frame, not of all at once")
    return await _picture(web, request, target, holder, _view(request))


async def thumbnail(web: Dicomweb, request: Request, target: Target, holder: Holder) -> Answer:
    view = _view(request)
    small = View(
        view.kind,
        view.quality,
        min(view.width or _THUMBNAIL, 1024),
        min(view.height or _THUMBNAIL, 1024),
        view.window_center,
        view.window_width,
    )
    return await _picture(web, request, target, holder, small)


async def _picture(
    web: Dicomweb, request: Request, target: Target, holder: Holder, view: View
) -> Answer:
    if len(target.frames) > 1:
        raise Refused(400, "pictures are drawn of one frame at a time")
    images = [one for one in await found(web, request, target, holder, "rendered") if one.image]
    if not images:
        raise Refused(406, "there is no image in it to be drawn")
    one = images[len(images) // 2]  # a scan's middle shows more than its edge
    number = target.frames[0] if target.frames else 1
    if number > one.frames:
        raise UnknownName(f"there is no frame {number}: the object has {one.frames}")
    picture = await web.retrieval.rendered(one, number, view)
    return Answer(200, {"Content-Type": view.kind}, picture)


def _view(request: Request) -> View:
    wanted = accepted(request.headers.get("accept"), request.parameter("accept"))
    form, _ = choose(wanted, _PICTURES)
    width, height = _viewport(request.parameter("viewport"))
    center, window = _window(request.parameter("window"))
    return View(
        "image/png" if form.name == "image/png" else "image/jpeg",
        _quality(request.parameter("quality")),
        width,
        height,
        center,
        window,
    )


def _viewport(text: str | None) -> tuple[int | None, int | None]:
    if text is None:
        return None, None
    words = text.split(",")
    if len(words) != 2 or not all(re.fullmatch(r"[1-9]\d{0,3}", word) for word in words):
        raise Refused(400, "viewport is a width and a height in pixels: viewport=512,512")
    width, height = map(int, words)
    if max(width, height) > _LARGEST_PICTURE:
        raise Refused(400, f"a picture is at most {_LARGEST_PICTURE} pixels wide and high")
    return width, height


def _window(text: str | None) -> tuple[float | None, float | None]:
    if text is None:
        return None, None
    words = text.split(",")
    linear = words[2:] in ([], ["linear"], ["LINEAR"])
    if len(words) < 2 or not linear or not all(_REAL.fullmatch(word) for word in words[:2]):
        raise Refused(400, "window is a center and a width: window=40,400,linear")
    center, width = float(words[0]), float(words[1])
    if width < 1:
        raise Refused(400, "a window is at least 1 wide")
    return center, width


def _quality(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,2}", text) or int(text) > 100:
        raise Refused(400, "quality is a number from 1 to 100")
    return int(text)
