"""What the other rooms ask of pixels."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import trio

from appliance.errors import BadRequest
from appliance.pixels import model
from appliance.pixels.model import Converted, Job, PixelError, Rendering, Settings
from appliance.pixels.pool import Pool
from storage.errors import Missing
from storage.store import Entry
from storage.volume import Volume


class Pixels:
    """Reads stored objects; never changes them."""

    def __init__(self, volume: Volume, settings: Settings) -> None:
        self._volume = volume
        self._settings = settings
        self._pool = Pool(settings)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Make the scratch folder, without what a crash left in it; end the workers at last."""
        await trio.to_thread.run_sync(_emptied, self._settings.scratch)
        try:
            yield
        finally:
            with trio.CancelScope(shield=True):
                await self._pool.close()

    def can_convert(self, source: str, target: str) -> bool:
        """Whether objects in transfer syntax `source` can be had in `target` without loss."""
        return model.can_convert(source, target)

    @asynccontextmanager
    async def converted(
        self, sha256: str, target_transfer_syntax_uid: str
    ) -> AsyncIterator[Converted]:
        """The data set alone in another transfer syntax, every pixel the same.

        The file is removed at the end of the block. Raises `PixelError` when it cannot be done,
        and `StoreError` when our copy is damaged or gone.
        """
        entry, syntax = await self._entry(sha256)
        if not model.can_convert(syntax, target_transfer_syntax_uid):
            raise PixelError(
                f"transfer syntax {syntax} cannot be turned into {target_transfer_syntax_uid} "
                "without loss"
            )
        async with self._scratch() as out:
            job = self._job("convert", entry, syntax, out, target_transfer_syntax_uid)
            await self._pool.run(job)
            size = (await trio.to_thread.run_sync(out.stat)).st_size
            yield Converted(out, size, target_transfer_syntax_uid)

    async def rendered(self, sha256: str, frame: int, options: Rendering) -> bytes:
        """A frame (the first is 1) as a JPEG or PNG picture to look at. Errors: `converted`'s."""
        if words := model.problems(options):
            raise BadRequest(words)
        return await self._taken("render", sha256, frame, options)

    async def frame(self, sha256: str, frame: int, *, native: bool = False) -> bytes:
        """One frame (the first is 1), as stored; `native`: decoded, little-endian, by pixel.

        Errors: `converted`'s.
        """
        return await self._taken("native" if native else "frame", sha256, frame)

    async def _taken(
        self, do: str, sha256: str, frame: int, options: Rendering | None = None
    ) -> bytes:
        entry, syntax = await self._entry(sha256)
        async with self._scratch() as out:
            await self._pool.run(self._job(do, entry, syntax, out, frame=frame, rendering=options))
            return await trio.to_thread.run_sync(out.read_bytes)

    async def _entry(self, sha256: str) -> tuple[Entry, str]:
        entry = await trio.to_thread.run_sync(self._volume.entry, sha256)
        if entry is None:
            raise Missing(f"no object {sha256} is kept here")
        return entry, entry.notes.get("transfer_syntax", "")

    def _job(
        self,
        do: str,
        entry: Entry,
        syntax: str,
        out: Path,
        target: str = "",
        *,
        frame: int = 1,
        rendering: Rendering | None = None,
    ) -> Job:
        path = self._volume.layout.absolute(entry.path)
        digest = entry.sha256 if do == "convert" else ""
        return Job(do, path, entry.header, syntax, str(out), target, digest, frame, rendering)  # type: ignore[arg-type]

    @asynccontextmanager
    async def _scratch(self) -> AsyncIterator[Path]:
        """A new empty file, gone at the end."""
        path = await trio.to_thread.run_sync(_new_file, self._settings.scratch)
        try:
            yield path
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(lambda: path.unlink(missing_ok=True))


def _new_file(folder: Path) -> Path:
    descriptor, name = tempfile.mkstemp(dir=folder)
    os.close(descriptor)
    return Path(name)


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
