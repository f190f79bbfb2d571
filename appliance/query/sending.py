"""How an object leaves: as it is stored where that is accepted, else with equal pixels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Protocol

from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.errors import PeerError
from appliance.network.settings import Outgoing
from appliance.query.targets import Parcel
from appliance.transfers.load import chunks_of
from storage.store import Store

_CHUNK = 1 << 20
# What every peer must take (PS3.5 §10.1), and what most prefer to it.
PLAIN = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN)


class Conversion(Protocol):
    """A data set alone, in another transfer syntax, in a temporary file."""

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...


class Converter(Protocol):
    """Changes transfer syntaxes without loss; what it cannot do it says by `PeerError`."""

    def can_convert(self, source: str, target: str) -> bool: ...

    def converted(
        self, sha256: str, target_transfer_syntax_uid: str
    ) -> AbstractAsyncContextManager[Conversion]: ...


class Unsendable(PeerError):
    """The other side takes the object in no syntax that we can make; the text says why."""


class Packer:
    """Makes stored objects ready to be sent."""

    def __init__(self, store: Store, converter: Converter | None) -> None:
        self._store = store
        self._converter = converter

    def syntaxes(self, stored: str, allowed: Sequence[str] = ()) -> list[str]:
        """What such an object can be had in, the best first; `allowed` nothing: anything."""
        targets = [stored, *(allowed or PLAIN)]
        return [
            one
            for one in dict.fromkeys(targets)
            if (not allowed or one in allowed) and (one == stored or self._can(stored, one))
        ]

    @asynccontextmanager
    async def packed(
        self,
        parcel: Parcel,
        accepted: Callable[[str, str], bool],
        originator: tuple[str, int] | None = None,
        allowed: Sequence[str] = (),
    ) -> AsyncIterator[Outgoing]:
        """The object in the first syntax that is accepted. Raises `PeerError`."""
        able = self.syntaxes(parcel.transfer_syntax_uid, allowed)
        fits = next((one for one in able if accepted(parcel.sop_class_uid, one)), "")
        if not fits:
            raise Unsendable(f"not accepted: class {parcel.sop_class_uid} in {', '.join(able)}")
        if fits == parcel.transfer_syntax_uid:
            chunks = partial(chunks_of, self._store, parcel.sha256)
            yield _outgoing(parcel, fits, 0, chunks, originator)
            return
        assert self._converter is not None
        async with self._converter.converted(parcel.sha256, fits) as made:
            chunks = partial(_pieces, made.path)
            yield _outgoing(parcel, fits, made.size, chunks, originator)

    def _can(self, stored: str, target: str) -> bool:
        return self._converter is not None and self._converter.can_convert(stored, target)


def _outgoing(
    parcel: Parcel,
    syntax: str,
    length: int,
    chunks: Callable[[], Iterator[bytes]],
    originator: tuple[str, int] | None,
) -> Outgoing:
    return Outgoing(
        parcel.sop_class_uid, parcel.sop_instance_uid, syntax, length, chunks, originator
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            yield piece
