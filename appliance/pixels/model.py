"""What can be asked about pixels, within which limits, and which conversions there are."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from appliance.errors import PeerError

Format: TypeAlias = Literal["jpeg", "png"]
Curve: TypeAlias = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE = "1.2.840.10008.1.2.5"
JPEG_BASELINE, JPEG_EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"
JPEG_LOSSLESS, JPEG_LOSSLESS_SV1 = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
JPEG_LS, JPEG_LS_NEAR = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"
JPEG_2000_LOSSLESS, JPEG_2000 = "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"
HTJ2K_LOSSLESS, HTJ2K_RPCL = "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202"
HTJ2K = "1.2.840.10008.1.2.4.203"

NATIVE = frozenset({IMPLICIT, EXPLICIT, DEFLATED, BIG_ENDIAN})
# What may be made: nothing of it drops anything. The order is that of preference.
TARGETS = (
    EXPLICIT,
    IMPLICIT,
    JPEG_LOSSLESS_SV1,
    JPEG_LS,
    JPEG_2000_LOSSLESS,
    RLE,
    JPEG_LOSSLESS,
    HTJ2K_LOSSLESS,
    DEFLATED,
    BIG_ENDIAN,
)
SOURCES = frozenset(TARGETS) | {
    JPEG_BASELINE,
    JPEG_EXTENDED,
    JPEG_LS_NEAR,
    JPEG_2000,
    HTJ2K_RPCL,
    HTJ2K,
}


class PixelError(PeerError):
    """An object whose pixels cannot be read, or not be kept in that form; the text says why."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How much the workers may take. Sizes are bytes, times seconds."""

    scratch: Path  # where results lie until they are taken; emptied at the start
    workers: int = 2
    memory: int = 2 << 30  # address space of one worker
    seconds: float = 120.0  # for one object
    largest: int = 8 << 30  # of an object, decoded


@dataclass(frozen=True, slots=True)
class Converted:
    """A data set alone, in another transfer syntax; the file is there until its block ends."""

    path: Path
    size: int
    transfer_syntax_uid: str


@dataclass(frozen=True, slots=True)
class Window:
    """Which values become black and which white (PS3.3 C.11.2.1.2)."""

    center: float
    width: float
    curve: Curve = "LINEAR"


@dataclass(frozen=True, slots=True)
class Rendering:
    """How a frame is to be shown: 8 bits per sample, no annotations."""

    width: int = 0  # the picture is scaled to fit, its shape kept; 0: no bound
    height: int = 0
    window: Window | None = None  # None: the object's own, or else from the least to the most
    format: Format = "jpeg"
    quality: int = 90  # of JPEG, 1 to 100


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is told to do; goes to it as one line of JSON."""

    do: Literal["convert", "frame", "native", "render"]
    path: str  # the stored file
    start: int  # bytes before its data set
    syntax: str
    out: str  # where the result goes
    target: str = ""
    digest: str = ""  # SHA-256 that the file must have; "": not looked at
    frame: int = 1  # the first is 1
    rendering: Rendering | None = None
    largest: int = 8 << 30
    seconds: float = 120.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def job_of(given: dict[str, Any]) -> Job:
    """The other direction of `Job.as_json`."""
    rendering = given["rendering"]
    if rendering is not None:
        window = rendering["window"]
        rendering = Rendering(**rendering | {"window": Window(**window) if window else None})
    return Job(**given | {"rendering": rendering})


def can_convert(source: str, target: str) -> bool:
    """Whether objects in `source` can be had in `target` without any loss."""
    return source == target or (source in SOURCES and target in TARGETS)


def choose(source: str, accepted: frozenset[str], preferred: str = "") -> str:
    """The transfer syntax to send in: as stored when that is accepted; "" when none will do."""
    if preferred and preferred in accepted and can_convert(source, preferred):
        return preferred
    if source in accepted:
        return source
    fits = (target for target in TARGETS if target in accepted and can_convert(source, target))
    return next(fits, "")


def problems(rendering: Rendering) -> str:
    """What is wrong with it, in words; "" when nothing is."""
    if not (0 <= rendering.width <= 8192 and 0 <= rendering.height <= 8192):
        return "a picture is at most 8192 pixels wide and high"
    if not 1 <= rendering.quality <= 100:
        return "the quality of a picture goes from 1 to 100"
    window = rendering.window
    if window and not window.width >= (1 if window.curve == "LINEAR" else 1e-9):
        return "a window must be at least 1 wide"
    return ""
