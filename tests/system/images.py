"""Objects to send: files as they stand, and distinct ones derived from one small CT."""

from __future__ import annotations

import hashlib
import random
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
BUNDLED = Path(pydicom.__file__).parent / "data"

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
CT = "1.2.840.10008.5.1.4.1.1.2"
_DIRECTORY = "1.2.840.10008.1.3.10"
_LONG = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"SQ", b"UC", b"UR", b"UT", b"UN", b"SV", b"UV"}


@dataclass(frozen=True, slots=True)
class Image:
    """What a C-STORE carries: names for the command, bytes for the data set."""

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax_uid: str
    content: bytes
    study_uid: str = ""

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def split(data: bytes) -> tuple[dict[int, bytes], int]:
    """The elements of group 2 and where the data set begins (PS3.10 §7.1)."""
    position, meta = 132, {}
    while data[position : position + 2] == b"\x02\x00":
        element = int.from_bytes(data[position + 2 : position + 4], "little")
        if data[position + 4 : position + 6] in _LONG:
            length, start = struct.unpack_from("<I", data, position + 8)[0], position + 12
        else:
            length, start = struct.unpack_from("<H", data, position + 6)[0], position + 8
        meta[element] = data[start : start + length]
        position = start + length
    return meta, position


def content_digest(path: Path) -> str:
    """SHA-256 of the data set of a Part 10 file."""
    data = path.read_bytes()
    return hashlib.sha256(memoryview(data)[split(data)[1] :]).hexdigest()


def read(path: Path) -> Image | None:
    """The file as an object to send; None when it is no storage object."""
    data = path.read_bytes()
    if data[128:132] != b"DICM":
        return None
    meta, start = split(data)
    syntax = meta.get(0x10, b"").rstrip(b"\0 ").decode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path, stop_before_pixels=True)
    names = [str(dataset.get(key, "")) for key in ("SOPClassUID", "SOPInstanceUID")]
    if not (all(names) and syntax) or names[0] == _DIRECTORY:
        return None
    return Image(names[0], names[1], syntax, data[start:], str(dataset.get("StudyInstanceUID", "")))


def files(folder: Path) -> Iterator[tuple[Path, Image]]:
    """Every storage object below a folder, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and (image := read(path)):
            yield path, image


def uid(*parts: int) -> str:
    """A UID of 47 characters, distinct for distinct parts; each part below a million."""
    tail = ".".join(f"{part + 1_000_000}" for part in parts)
    return "1.3.6.1.4.1.5962.9".ljust(47 - 1 - len(tail), "9") + "." + tail


@cache
def _template() -> Image:
    image = read(Path(str(get_testdata_file("CT_small.dcm"))))
    assert image is not None
    return image


def same_length(new: str, old: str) -> bytes:
    """`new` cut and padded by ones to the length of `old`: it can stand in its place."""
    return new[: len(old)].ljust(len(old), "1").encode()


def put(content: bytes, tag: bytes, value: bytes) -> bytes:
    """`content` with the value of the first such explicit little endian element replaced."""
    start = content.index(tag) + 8
    length = int.from_bytes(content[start - 2 : start], "little")
    value += (b"\0" if tag[4:6] == b"UI" else b" ") * (len(value) % 2)
    head = content[: start - 2] + len(value).to_bytes(2, "little")
    return head + value + content[start + length :]


STUDY, SERIES = b"\x20\x00\x0d\x00UI", b"\x20\x00\x0e\x00UI"
SOP_INSTANCE, SOP_CLASS = b"\x08\x00\x18\x00UI", b"\x08\x00\x16\x00UI"
PATIENT_ID, PATIENT_NAME = b"\x10\x00\x20\x00LO", b"\x10\x00\x10\x00PN"
_PIXELS = b"\xe0\x7f\x10\x00OW\0\0"


@cache
def _frame(study: str, series: str) -> bytes:
    """The data set without its pixels, the instance still to be named."""
    content = _template().content
    content = content[: content.index(_PIXELS)]
    return put(put(content, STUDY, study.encode()), SERIES, series.encode())


def ct(number: int, *, source: int = 0, study: int = 0, pixels: int = 32768) -> Image:
    """The number-th CT of a source and study, with pixels that no other one has."""
    name, group = uid(source, study, number), uid(source, study)
    noise = random.Random(f"{source} {study} {number}").randbytes(pixels)
    content = put(_frame(group, uid(source, study, 0)), SOP_INSTANCE, name.encode())
    content += _PIXELS + struct.pack("<I", pixels) + noise
    return Image(CT, name, EXPLICIT_LITTLE, content, group)


def altered(image: Image, seed: int = 1) -> Image:
    """The same names with other pixels."""
    tail = random.Random(seed).randbytes(64)
    return replace(image, content=image.content[:-64] + tail)


def part10(image: Image) -> bytes:
    """The object as a file."""

    def ui(element: int, value: str) -> bytes:
        data = value.encode() + b"\0" * (len(value) % 2)
        return struct.pack("<HH2sH", 2, element, b"UI", len(data)) + data

    body = struct.pack("<HH2sHI", 2, 1, b"OB", 0, 2) + b"\0\1"
    body += ui(2, image.sop_class_uid) + ui(3, image.sop_instance_uid)
    body += ui(0x10, image.transfer_syntax_uid) + ui(0x12, "1.2.826.0.1.3680043.8.498.1")
    group_length = struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body))
    return bytes(128) + b"DICM" + group_length + body + image.content
