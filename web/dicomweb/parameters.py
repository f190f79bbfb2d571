"""What a search asks for, read from its address (PS3.18 8.3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag, tag_for_keyword

from web.dicomweb.errors import Refused
from web.dicomweb.routes import Target
from web.dicomweb.services import Level

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_NUMBER = re.compile(r"\d{1,9}")
_OTHER = {"accept", "charset"}  # for every service (PS3.18 8.3.3)


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was asked for."""

    level: Level
    conditions: Mapping[str, str]  # by keyword
    include: frozenset[int] | None  # tags beside the usual ones; None: all there are
    fuzzy: bool
    limit: int
    offset: int
    ignored: tuple[str, ...]  # attributes of the standard that the index does not have


def asked(
    target: Target,
    query: Iterable[tuple[str, str]],
    searchable: Mapping[Level, Set[str]],
    most: int,
) -> Asked:
    """Raises `Refused` 400 in words."""
    level = _level(target.kind)
    conditions = _above(target)
    include: set[int] = set()
    everything, ignored = False, []
    numbers = {"limit": most, "offset": 0}
    fuzzy = False
    for name, value in query:
        if name in numbers:
            numbers[name] = _number(name, value)
        elif name == "fuzzymatching":
            fuzzy = _flag(name, value)
        elif name == "includefield":
            everything = everything or value == "all"
            include |= {_tag(one) for one in value.split(",") if one != "all"}
        elif name not in _OTHER:
            keyword = _keyword(name)
            if keyword not in searchable[level]:
                ignored.append(keyword)
            elif conditions.setdefault(keyword, value) != value:
                raise Refused(400, f"{keyword} is given twice, with different values")
    return Asked(
        level,
        conditions,
        None if everything else frozenset(include),
        fuzzy,
        min(numbers["limit"], most),
        numbers["offset"],
        tuple(ignored),
    )


def _level(kind: str) -> Level:
    levels: dict[str, Level] = {
        "search study": "study",
        "search series": "series",
        "search instance": "instance",
    }
    return levels[kind]


def _above(target: Target) -> dict[str, str]:
    named = {"StudyInstanceUID": target.study, "SeriesInstanceUID": target.series}
    return {keyword: uid for keyword, uid in named.items() if uid}


def _number(name: str, value: str) -> int:
    if not _NUMBER.fullmatch(value):
        raise Refused(400, f"{name}={value[:40]} is not a whole number")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise Refused(400, f"{name}={value[:40]} is neither true nor false")
    return value.lower() == "true"


def _tag(name: str) -> int:
    tag = int(name, 16) if _TAG.fullmatch(name) else tag_for_keyword(name.rpartition(".")[2])
    if tag is None:
        raise Refused(
            400, f"{name[:80]!r} is no attribute: give a keyword (PatientID) or a tag (00100020)"
        )
    return int(tag)


def _keyword(name: str) -> str:
    if "." in name:  # inside a sequence: the index has none
        return ".".join(_keyword(part) for part in name.split("."))
    tag = _tag(name)
    return str(keyword_for_tag(tag)) or f"{tag:08X}"
