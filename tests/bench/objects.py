"""The objects that are sent: a real CT header in front of pixels of any length."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

_CT = "1.2.840.10008.5.1.4.1.1.2"
_MULTI_FRAME = "1.2.840.10008.5.1.4.1.1.7.3"  # Multi-frame Grayscale Word Secondary Capture
_BLOCK = 4 << 20  # bytes of different pixels before they repeat

# The sender writes its own UIDs, of 44 characters, and numbers over these.
_PLACEHOLDERS = {
    "study": ("StudyInstanceUID", "2.25.1".ljust(44, "1")),
    "series": ("SeriesInstanceUID", "2.25.1".ljust(44, "2")),
    "instance": ("SOPInstanceUID", "2.25.1".ljust(44, "3")),
    "number": ("InstanceNumber", "987654"),
    "patient": ("PatientID", "BENCH-PATIENT-ID"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A size of object."""

    name: str
    side: int  # rows and columns
    frames: int = 1

    @property
    def pixels(self) -> int:
        """Bytes of Pixel Data."""
        return self.side * self.side * 2 * self.frames


@dataclass(frozen=True, slots=True)
class Template:
    """What the sender needs to make any number of objects of a kind."""

    kind: Kind
    sop_class: str
    head: Path  # the data set up to and with the length of Pixel Data
    block: Path  # pixels, to be repeated
    places: Mapping[str, int]  # where in the head the sender writes

    @property
    def size(self) -> int:
        """Bytes of one data set."""
        return self.head.stat().st_size + self.kind.pixels

    def arguments(self) -> list[str]:
        """The words that tell the sender about it."""
        words = ["--head", str(self.head), "--block", str(self.block)]
        words += ["--length", str(self.kind.pixels), "--sop-class", self.sop_class]
        for name, place in self.places.items():
            words += [f"--{name}", str(place)]
        return words


CT = Kind("ct", 512)
SMALL = Kind("small", 56)
LARGE = Kind("large", 512, 400)
KINDS = (CT, SMALL, LARGE)


def make_template(kind: Kind, folder: Path, sample: Path | None = None) -> Template:
    """Writes the head and the block of a kind into the folder.

    The sample is an uncompressed image of 16 bits; its header is taken over, private
    elements included, and its pixels are tiled.
    """
    dataset = pydicom.dcmread(sample or str(get_testdata_file("CT_small.dcm")))
    pixels = bytes(dataset.PixelData)
    head = _head(dataset, kind)
    template = Template(
        kind,
        str(dataset.SOPClassUID),
        folder / f"{kind.name}.head",
        folder / f"{kind.name}.block",
        {name: head.index(text.encode()) for name, (_, text) in _PLACEHOLDERS.items()},
    )
    template.head.write_bytes(head)
    template.block.write_bytes((pixels * (_BLOCK // len(pixels) + 1))[:_BLOCK])
    return template


def _head(dataset: Dataset, kind: Kind) -> bytes:
    for keyword, text in _PLACEHOLDERS.values():
        setattr(dataset, keyword, text)
    dataset.Rows = dataset.Columns = kind.side
    if kind.frames > 1:
        dataset.SOPClassUID, dataset.NumberOfFrames = _MULTI_FRAME, kind.frames
    del dataset[0x7FE00010:]
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, dataset)
    pixel_data = struct.pack("<HH2sHL", 0x7FE0, 0x0010, b"OW", 0, kind.pixels)
    return bytes(buffer.getvalue()) + pixel_data
