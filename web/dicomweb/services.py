"""What DICOMweb asks of the process.

Methods raise `appliance.errors`: `UnknownName` becomes 404, `BadRequest` 400, other
`PeerError`s 409; `Unacceptable` 406.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from pydicom.dataset import Dataset

from appliance.errors import PeerError

Level: TypeAlias = Literal["study", "series", "instance"]
Outcome: TypeAlias = Literal["stored", "conflict", "failed"]


class Unacceptable(PeerError):
    """It cannot be had in any of the forms that were asked for; the text says which exist."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose token it is."""

    name: str
    rights: frozenset[str]  # "search", "retrieve", "store"


@dataclass(frozen=True, slots=True)
class Question:
    """A search: conditions by keyword, as texts of PS3.4 C.2.2.2."""

    level: Level
    conditions: Mapping[str, str]
    fuzzy: bool
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Found:
    """Attributes of each match, all that the index knows; `more` when there may be others."""

    matches: Sequence[Dataset]
    more: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """An object that can be fetched."""

    sha256: str  # of the file as it is stored
    study_uid: str
    series_uid: str
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax_uid: str
    size: int  # bytes of the file
    frames: int  # at least 1
    image: bool  # it has rows and columns


@dataclass(frozen=True, slots=True)
class Bulk:
    """A large value in a stored object."""

    tag: int
    vr: str
    offset: int  # in the file
    length: int  # bytes


@dataclass(frozen=True, slots=True)
class Metadata:
    """A data set without its large values, and where those are."""

    dataset: Dataset
    bulk: tuple[Bulk, ...]


@dataclass(frozen=True, slots=True)
class View:
    """How a picture shall be drawn."""

    kind: Literal["image/jpeg", "image/png"] = "image/jpeg"
    quality: int | None = None  # 1 to 100, of JPEG
    width: int | None = None  # it fits into these
    height: int | None = None
    window_center: float | None = None
    window_width: float | None = None


@dataclass(frozen=True, slots=True)
class Announced:
    """What the beginning of an object says, before its data set."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    study_uid: str = ""  # it must belong to this one; "": to any


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an object that was handed in."""

    outcome: Outcome
    status: int = 0  # as C-STORE would answer
    words: str = ""


class Access(Protocol):
    """Who may do what."""

    async def identify(self, secret: str) -> Holder | None: ...

    def used(self, who: str, action: str, study: str, host: str) -> None:
        """Write it down, at a sane rate."""

    def denied(self, host: str, failures: int) -> None: ...


class Search(Protocol):
    """What the index knows."""

    def searchable(self, level: Level) -> Set[str]:
        """Keywords that a search can match by."""

    async def find(self, question: Question) -> Found: ...


class Retrieval(Protocol):
    """What is stored."""

    async def instances(
        self, study_uid: str, series_uid: str = "", sop_instance_uid: str = ""
    ) -> list[Stored]:
        """One object for each SOP Instance UID, in order. Raises `UnknownName` for none."""

    def file(
        self, sha256: str, transfer_syntax_uid: str = ""
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The file (PS3.10) in pieces of at most 1 MiB, as stored or in another syntax."""

    def part(
        self, sha256: str, start: int, length: int
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Some bytes of the file as it is stored."""

    def can_convert(self, source: str, target: str) -> bool: ...

    async def metadata(self, sha256: str) -> Metadata: ...

    async def frame(self, stored: Stored, number: int, *, native: bool) -> bytes:
        """One frame, from 1 on: as it is stored, or as plain little endian samples."""

    async def rendered(self, stored: Stored, number: int, view: View) -> bytes: ...


class Receiving(Protocol):
    """An object on its way in."""

    async def write(self, data: bytes) -> None: ...

    async def finish(self) -> Kept:
        """Return once it is durable, or with the reason why it is not kept."""

    async def discard(self) -> None:
        """Nothing of it may remain. Does nothing after `finish`."""


class Reception(Protocol):
    """The way into the store."""

    def begin(self, announced: Announced, who: str, host: str) -> Receiving: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may cost."""

    largest_object: int = 8 << 30  # bytes
    most_parts: int = 10_000  # objects in one request
    patience: float = 30.0  # seconds; in each of them `slowest` times as many bytes must come
    slowest: int = 1024  # bytes per second
    most_matches: int = 1000  # of one search, or answer with metadata
    at_once: int = 64  # requests under way


@dataclass(frozen=True, slots=True)
class Dicomweb:
    """Everything it needs."""

    access: Access
    search: Search
    retrieval: Retrieval
    reception: Reception
    origins: frozenset[str] = frozenset()  # of viewers in other places that may ask
    limits: Limits = Limits()
