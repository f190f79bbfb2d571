"""Objects made ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from appliance import clock
from appliance.errors import PeerError
from appliance.query.sending import Packer, Unsendable, Wish
from appliance.query.targets import Parcel
from storage.memory import MemoryStore

CT, EXPLICIT, IMPLICIT = "1.2.3", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2"
JPEG, JPEG_LS = "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80"


@dataclass
class Made:
    path: Path
    size: int


class Writer:
    """Says which syntax it was asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def can_convert(self, source: str, target: str) -> bool:
        return source == JPEG

    @asynccontextmanager
    async def converted(self, sha256: str, target_transfer_syntax_uid: str) -> AsyncIterator[Made]:
        path = self._folder / "made"
        path.write_bytes(target_transfer_syntax_uid.encode())
        yield Made(path, path.stat().st_size)
        path.unlink()


class Broken(Writer):
    """Can not, when it comes to it."""

    @asynccontextmanager
    async def converted(self, sha256: str, target_transfer_syntax_uid: str) -> AsyncIterator[Made]:
        raise PeerError("its pixels are torn")
        yield


def _parcel(syntax: str, store: MemoryStore) -> Parcel:
    incoming = store.receive(b"header")
    incoming.write([b"content"])
    return Parcel(incoming.commit("1.1", "1", {}).entry.sha256, CT, "1.1", syntax)


async def test_as_it_is_stored_where_that_is_accepted(tmp_path: Path) -> None:
    store = MemoryStore(clock.now)
    packer, parcel = Packer(store, Writer(tmp_path)), _parcel(JPEG, store)
    async with packer.packed(parcel, lambda *context: True, ("ASKER", 3)) as outgoing:
        assert b"".join(outgoing.chunks()) == b"content"
        assert (outgoing.transfer_syntax_uid, outgoing.move_originator) == (JPEG, ("ASKER", 3))


async def test_else_in_what_is(tmp_path: Path) -> None:
    store = MemoryStore(clock.now)
    packer, parcel = Packer(store, Writer(tmp_path)), _parcel(JPEG, store)
    async with packer.packed(parcel, lambda _, syntax: syntax == IMPLICIT) as outgoing:
        assert b"".join(outgoing.chunks()) == IMPLICIT.encode()
        assert outgoing.transfer_syntax_uid == IMPLICIT
        assert outgoing.length == len(IMPLICIT)


async def test_what_cannot_be_made_goes_in_the_next_best(tmp_path: Path) -> None:
    store = MemoryStore(clock.now)
    packer, parcel = Packer(store, Broken(tmp_path)), _parcel(JPEG, store)
    wish = Wish(preferred=JPEG_LS)
    async with packer.packed(parcel, lambda *context: True, None, wish) as outgoing:
        assert outgoing.transfer_syntax_uid == JPEG
    with pytest.raises(PeerError, match="torn"):
        async with packer.packed(parcel, lambda _, syntax: syntax == IMPLICIT):
            pass


async def test_what_cannot_be_had_has_words(tmp_path: Path) -> None:
    store = MemoryStore(clock.now)
    parcel = _parcel(EXPLICIT, store)
    with pytest.raises(Unsendable, match=EXPLICIT):
        async with Packer(store, Writer(tmp_path)).packed(parcel, lambda *context: False):
            pass


def test_syntaxes(tmp_path: Path) -> None:
    packer = Packer(MemoryStore(clock.now), Writer(tmp_path))
    assert packer.syntaxes(JPEG) == [JPEG, EXPLICIT, IMPLICIT]
    assert packer.syntaxes(EXPLICIT) == [EXPLICIT]
    assert packer.syntaxes(JPEG, Wish((JPEG_LS,))) == [JPEG_LS]
    assert packer.syntaxes(EXPLICIT, Wish((JPEG_LS,))) == []
    assert packer.syntaxes(JPEG, Wish(preferred=JPEG_LS))[:2] == [JPEG_LS, JPEG]
    assert Packer(MemoryStore(clock.now), None).syntaxes(JPEG) == [JPEG]
