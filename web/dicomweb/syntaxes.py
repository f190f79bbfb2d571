"""Which transfer syntax an object or a frame is sent in (PS3.18 8.7.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from web.dicomweb.accept import MediaType

EXPLICIT = "1.2.840.10008.1.2.1"
_NATIVE = frozenset(
    {"1.2.840.10008.1.2", EXPLICIT, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"}
)
_MEDIA = {
    "1.2.840.10008.1.2.4.50": "image/jpeg",
    "1.2.840.10008.1.2.4.51": "image/jpeg",
    "1.2.840.10008.1.2.4.57": "image/jpeg",
    "1.2.840.10008.1.2.4.70": "image/jpeg",
    "1.2.840.10008.1.2.4.80": "image/jls",
    "1.2.840.10008.1.2.4.81": "image/jls",
    "1.2.840.10008.1.2.4.90": "image/jp2",
    "1.2.840.10008.1.2.4.91": "image/jp2",
    "1.2.840.10008.1.2.4.92": "image/jpx",
    "1.2.840.10008.1.2.4.93": "image/jpx",
    "1.2.840.10008.1.2.4.201": "image/jphc",
    "1.2.840.10008.1.2.4.202": "image/jphc",
    "1.2.840.10008.1.2.4.203": "image/jphc",
    "1.2.840.10008.1.2.5": "image/dicom-rle",
    "1.2.840.10008.1.2.4.100": "video/mpeg",
    "1.2.840.10008.1.2.4.101": "video/mpeg",
    "1.2.840.10008.1.2.4.102": "video/mp4",
    "1.2.840.10008.1.2.4.103": "video/mp4",
}
OCTETS = "application/octet-stream"
# Decoding these would make their loss look like truth: unless asked for, they stay.
_LOSSY = frozenset(
    f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 81, 91, 93, 203, *range(100, 109))
)

Converts = Callable[[str, str], bool]


def is_native(syntax: str) -> bool:
    return syntax in _NATIVE


def media_of(syntax: str) -> str:
    """The media type of a frame in this syntax."""
    return OCTETS if is_native(syntax) else _MEDIA.get(syntax, OCTETS)


def target_for(stored: str, wanted: Sequence[MediaType], converts: Converts) -> str | None:
    """The syntax an object goes in: the best accepted one; None when none can be had."""
    for one in wanted:
        asked = one.transfer_syntax
        if not asked:
            return _usual(stored, converts)
        if asked in ("*", stored):
            return stored
        if converts(stored, asked):
            return asked
    return None


def _usual(stored: str, converts: Converts) -> str:
    """Explicit VR Little Endian where nobody says otherwise and nothing is hidden by it."""
    if stored in _LOSSY or not converts(stored, EXPLICIT):
        return stored
    return EXPLICIT


def frame_form(stored: str, wanted: Sequence[MediaType]) -> tuple[str, str] | None:
    """Media type and transfer syntax of frames, `EXPLICIT` meaning plain samples; None: neither."""
    media = media_of(stored)
    for one in wanted:
        inner = one.inner if one.name == "multipart/related" else one.name
        asked = one.transfer_syntax
        if inner in ("", "*/*", OCTETS) and asked in ("", EXPLICIT):
            return (media, stored) if _undecodable(stored) else (OCTETS, EXPLICIT)
        if inner in ("", "*/*", OCTETS, media, f"{media.split('/')[0]}/*") and asked in (
            "",
            "*",
            stored,
        ):
            return (media, EXPLICIT if is_native(stored) else stored)
    return None


def _undecodable(stored: str) -> bool:
    return media_of(stored).startswith("video/")
