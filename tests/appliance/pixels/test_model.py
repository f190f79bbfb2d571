"""Which conversions there are, and which one is chosen."""

from __future__ import annotations

import json

import pytest

from appliance.pixels import model
from appliance.pixels.model import Job, Rendering, Window, can_convert, choose, job_of, problems


@pytest.mark.parametrize("target", model.TARGETS)
@pytest.mark.parametrize("source", sorted(model.SOURCES))
def test_everything_becomes_everything_lossless(source: str, target: str) -> None:
    assert can_convert(source, target)


def test_nothing_becomes_lossy_and_video_stays_video() -> None:
    for lossy in (model.JPEG_BASELINE, model.JPEG_LS_NEAR, model.JPEG_2000, model.HTJ2K):
        assert not can_convert(model.EXPLICIT, lossy)
        assert can_convert(lossy, lossy)
    mpeg = "1.2.840.10008.1.2.4.102"
    assert not can_convert(mpeg, model.EXPLICIT)
    assert can_convert(mpeg, mpeg)


@pytest.mark.parametrize(
    ("accepted", "preferred", "chosen"),
    [
        ({model.JPEG_LS, model.EXPLICIT}, "", model.JPEG_LS),
        ({model.JPEG_LS, model.EXPLICIT}, model.EXPLICIT, model.EXPLICIT),
        ({model.IMPLICIT, model.EXPLICIT, model.RLE}, "", model.EXPLICIT),
        ({model.IMPLICIT}, model.RLE, model.IMPLICIT),
        ({model.JPEG_BASELINE}, "", ""),
        (set(), "", ""),
    ],
)
def test_the_stored_syntax_goes_first_unless_another_is_wished(
    accepted: set[str], preferred: str, chosen: str
) -> None:
    assert choose(model.JPEG_LS, frozenset(accepted), preferred) == chosen


def test_a_job_survives_its_way_to_the_worker() -> None:
    for rendering in (None, Rendering(), Rendering(window=Window(1, 2, "SIGMOID"))):
        job = Job("render", "/a", 3, "1.2", "/b", frame=2, rendering=rendering)
        assert job_of(json.loads(json.dumps(job.as_json()))) == job


@pytest.mark.parametrize(
    ("rendering", "words"),
    [
        (Rendering(), ""),
        (Rendering(width=9000), "8192"),
        (Rendering(height=-1), "8192"),
        (Rendering(quality=101), "quality"),
        (Rendering(window=Window(0, 0.5)), "window"),
        (Rendering(window=Window(0, 0.5, "SIGMOID")), ""),
        (Rendering(window=Window(0, float("nan"))), "window"),
    ],
)
def test_what_makes_no_picture_is_said(rendering: Rendering, words: str) -> None:
    assert words in problems(rendering)
    assert bool(words) is bool(problems(rendering))
