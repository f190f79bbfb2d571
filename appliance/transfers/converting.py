"""In which transfer syntax an object goes: as stored where that is taken, else without loss."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from appliance.dicom.negotiation import EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from appliance.network.settings import Outgoing
from appliance.nodes.model import Node
from appliance.transfers.load import Cargo
from appliance.transfers.sender import Context
from storage.errors import StoreError

_CHUNK = 1 << 20
# What every system takes (PS3.5 §10.1), and nearly every one.
_PLAIN = (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN)


class Result(Protocol):
    """A data set alone, in another transfer syntax."""

    @property
    def path(self) -> Path: ...

    @property
    def size(self) -> int: ...


class Converter(Protocol):
    """Who turns stored objects into other transfer syntaxes."""

    def can_convert(self, source: str, target: str) -> bool:
        """Whether that is ever possible without loss."""

    def converted(
        self, sha256: str, target_transfer_syntax_uid: str
    ) -> AbstractAsyncContextManager[Result]:
        """Raises `PeerError` when it cannot be done, `StoreError` for our own copy."""


def syntaxes(node: Node, stored: str, converter: Converter | None) -> tuple[str, ...]:
    """What an object may be sent to a node in, best first; empty when in nothing."""
    allowed = node.transfer_syntaxes
    wished = (node.preferred_syntax, stored, *_PLAIN, *allowed)
    return tuple(
        dict.fromkeys(
            one
            for one in wished
            if one
            and (not allowed or one in allowed)
            and (one == stored or (converter is not None and converter.can_convert(stored, one)))
        )
    )


def contexts(node: Node, cargo: Cargo, converter: Converter | None) -> list[Context]:
    """The presentation contexts that may serve for it, best first."""
    outgoing = cargo.outgoing
    return [
        (outgoing.sop_class_uid, syntax)
        for syntax in syntaxes(node, outgoing.transfer_syntax_uid, converter)
    ]


@asynccontextmanager
async def outgoing_in(
    cargo: Cargo, syntax: str, converter: Converter | None
) -> AsyncIterator[Outgoing]:
    """What is to be sent in that transfer syntax. Errors: those of `Converter.converted`."""
    if syntax == cargo.outgoing.transfer_syntax_uid:
        yield cargo.outgoing
        return
    assert converter is not None
    async with converter.converted(cargo.item.sha256, syntax) as result:
        yield replace(
            cargo.outgoing,
            transfer_syntax_uid=syntax,
            length=result.size,
            chunks=partial(_chunks, result.path),
        )


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error}") from error
