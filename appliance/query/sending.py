"""How an object leaves: as it is stored where that is accepted, else with equal pixels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Wish:
    """What the other side is best sent."""

    allowed: tuple[str, ...] = ()  # transfer syntaxes; nothing: any
    preferred: str = ""  # "": as it is stored


ANYTHING = Wish()


class Packer:
    """Makes stored objects ready to be sent."""

    def __init__(self, store: Store, converter: Converter | None) -> None:
        self._store = store
        self._converter = converter

    def syntaxes(self, stored: str, wish: Wish = ANYTHING) -> list[str]:
        """What such an object can be had in, the best first."""
        targets = [wish.preferred, stored, *(wish.allowed or PLAIN)]
        return [
            one
            for one in dict.fromkeys(targets)
            if one and (not wish.allowed or one in wish.allowed) and self._can(stored, one)
        ]

    @asynccontextmanager
    async def packed(
        self,
        parcel: Parcel,
        accepted: Callable[[str, str], bool],
        originator: tuple[str, int] | None = None,
        wish: Wish = ANYTHING,
    ) -> AsyncIterator[Outgoing]:
        """The object in the first syntax that is accepted and can be made. Raises `PeerError`."""
        able = self.syntaxes(parcel.transfer_syntax_uid, wish)
        fits = [one for one in able if accepted(parcel.sop_class_uid, one)]
        if not fits:
            raise Unsendable(f"not accepted: class {parcel.sop_class_uid} in {', '.join(able)}")
        async with AsyncExitStack() as made:
            yield await self._made(made, parcel, fits, originator)

    async def _made(
        self,
        made: AsyncExitStack,
        parcel: Parcel,
        syntaxes: Sequence[str],
        originator: tuple[str, int] | None,
    ) -> Outgoing:
        first, *others = syntaxes
        if first == parcel.transfer_syntax_uid:
            chunks = partial(chunks_of, self._store, parcel.sha256)
            return _outgoing(parcel, first, 0, chunks, originator)
        assert self._converter is not None
        try:
            file = await made.enter_async_context(self._converter.converted(parcel.sha256, first))
        except PeerError:
            if not others:
                raise
            return await self._made(made, parcel, others, originator)
        return _outgoing(parcel, first, file.size, partial(_pieces, file.path), originator)

    def _can(self, stored: str, target: str) -> bool:
        if stored == target:
            return True
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
