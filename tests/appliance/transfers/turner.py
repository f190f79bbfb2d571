"""Somebody who turns objects into other transfer syntaxes, as far as the queue can see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from appliance.errors import PeerError

JPEG_LS, IMPLICIT = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2"


@dataclass(frozen=True)
class Turned:
    path: Path
    size: int


@dataclass
class Turner:
    """Writes what it was asked for instead of an image. The real one: tests of the pixels."""

    folder: Path
    refused: str = ""  # the digest of what it cannot turn

    def can_convert(self, source: str, target: str) -> bool:
        return True

    @asynccontextmanager
    async def converted(
        self, sha256: str, target_transfer_syntax_uid: str
    ) -> AsyncIterator[Turned]:
        await trio.lowlevel.checkpoint()
        if sha256 == self.refused:
            raise PeerError("the pixels are damaged")
        path = self.folder / sha256
        path.write_bytes(f"turned into {target_transfer_syntax_uid}".encode())
        yield Turned(path, path.stat().st_size)
