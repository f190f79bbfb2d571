"""What a worker does for one job."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import BinaryIO

from appliance.pixels import model
from appliance.pixels.colours import native_bytes
from appliance.pixels.model import Job
from appliance.pixels.rendering import render
from appliance.pixels.source import Source, open_source
from appliance.pixels.stored import Stored
from appliance.pixels.transcoding import transcode


def perform(job: Job) -> None:
    """Write the result of a job to where it wants it. Raises `PixelError`, `Damaged`, OSError."""
    tempfile.tempdir = str(Path(job.out).parent)  # what is inflated may be large
    same = job.do == "convert" and job.syntax == job.target
    syntax = model.EXPLICIT if same else job.syntax  # what is only copied is not inflated
    source = open_source(job.path, job.start, syntax, job.digest, job.largest)
    try:
        with open(job.out, "r+b") as out:
            _do(job, source, out, same=same)
    finally:
        source.close()


def _do(job: Job, source: Source, out: BinaryIO, *, same: bool) -> None:
    if same:
        out.writelines(source.chunks(source.start, source.end - source.start))
    elif job.do == "convert":
        transcode(source, job.syntax, job.target, out, job.largest)
    else:
        out.write(_picture(job, Stored(source, job.syntax, job.largest)))


def _picture(job: Job, stored: Stored) -> bytes:
    if job.do == "frame":
        return stored.raw(job.frame)
    if job.do == "native":
        return native_bytes(stored.pixels(job.frame)[0])
    assert job.rendering is not None
    return render(stored, job.frame, job.rendering)
