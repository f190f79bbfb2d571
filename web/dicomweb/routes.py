"""Which resource an address means (PS3.18 10.1): a UID is digits and dots, or it is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from web.dicomweb.errors import Refused

_UID = re.compile(r"[0-9.]{1,64}")
_FRAMES = re.compile(r"[1-9]\d{0,8}(,[1-9]\d{0,8})*")
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_LONGEST = 2048
_MOST_FRAMES = 10_000


@dataclass(frozen=True, slots=True)
class Target:
    """What a request is about."""

    kind: str  # the last word of its pattern: "study", "search series", "frames" …
    study: str = ""
    series: str = ""
    instance: str = ""
    frames: tuple[int, ...] = field(default=())
    tag: int = 0


_LEVELS = ("study", "series", "instance")
_STUDY = "/studies/{study}"
_SERIES = "/studies/{study}/series/{series}"
_INSTANCE = "/studies/{study}/series/{series}/instances/{instance}"
_PATTERNS = {
    "": "capabilities",
    "/": "capabilities",
    "/studies": "search study",
    "/series": "search series",
    "/instances": "search instance",
    f"{_STUDY}/series": "search series",
    f"{_STUDY}/instances": "search instance",
    f"{_SERIES}/instances": "search instance",
    _STUDY: "objects",
    _SERIES: "objects",
    _INSTANCE: "objects",
    f"{_INSTANCE}/frames/{{frames}}": "frames",
    f"{_INSTANCE}/frames/{{frames}}/rendered": "rendered",
    f"{_INSTANCE}/frames/{{frames}}/thumbnail": "thumbnail",
    f"{_INSTANCE}/bulkdata/{{tag}}": "bulkdata",
    **{
        f"{place}/{word}": word
        for place in (_STUDY, _SERIES, _INSTANCE)
        for word in ("metadata", "rendered", "thumbnail")
    },
}


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", pattern))


_COMPILED = [(_compiled(pattern), kind) for pattern, kind in _PATTERNS.items()]


def target_of(path: str) -> Target:
    """Raises `Refused`: 404 for what is not there, 400 for what is no UID."""
    if len(path) > _LONGEST:
        raise Refused(414, f"the address is longer than {_LONGEST} characters")
    for pattern, kind in _COMPILED:
        if (found := pattern.fullmatch(path)) is not None:
            return _target(kind, found.groupdict())
    raise Refused(404, "there is no such resource; `/` says which there are")


def _target(kind: str, named: Mapping[str, str]) -> Target:
    study, series, instance = (_uid(name, named[name]) if name in named else "" for name in _LEVELS)
    frames = _frames(named["frames"]) if "frames" in named else ()
    tag = _tag(named["tag"]) if "tag" in named else 0
    return Target(kind, study, series, instance, frames, tag)


def _uid(name: str, text: str) -> str:
    if not _UID.fullmatch(text):
        raise Refused(400, f"the {name} in the address is no UID: only digits and dots, up to 64")
    return text


def _frames(text: str) -> tuple[int, ...]:
    if not _FRAMES.fullmatch(text):
        raise Refused(400, "frames are numbers from 1 on with commas between them: /frames/1,2,3")
    numbers = tuple(map(int, text.split(",")))
    if len(numbers) > _MOST_FRAMES:
        raise Refused(400, f"more than {_MOST_FRAMES} frames are asked for; ask in parts")
    return numbers


def _tag(text: str) -> int:
    if not _TAG.fullmatch(text):
        raise Refused(
            400, "bulk data is named by a tag of 8 hexadecimal digits: /bulkdata/7FE00010"
        )
    return int(text, 16)
